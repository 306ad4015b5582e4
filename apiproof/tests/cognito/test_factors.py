"""First factors by code, several second factors, SRP within CUSTOM_AUTH, own senders."""

import json
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from tests.cognito.behaviours import refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.srp_client import SrpClient
from tests.cognito.test_flows import PUBLIC, answer, begin
from tests.cognito.test_mfa import log_in, other

PHONE = "+15555550123"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}
FIRST = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]
INVITED = "Temporary-Horse-1"


def choice_pool(bench: Bench) -> Pool:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": FIRST}}
    pool = bench.pool(**PUBLIC, name="choice", pool={"Policies": policies, "SmsConfiguration": SMS})
    pool.user("ada", phone_number=PHONE)
    return pool


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
@pytest.mark.parametrize("preferred", [False, True])
def test_code_is_a_first_factor(bench: Bench, factor: str, *, preferred: bool) -> None:
    pool = choice_pool(bench)
    if preferred:
        asked = begin(pool, "USER_AUTH", USERNAME="ada", PREFERRED_CHALLENGE=factor)
    else:
        offered = begin(pool, "USER_AUTH", USERNAME="ada")
        assert set(offered["AvailableChallenges"]) == {*FIRST, "PASSWORD_SRP"}
        session = offered["Session"]
        asked = answer(pool, "SELECT_CHALLENGE", session, USERNAME="ada", ANSWER=factor)
    assert asked["ChallengeName"] == factor
    if preferred:
        assert asked["AvailableChallenges"] == [factor]
    code = pool.code("ada", "sign-in")
    assert len(code) == 8
    session = asked["Session"]
    with refused("CodeMismatchException"):
        answer(pool, factor, session, USERNAME="ada", **{f"{factor}_CODE": other(code)})
    done = answer(pool, factor, session, USERNAME="ada", **{f"{factor}_CODE": code})
    assert pool.verified(done["AuthenticationResult"]["AccessToken"])["username"] == "ada"
    with refused("NotAuthorizedException"):
        answer(pool, factor, session, USERNAME="ada", **{f"{factor}_CODE": code})


def test_temporary_passwords_are_the_first_factor(bench: Bench) -> None:
    """As one-cgiar has seen on AWS: no code is offered, whatever is preferred."""
    pool = choice_pool(bench)
    pool.aws.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        TemporaryPassword=INVITED,
        UserAttributes=[
            {"Name": "email", "Value": "bob@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    asked = begin(pool, "USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert set(asked["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}


def test_first_factor_of_a_disabled_user(bench: Bench) -> None:
    pool = choice_pool(bench)
    asked = begin(pool, "USER_AUTH", USERNAME="ada", PREFERRED_CHALLENGE="EMAIL_OTP")
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    code = pool.code("ada", "sign-in")
    with refused("NotAuthorizedException"):
        answer(pool, "EMAIL_OTP", asked["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)


def two_factors(bench: Bench, *, preferred: bool) -> tuple[Pool, pyotp.TOTP]:
    pool = bench.pool(**PUBLIC, name="two")
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        SmsMfaConfiguration={"SmsConfiguration": SMS},
    )
    pool.user("ada", phone_number=PHONE)
    token = log_in(pool, "ada")["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(pool.aws.associate_software_token(AccessToken=token)["SecretCode"])
    pool.aws.verify_software_token(
        AccessToken=token, UserCode=app.now(), FriendlyDeviceName="Ada's phone"
    )
    pool.aws.set_user_mfa_preference(
        AccessToken=token,
        SoftwareTokenMfaSettings={"Enabled": True},
        SMSMfaSettings={"Enabled": True, "PreferredMfa": preferred},
    )
    return pool, app


def test_sms_is_a_second_factor(bench: Bench) -> None:
    pool, _ = two_factors(bench, preferred=True)
    asked = log_in(pool, "ada")
    assert asked["ChallengeName"] == "SMS_MFA"
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"].endswith("0123")
    code = pool.code("ada", "sign-in")
    with refused("CodeMismatchException"):
        answer(pool, "SMS_MFA", asked["Session"], USERNAME="ada", SMS_MFA_CODE=other(code))
    done = answer(pool, "SMS_MFA", asked["Session"], USERNAME="ada", SMS_MFA_CODE=code)
    assert done["AuthenticationResult"]


@pytest.mark.parametrize("choice", ["SMS_MFA", "SOFTWARE_TOKEN_MFA"])
def test_a_second_factor_is_selected(bench: Bench, choice: str) -> None:
    pool, app = two_factors(bench, preferred=False)
    asked = log_in(pool, "ada")
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    offered = asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]
    assert set(json.loads(offered)) == {"SMS_MFA", "SOFTWARE_TOKEN_MFA"}
    with refused("InvalidParameterException"):
        answer(pool, "SELECT_MFA_TYPE", asked["Session"], USERNAME="ada", ANSWER="EMAIL_OTP")
    chosen = answer(pool, "SELECT_MFA_TYPE", asked["Session"], USERNAME="ada", ANSWER=choice)
    assert chosen["ChallengeName"] == choice
    named = "Ada's phone" if choice == "SOFTWARE_TOKEN_MFA" else None
    assert chosen["ChallengeParameters"].get("FRIENDLY_DEVICE_NAME") == named
    code = app.now() if choice == "SOFTWARE_TOKEN_MFA" else pool.code("ada", "sign-in")
    done = answer(pool, choice, chosen["Session"], USERNAME="ada", **{f"{choice}_CODE": code})
    assert done["AuthenticationResult"]


def custom_after_srp(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """SRP first, then one custom question: the developer guide's own example."""
    session = event["request"]["session"]
    names = [each["challengeName"] for each in session]
    right = all(each["challengeResult"] for each in session)
    following = {
        ("SRP_A",): "PASSWORD_VERIFIER",
        ("SRP_A", "PASSWORD_VERIFIER"): "CUSTOM_CHALLENGE",
    }.get(tuple(names))
    event["response"] |= {
        "challengeName": following if right else None,
        "issueTokens": right and following is None,
        "failAuthentication": not right,
    }
    return event


def verify_answer(event: dict[str, Any], _: Any) -> dict[str, Any]:
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == "2"
    return event


def custom_srp(bench: Bench, password: str) -> tuple[Pool, Any]:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    pool.attach("DefineAuthChallenge", custom_after_srp)
    pool.attach("CreateAuthChallenge", lambda event, _: event)
    pool.attach("VerifyAuthChallengeResponse", verify_answer)
    client = SrpClient(pool.id, password)
    asked = begin(pool, "CUSTOM_AUTH", USERNAME="ada", CHALLENGE_NAME="SRP_A", SRP_A=client.srp_a)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    proof = client.answer(asked["ChallengeParameters"])
    return pool, answer(pool, "PASSWORD_VERIFIER", asked["Session"], **proof)


def test_custom_auth_with_srp(bench: Bench) -> None:
    pool, asked = custom_srp(bench, PASSWORD)
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    done = answer(pool, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="ada", ANSWER="2")
    assert pool.verified(done["AuthenticationResult"]["AccessToken"])["username"] == "ada"


def test_custom_auth_with_srp_and_a_wrong_answer(bench: Bench) -> None:
    pool, asked = custom_srp(bench, PASSWORD)
    with refused("NotAuthorizedException"):
        answer(pool, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="ada", ANSWER="3")


def test_custom_auth_with_srp_and_a_wrong_password(bench: Bench) -> None:
    with refused("NotAuthorizedException"):
        custom_srp(bench, "Wrong-Horse-7-Battery")


@pytest.mark.parametrize(
    ("sender", "kind", "attribute"),
    [
        ("CustomEmailSender", "customEmailSenderRequestV1", "email"),
        ("CustomSMSSender", "customSMSSenderRequestV1", "phone_number"),
    ],
)
def test_own_sender_gets_the_code(bench: Bench, sender: str, kind: str, attribute: str) -> None:
    pool = bench.pool(**PUBLIC, name=sender, auto_verified=(attribute,))
    events: list[dict[str, Any]] = []

    def sending(event: dict[str, Any], _: Any) -> dict[str, Any]:
        events.append(event)
        return event

    pool.attach(sender, sending)
    pool.sign_up("ada", phone_number=PHONE)
    (event,) = events
    assert event["triggerSource"] == f"{sender}_SignUp"
    assert event["request"]["type"] == kind
    with pytest.raises(LookupError):
        pool.code("ada")  # nothing else was sent
    pool.confirm("ada", event["request"]["code"])
    assert pool.attributes("ada")[f"{attribute}_verified"] == "true"


def invited(pool: Pool) -> Any:
    pool.aws.admin_create_user(
        UserPoolId=pool.id,
        Username="ada",
        TemporaryPassword=INVITED,
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )
    return begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=INVITED)


def test_attributes_come_with_the_new_password(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    asked = invited(pool)
    names = {"userAttributes.given_name": "Ada"}
    done = answer(
        pool,
        "NEW_PASSWORD_REQUIRED",
        asked["Session"],
        USERNAME="ada",
        NEW_PASSWORD=PASSWORD,
        **names,
    )
    assert pool.claims(done["AuthenticationResult"]["IdToken"])["given_name"] == "Ada"


@pytest.mark.parametrize("name", ["sub", "email_verified", "custom:unknown"])
def test_not_every_attribute_comes_with_the_new_password(bench: Bench, name: str) -> None:
    pool = bench.pool(**PUBLIC)
    asked = invited(pool)
    before = pool.attributes("ada")
    with pytest.raises(pool.aws.exceptions.ClientError):
        answer(
            pool,
            "NEW_PASSWORD_REQUIRED",
            asked["Session"],
            USERNAME="ada",
            NEW_PASSWORD=PASSWORD,
            **{f"userAttributes.{name}": "true"},
        )
    assert pool.attributes("ada") == before
    assert pool.status("ada") == "FORCE_CHANGE_PASSWORD"


@pytest.mark.parametrize("days", [1, 30])
def test_temporary_password_lives_as_the_pool_says(bench: Bench, days: int) -> None:
    policy = {"MinimumLength": 8, "TemporaryPasswordValidityDays": days}
    pool = bench.pool(**PUBLIC, name=f"days{days}", pool={"Policies": {"PasswordPolicy": policy}})
    invited(pool)
    pool.advance(timedelta(days=days) - timedelta(minutes=1))
    assert begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=INVITED)["Session"]
    pool.advance(timedelta(minutes=2))
    with refused("NotAuthorizedException"):
        begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=INVITED)
