"""Answers that others have recorded on AWS: texts, and what objects look like.

Recorded in snapshots that LocalStack's tests made on AWS and published with localstack-ext 3.8.1
(2022 to 2024), where no test names another source.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.errors import ParameterInvalid
from apiproof.cognito.validation import check_parameters
from tests.cognito.bench import Emulator
from tests.cognito.made_pools import attributes
from tests.cognito.pools import PASSWORD

WEAK = "Abcdefgh!"
DEVICES = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
GOOGLE = {"client_id": "a", "client_secret": "b", "authorize_scopes": "email"}


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    flows = ("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    settings = PoolSettings(client_secret=False, auth_flows=flows)
    with Cognito.start(settings) as cognito:
        yield cognito


@pytest.fixture
def pool(cognito: Cognito) -> Emulator:
    cognito.reset()
    return Emulator(cognito)


def told(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    refused = error.value.response["Error"]
    return f"{refused['Code']}: {refused['Message']}"


def another(pool: Emulator, **settings: Any) -> dict[str, str]:
    """Make a pool; gives the parameter that names it."""
    made = pool.aws.create_user_pool(PoolName=f"pool-{uuid.uuid4()}", **settings)["UserPool"]
    return {"UserPoolId": made["Id"]}


# Passwords: three operations, three texts.


def test_weak_password_at_sign_up(pool: Emulator) -> None:
    assert told(pool.aws.sign_up, ClientId=pool.client_id, Username="x", Password=WEAK) == (
        "InvalidPasswordException: Password did not conform with policy: "
        "Password must have numeric characters"
    )


def test_weak_password_of_an_invitation(pool: Emulator) -> None:
    """data-dot-all/dataall#690."""
    invite = pool.aws.admin_create_user
    assert told(invite, UserPoolId=pool.id, Username="x", TemporaryPassword=WEAK) == (
        "InvalidPasswordException: Password did not conform with password policy: "
        "Password must have numeric characters"
    )


def test_weak_password_in_place_of_another(pool: Emulator) -> None:
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    set_password, change = pool.aws.admin_set_user_password, pool.aws.change_password
    for text in (
        told(set_password, UserPoolId=pool.id, Username="ada", Password=WEAK, Permanent=True),
        told(change, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=WEAK),
    ):
        assert text == (
            "InvalidPasswordException: Password does not conform to policy: "
            "Password must have numeric characters"
        )


# Attributes


def test_sign_up_says_that_addresses_are_unverified(pool: Emulator) -> None:
    pool.aws.sign_up(
        ClientId=pool.client_id,
        Username="ada",
        Password=PASSWORD,
        UserAttributes=attributes(email="a@example.com", phone_number="+15550100"),
    )
    found = pool.attributes("ada")
    assert (found["email_verified"], found["phone_number_verified"]) == ("false", "false")
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="bob", UserAttributes=attributes(email="b@example.com")
    )
    assert "email_verified" not in pool.attributes("bob")


def test_flags_stay_as_they_were_given(pool: Emulator) -> None:
    given = attributes(email="a@example.com", email_verified="True")
    pool.aws.admin_create_user(UserPoolId=pool.id, Username="ada", UserAttributes=given)
    pool.aws.admin_set_user_password(
        UserPoolId=pool.id, Username="ada", Password=PASSWORD, Permanent=True
    )
    assert pool.attributes("ada")["email_verified"] == "True"
    assert pool.verified(pool.log_in("ada")["IdToken"])["email_verified"] is True


@pytest.mark.parametrize("name", ["email", "phone_number"])
def test_nothing_is_verified_that_is_not_there(pool: Emulator, name: str) -> None:
    given = attributes(**{f"{name}_verified": "True"})
    create = pool.aws.admin_create_user
    assert told(create, UserPoolId=pool.id, Username="x", UserAttributes=given) == (
        f"InvalidParameterException: No {name} provided but {name}_verified was true"
    )


@pytest.mark.parametrize(
    ("medium", "text"),
    [
        ("EMAIL", "No email provided but desired delivery medium was Email"),
        ("SMS", "No phone_number provided but desired delivery medium was SMS"),
    ],
)
def test_nobody_is_invited_without_an_address(pool: Emulator, medium: str, text: str) -> None:
    """rahulpsd18/cognito-backup-restore#25."""
    invite = pool.aws.admin_create_user
    wanted = {"UserPoolId": pool.id, "Username": "x", "DesiredDeliveryMediums": [medium]}
    assert told(invite, **wanted) == f"InvalidParameterException: {text}"
    both = attributes(email="x@example.com", phone_number="+15550100")
    assert invite(**wanted, UserAttributes=both)["User"]
    by_email = another(pool, UsernameAttributes=["email"]) | {"Username": "x@example.com"}
    verified = attributes(email_verified="true")
    assert invite(**by_email, DesiredDeliveryMediums=["EMAIL"], UserAttributes=verified)["User"]


@pytest.mark.parametrize("phone", [{"phone_number": "+15550100"}, {}])
def test_invitations_go_by_sms_first(pool: Emulator, phone: dict[str, str]) -> None:
    """reapit/foundations#7052."""
    given = attributes(email="x@example.com", **phone)
    pool.aws.admin_create_user(UserPoolId=pool.id, Username="x", UserAttributes=given)
    [sent] = pool.cognito.outbox.select("x")
    assert sent.destination == phone.get("phone_number", "x@example.com")


def test_address_is_an_object_in_id_tokens(pool: Emulator) -> None:
    """amplify-js#4935."""
    pool.user("ada", address="13 Main St")
    claims = pool.verified(pool.log_in("ada")["IdToken"])
    assert claims["address"] == {"formatted": "13 Main St"}
    assert pool.attributes("ada")["address"] == "13 Main St"


# Searching


def test_filter_that_is_none(pool: Emulator) -> None:
    """aws-sdk-php#1088."""
    assert told(pool.aws.list_users, UserPoolId=pool.id, Filter="foo") == (
        "InvalidParameterException: Error while parsing filter."
    )


def test_attributes_that_not_everybody_has(pool: Emulator) -> None:
    """aws-sdk-js#2570 and #3091."""
    text = "InvalidParameterException: One or more requested attributes do not exist."
    pool.user("ada", given_name="Ada")
    wanted = {"UserPoolId": pool.id, "AttributesToGet": ["given_name"]}
    assert pool.aws.list_users(**wanted)["Users"]
    pool.user("bob")
    assert told(pool.aws.list_users, **wanted) == text
    assert pool.aws.list_users(**wanted, Filter='username = "ada"')["Users"]
    assert told(pool.aws.list_users, UserPoolId=pool.id, AttributesToGet=["custom:none"]) == text


# Parameters


def test_srp_value_that_is_no_number(pool: Emulator) -> None:
    pool.user("ada")
    begin = {"ClientId": pool.client_id, "AuthFlow": "USER_SRP_AUTH"}
    for value in ("COFFEEG", "-1"):
        given = {"USERNAME": "ada", "SRP_A": value}
        assert told(pool.aws.initiate_auth, **begin, AuthParameters=given) == (
            f"InvalidParameterException: 1 validation error detected: Value '{value}' at 'a' "
            "failed to satisfy constraint: Member must satisfy regular expression pattern: "
            "^[0-9a-fA-F]+$"
        )


@pytest.mark.parametrize(
    ("operation", "parameters", "text"),
    [
        (
            "UpdateUserPoolClient",
            {"UserPoolId": "us-east-1_a", "ClientId": "a", "LogoutURLs": ["https://a", ""]},
            (
                "Value '[https://a, ]' at 'logoutURLs' failed to satisfy "
                "constraint: Member must satisfy constraint: [Member must have length less than or "
                "equal to 1024, Member must have length greater than or equal to 1, Member must "
                r"satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+]"
            ),
        ),
        (
            "CreateUserPool",
            {"PoolName": "a", "AliasAttributes": ["name"]},
            (
                "Value '[name]' at 'aliasAttributes' failed to satisfy "
                "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
                "[phone_number, email, preferred_username]]"
            ),
        ),
        (
            "TagResource",
            {"ResourceArn": "arn:aws:cognito-idp:us-east-1:123456789012:a", "Tags": {"": "a"}},
            (
                "Value '{=a}' at 'tags' failed to satisfy constraint: Map "
                "keys must satisfy constraint: [Member must have length less than or equal to 128, "
                "Member must have length greater than or equal to 1]"
            ),
        ),
    ],
)
def test_members_are_told_of_as_one(operation: str, parameters: Any, text: str) -> None:
    """aws-sdk-java-v2#5528."""
    with pytest.raises(ParameterInvalid) as error:
        check_parameters(operation, parameters)
    assert error.value.message == f"1 validation error detected: {text}"


# App clients


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["email", "openid"]},
            "CallbackUrls can not be empty when code flow or implicit flow is selected",
        ),
        (
            {
                "AllowedOAuthFlows": ["client_credentials"],
                "AllowedOAuthScopes": ["email", "openid"],
                "GenerateSecret": True,
            },
            "email is not supported with client_credentials flow",
        ),
        (
            {
                "AllowedOAuthFlows": ["code", "client_credentials"],
                "AllowedOAuthScopes": ["email", "openid"],
                "GenerateSecret": True,
            },
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        (
            {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["openid"]},
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
    ],
)
def test_flows_that_are_none(pool: Emulator, settings: dict[str, Any], text: str) -> None:
    named = {"UserPoolId": pool.id, "ClientName": "a", "AllowedOAuthFlowsUserPoolClient": True}
    create = pool.aws.create_user_pool_client
    assert told(create, **named, **settings) == f"InvalidOAuthFlowException: {text}"


def test_app_client_without_settings(pool: Emulator) -> None:
    made = pool.aws.create_user_pool_client(UserPoolId=pool.id, ClientName="a")["UserPoolClient"]
    told_of_all = {"ClientId", "ClientName", "CreationDate", "LastModifiedDate", "UserPoolId"}
    assert {name: made[name] for name in made if name not in told_of_all} == {
        "AllowedOAuthFlowsUserPoolClient": False,
        "AuthSessionValidity": 3,
        "EnablePropagateAdditionalUserContextData": False,
        "EnableTokenRevocation": True,
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
    }


# Pools


def test_pool_shows_no_texts_but_its_own(pool: Emulator) -> None:
    described = pool.aws.describe_user_pool(**another(pool))["UserPool"]
    administration = {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    assert described["AdminCreateUserConfig"] == administration
    assert described["VerificationMessageTemplate"] == {"DefaultEmailOption": "CONFIRM_WITH_CODE"}
    assert not {name for name in described if name.endswith(("Message", "Subject"))}


def test_texts_of_codes_have_two_names(pool: Emulator) -> None:
    """Terraform's provider tests it on AWS."""
    names = {"EmailMessage": "EmailVerificationMessage", "SmsMessage": "SmsVerificationMessage"}
    text = "It is {####}"
    for new, old in names.items():
        for given in ({old: text}, {"VerificationMessageTemplate": {new: text}}):
            described = pool.aws.describe_user_pool(**another(pool, **given))["UserPool"]
            assert described["VerificationMessageTemplate"][new] == described[old] == text


def test_only_enabled_factors_are_preferred(pool: Emulator) -> None:
    """amplify-android#2580."""
    pool.user("ada", phone_number="+15550100")
    named = {"UserPoolId": pool.id, "Username": "ada"}
    prefer = pool.aws.admin_set_user_mfa_preference
    only = {"SMSMfaSettings": {"Enabled": False, "PreferredMfa": True}}
    assert told(prefer, **named, **only).startswith("InvalidParameterException")
    assert prefer(**named, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})


# Groups, devices and identity providers


def test_group_names_have_no_case_where_usernames_have_none(pool: Emulator) -> None:
    """amplify-backend#1781."""
    for sensitive in (True, False):
        named = another(pool, UsernameConfiguration={"CaseSensitive": sensitive})
        pool.aws.create_group(**named, GroupName="ADMINS")
        text = "GroupExistsException: A group with the name already exists"
        assert told(pool.aws.create_group, **named, GroupName="ADMINS") == text
        if sensitive:
            assert pool.aws.create_group(**named, GroupName="Admins")
        else:
            assert told(pool.aws.create_group, **named, GroupName="Admins") == text


def test_unknown_device_is_not_confirmed() -> None:
    """boto3#4059 and amplify-js#2087."""
    tracking = {"DeviceConfiguration": DEVICES}
    with Cognito.start(PoolSettings(client_secret=False, pool=tracking)) as cognito:
        pool = Emulator(cognito)
        pool.user("ada")
        assert told(
            pool.aws.confirm_device,
            AccessToken=pool.log_in("ada")["AccessToken"],
            DeviceKey=f"us-east-1_{uuid.uuid4()}",
            DeviceSecretVerifierConfig={"PasswordVerifier": "AAAA", "Salt": "AAAA"},
        ) == ("InvalidParameterException: Invalid device key given.")


def test_provider_has_no_identifiers_after_an_update_without(pool: Emulator) -> None:
    named = another(pool) | {"ProviderName": "Google"}
    google = {"ProviderType": "Google", "ProviderDetails": GOOGLE}
    pool.aws.create_identity_provider(**named, **google, IdpIdentifiers=["example.com"])
    mapping = {"email": "email"}
    pool.aws.update_identity_provider(**named, AttributeMapping=mapping)
    found = pool.aws.describe_identity_provider(**named)["IdentityProvider"]
    assert not found.get("IdpIdentifiers")
    assert (found["AttributeMapping"], found["ProviderDetails"]["client_id"]) == (mapping, "a")


def test_provider_maps_to_attributes_of_the_pool(pool: Emulator) -> None:
    """aws-cli#9729."""
    named = another(pool) | {"ProviderName": "Google"}
    google = {"ProviderType": "Google", "ProviderDetails": GOOGLE}
    wrong = {"AttributeMapping": {"custom:foo": "a", "username": "sub", "email": "email"}}
    text = "InvalidParameterException: AttributeMapping contains invalid mapping: [custom:foo]"
    assert told(pool.aws.create_identity_provider, **named, **google, **wrong) == text
    pool.aws.create_identity_provider(**named, **google)
    assert told(pool.aws.update_identity_provider, **named, **wrong) == text


@pytest.mark.parametrize(
    ("kind", "given", "completed"),
    [
        ("Google", {}, "https://www.googleapis.com/oauth2/v4/token"),
        ("LoginWithAmazon", {}, "https://api.amazon.com/auth/o2/token"),
        (
            "Facebook",
            {"api_version": "v17.0"},
            "https://graph.facebook.com/v17.0/oauth/access_token",
        ),
        (
            "SignInWithApple",
            {"team_id": "t", "key_id": "k", "private_key": "p"},
            "https://appleid.apple.com/auth/token",
        ),
    ],
)
def test_provider_knows_its_addresses(
    pool: Emulator, kind: str, given: dict[str, str], completed: str
) -> None:
    """API reference, CreateIdentityProvider, `ProviderDetails`."""
    named = another(pool) | {"ProviderName": kind}
    pool.aws.create_identity_provider(**named, ProviderType=kind, ProviderDetails=GOOGLE | given)
    found = pool.aws.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    assert (found["token_url"], found["client_id"]) == (completed, "a")
    assert "private_key" not in found
