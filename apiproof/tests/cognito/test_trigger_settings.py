"""LambdaConfig: a trigger that it names is called, or missed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.made_pools import Maker, make, obeys, refused

__all__ = ["make"]

ARN = "arn:aws:lambda:us-east-1:123456789012:function:handler"
PHONE = "+15550100"


def sign_up(pool: Emulator) -> None:
    pool.sign_up("bob", phone_number=PHONE)


def confirm(pool: Emulator) -> None:
    pool.aws.admin_confirm_sign_up(UserPoolId=pool.id, Username="ada")


def custom_auth(pool: Emulator) -> None:
    confirm(pool)
    begun = pool.aws.initiate_auth(
        ClientId=pool.client_id, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "ada"}
    )
    pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=begun["Session"],
        ChallengeResponses={"USERNAME": "ada", "ANSWER": "2"},
    )


def log_in(pool: Emulator) -> None:
    confirm(pool)
    pool.log_in("ada")


TRIGGERS = {
    "PreSignUp": sign_up,
    "CustomMessage": sign_up,
    "PostConfirmation": confirm,
    "PreAuthentication": log_in,
    "PostAuthentication": log_in,
    "DefineAuthChallenge": custom_auth,
    "CreateAuthChallenge": custom_auth,
    "VerifyAuthChallengeResponse": custom_auth,
    "PreTokenGeneration": log_in,
    "PreTokenGenerationConfig": log_in,
    "UserMigration": lambda pool: pool.log_in("nobody"),
    "CustomSMSSender": sign_up,
    "CustomEmailSender": sign_up,
}
VERSIONS = {
    "PreTokenGenerationConfig": "V1_0",
    "CustomSMSSender": "V1_0",
    "CustomEmailSender": "V1_0",
}


@pytest.mark.parametrize("name", TRIGGERS)
@obeys(*(f"LambdaConfig.{name}{'.*' if name in VERSIONS else ''}" for name in TRIGGERS))
def test_named_triggers_are_called(make: Maker, name: str) -> None:
    arn: Any = ARN
    if name in VERSIONS:
        arn = {"LambdaArn": ARN, "LambdaVersion": VERSIONS[name]}
    verified = ["phone_number"] if name == "CustomSMSSender" else ["email"]
    config: dict[str, Any] = {"LambdaConfig": {name: arn}, "AutoVerifiedAttributes": verified}
    if name.startswith("Custom") and name.endswith("Sender"):
        config["LambdaConfig"]["KMSKeyID"] = "arn:aws:kms:us-east-1:123456789012:key/made-up"
        config["SmsConfiguration"] = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    seen: list[str] = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        source = event["triggerSource"]
        seen.append(source)
        if source.startswith("Define"):
            done = bool(event["request"]["session"])
            event["response"] = {
                "issueTokens": done,
                "challengeName": None if done else "CUSTOM_CHALLENGE",
            }
        return event

    others = {"DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"} - {name}
    for attached in (True, False):
        pool = make()
        inner = pool.cognito._backend.pool(pool.id)  # noqa: SLF001 - Ada is there before the setting
        pool.cognito.triggers.clear()
        pool.sign_up("ada", phone_number=PHONE)
        pool.aws.update_user_pool(UserPoolId=pool.id, **config)
        assert inner.has_trigger(name.removesuffix("Config"))
        if TRIGGERS[name] is custom_auth:
            pool.cognito.triggers.update(dict.fromkeys(others, handler))
        if not attached:
            with refused("UnexpectedLambdaException"):
                TRIGGERS[name](pool)
            continue
        pool.cognito.triggers[name.removesuffix("Config")] = handler
        try:
            TRIGGERS[name](pool)
        except ClientError:
            assert name == "UserMigration"  # it migrates nobody
        base = {
            "PreTokenGenerationConfig": "TokenGeneration",
            "PreTokenGeneration": "TokenGeneration",
        }
        assert any(source.startswith(base.get(name, name)) for source in seen), seen
