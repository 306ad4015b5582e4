"""Where reset codes go in a pool without AccountRecoverySetting, and to whom codes for MFA go."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito
from tests.cognito.made_pools import attributes
from tests.cognito.pools import PASSWORD

ROLE = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}
OWN_EMAIL = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
}
MFA = {
    "SmsMfaConfiguration": {"SmsConfiguration": ROLE},
    "EmailMfaConfiguration": {"Message": "{####}", "Subject": "Code"},
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
}
LEGACY: dict[str, Any] = {"AccountRecoverySetting": {}}
BY_SMS = {"SMSMfaSettings": {"Enabled": True}}
BY_EMAIL = {"EmailMfaSettings": {"Enabled": True}}


@pytest.fixture(scope="module")
def aws() -> Iterator[Any]:
    with Cognito.start() as cognito:
        yield cognito.client()


def pool_with_ada(aws: Any, **settings: Any) -> dict[str, str]:
    """Make a pool in which Ada has a verified email and phone number; gives whom to ask for."""
    pool = {
        "UserPoolId": aws.create_user_pool(
            PoolName="pool", SmsConfiguration=ROLE, EmailConfiguration=OWN_EMAIL, **settings
        )["UserPool"]["Id"]
    }
    client = aws.create_user_pool_client(**pool, ClientName="client")["UserPoolClient"]
    ada = attributes(
        email="ada@example.com",
        email_verified="true",
        phone_number="+15550100",
        phone_number_verified="true",
    )
    aws.admin_create_user(**pool, Username="ada", UserAttributes=ada, MessageAction="SUPPRESS")
    aws.admin_set_user_password(**pool, Username="ada", Password=PASSWORD, Permanent=True)
    return pool | {"ClientId": client["ClientId"]}


def code_to(aws: Any, made: dict[str, str]) -> str:
    answer = aws.forgot_password(ClientId=made["ClientId"], Username="ada")
    return str(answer["CodeDeliveryDetails"]["AttributeName"])


@pytest.mark.parametrize(
    ("settings", "shown", "attribute"),
    [({}, ["verified_email", "verified_phone_number"], "email"), (LEGACY, [], "phone_number")],
    ids=["without", "empty"],
)
def test_recovery_without_a_setting(
    aws: Any, settings: dict[str, Any], shown: list[str], attribute: str
) -> None:
    """Decision 223."""
    made = pool_with_ada(aws, **settings)
    setting = aws.describe_user_pool(UserPoolId=made["UserPoolId"])["UserPool"].get(
        "AccountRecoverySetting", {}
    )
    assert [each["Name"] for each in setting.get("RecoveryMechanisms", ())] == shown
    assert code_to(aws, made) == attribute


@pytest.mark.parametrize(
    ("settings", "preference", "attribute"),
    [
        ({}, {}, "email"),
        ({}, BY_EMAIL, "phone_number"),
        ({}, BY_SMS, "email"),
        ({}, BY_SMS | BY_EMAIL, None),
        (LEGACY, BY_SMS, "phone_number"),
        (LEGACY, BY_EMAIL, "phone_number"),
    ],
    ids=["no MFA", "email", "SMS", "both", "SMS, old rule", "email, old rule"],
)
def test_no_address_gets_codes_for_both(
    aws: Any, settings: dict[str, Any], preference: dict[str, Any], attribute: str | None
) -> None:
    """Developer guide, "Adding MFA to a user pool"."""
    made = pool_with_ada(aws, **settings)
    pool = {"UserPoolId": made["UserPoolId"]}
    aws.set_user_pool_mfa_config(**pool, MfaConfiguration="OPTIONAL", **MFA)
    if preference:
        aws.admin_set_user_mfa_preference(**pool, Username="ada", **preference)
    if attribute is None:
        with pytest.raises(ClientError, match="no registered/verified email or phone_number"):
            code_to(aws, made)
        return
    assert code_to(aws, made) == attribute
