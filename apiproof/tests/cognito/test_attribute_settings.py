"""Settings of a pool on the attributes of its users."""

import pytest
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.made_pools import Maker, attributes, make, obeys, refused

__all__ = ["make"]


@obeys("UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate")
def test_old_address_stays_until_the_new_one_is_verified(make: Maker) -> None:
    waits = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    for settings, expected in (({"UserAttributeUpdateSettings": waits}, "ada@"), ({}, "new@")):
        pool = make(settings)
        pool.user("ada")
        token = pool.log_in("ada")["AccessToken"]
        pool.aws.update_user_attributes(
            AccessToken=token, UserAttributes=attributes(email="new@example.com")
        )
        assert pool.attributes("ada")["email"] == f"{expected}example.com"
        pool.aws.verify_user_attribute(
            AccessToken=token, AttributeName="email", Code=pool.code("ada", "attribute")
        )
        assert pool.attributes("ada")["email"] == "new@example.com"
        assert pool.attributes("ada")["email_verified"] == "true"


SCHEMA = [
    {"Name": "team", "AttributeDataType": "String", "Mutable": True},
    {"Name": "badge", "AttributeDataType": "String", "Mutable": False},
    {"Name": "note", "AttributeDataType": "String", "DeveloperOnlyAttribute": True},
    {"Name": "rich", "AttributeDataType": "Boolean", "Mutable": True},
    {
        "Name": "age",
        "AttributeDataType": "Number",
        "Mutable": True,
        "NumberAttributeConstraints": {"MinValue": "18", "MaxValue": "99"},
    },
    {
        "Name": "code",
        "AttributeDataType": "String",
        "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "3"},
    },
    {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
]


@pytest.fixture
def schema_pool(make: Maker) -> Emulator:
    pool = make({"Schema": SCHEMA})
    pool.user("ada", **{"name": "Ada", "custom:badge": "7"})
    return pool


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"custom__team": "x"}, None),
        ({"custom__unheard": "x"}, "InvalidParameterException"),
        ({"custom__rich": "true"}, None),
        ({"custom__rich": "perhaps"}, "InvalidParameterException"),
        ({"custom__age": "18"}, None),
        ({"custom__age": "99"}, None),
        ({"custom__age": "17"}, "InvalidParameterException"),
        ({"custom__age": "100"}, "InvalidParameterException"),
        ({"custom__age": "old"}, "InvalidParameterException"),
        ({"custom__code": "xy"}, None),
        ({"custom__code": "xyz"}, None),
        ({"custom__code": "x"}, "InvalidParameterException"),
        ({"custom__code": "wxyz"}, "InvalidParameterException"),
        ({"custom__badge": "8"}, "InvalidParameterException"),
    ],
)
@obeys(
    "Schema[].Name",
    "Schema[].AttributeDataType",
    "Schema[].Mutable",
    "Schema[].NumberAttributeConstraints.*",
    "Schema[].StringAttributeConstraints.*",
)
def test_schema(schema_pool: Emulator, given: dict[str, str], code: str | None) -> None:
    pool = schema_pool
    update = {"UserPoolId": pool.id, "Username": "ada", "UserAttributes": attributes(**given)}
    if code is not None:
        with refused(code):
            pool.aws.admin_update_user_attributes(**update)
        return
    pool.aws.admin_update_user_attributes(**update)
    [(name, value)] = given.items()
    assert pool.attributes("ada")[name.replace("__", ":")] == value


@obeys("Schema[].Required")
def test_required_attributes(schema_pool: Emulator) -> None:
    with pytest.raises(ClientError, match=r"attribute name\.formatted is"):
        schema_pool.sign_up("bob")
    schema_pool.sign_up("bob", name="Bob")


@obeys("Schema[].DeveloperOnlyAttribute")
def test_developer_only_attributes(schema_pool: Emulator) -> None:
    pool = schema_pool
    pool.set("ada", **{"dev:custom:note": "secret"})
    assert pool.attributes("ada")["dev:custom:note"] == "secret"
    tokens = pool.log_in("ada")
    assert "dev:custom:note" not in pool.claims(tokens["IdToken"])
    shown = pool.aws.get_user(AccessToken=tokens["AccessToken"])["UserAttributes"]
    assert "dev:custom:note" not in {each["Name"] for each in shown}
    with refused("NotAuthorizedException"):
        pool.aws.update_user_attributes(
            AccessToken=tokens["AccessToken"],
            UserAttributes=[{"Name": "dev:custom:note", "Value": "mine"}],
        )


def test_custom_attributes_come_beside_the_standard_ones(schema_pool: Emulator) -> None:
    names = {
        each["Name"]
        for each in schema_pool.aws.describe_user_pool(UserPoolId=schema_pool.id)["UserPool"][
            "SchemaAttributes"
        ]
    }
    assert {"sub", "email", "phone_number", "name", "custom:team", "dev:custom:note"} <= names
