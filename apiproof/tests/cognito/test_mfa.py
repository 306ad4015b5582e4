from datetime import timedelta
from typing import Any

import pyotp

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.test_flows import PUBLIC, answer, begin

TOTP_ON = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


def mfa_pool(bench: Bench, mode: str, **config: Any) -> Pool:
    # A pool of its own: the setting stays. Codes by email need an own sender.
    sender = {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    }
    pool = bench.pool(**PUBLIC, name="mfa", pool={"EmailConfiguration": sender})
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration=mode, **(config or TOTP_ON)
    )
    return pool


def log_in(pool: Pool, username: str) -> Any:
    return begin(pool, "USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=PASSWORD)


def with_app(pool: Pool, username: str) -> pyotp.TOTP:
    pool.user(username)
    token = log_in(pool, username)["AuthenticationResult"]["AccessToken"]
    secret = pool.aws.associate_software_token(AccessToken=token)["SecretCode"]
    app = pyotp.TOTP(secret)
    pool.aws.verify_software_token(AccessToken=token, UserCode=app.now())
    pool.aws.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return app


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def show(pool: Pool, challenge: Any, username: str, code: str) -> Any:
    return answer(
        pool,
        "SOFTWARE_TOKEN_MFA",
        challenge["Session"],
        USERNAME=username,
        SOFTWARE_TOKEN_MFA_CODE=code,
    )


@behaviour("an authenticator app's code signs in", "tokens", "M, D", vital=True)
def test_code_of_the_app_signs_in(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    app = with_app(pool, "ada")
    challenge = log_in(pool, "ada")
    expect(challenge.get("ChallengeName"), "SOFTWARE_TOKEN_MFA", "no challenge")
    done = show(pool, challenge, "ada", app.now())
    pool.verified(done["AuthenticationResult"]["AccessToken"])


@behaviour("a wrong code of the app is refused", "CodeMismatchException", "M", vital=True)
def test_wrong_code_is_refused(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    app = with_app(pool, "ada")
    challenge = log_in(pool, "ada")
    with refused("CodeMismatchException"):
        show(pool, challenge, "ada", other(app.now()))


@behaviour("the app's codes follow the moved clock", "CodeMismatchException", "D")
def test_codes_follow_the_moved_clock(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    app = with_app(pool, "ada")
    pool.advance(timedelta(minutes=30))
    with refused("CodeMismatchException"):
        show(pool, log_in(pool, "ada"), "ada", app.now())


@behaviour("a wrong code enables no app", "EnableSoftwareTokenMFAException", "I", vital=True)
def test_wrong_code_enables_no_app(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    pool.user("ada")
    token = log_in(pool, "ada")["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(pool.aws.associate_software_token(AccessToken=token)["SecretCode"])
    with refused("EnableSoftwareTokenMFAException"):
        pool.aws.verify_software_token(AccessToken=token, UserCode=other(app.now()))


@behaviour("one user's challenge signs no other user in", "NotAuthorizedException", "D", vital=True)
def test_challenge_is_of_one_user(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    app = with_app(pool, "ada")
    pool.user("bob")
    challenge = log_in(pool, "ada")
    with refused("NotAuthorizedException"):
        show(pool, challenge, "bob", app.now())


@behaviour(
    "a challenge is not answered under another name", "NotAuthorizedException", "R", vital=True
)
def test_challenge_is_of_one_kind(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-Horse-1"
    )
    challenge = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD="Temporary-Horse-1")
    with refused("NotAuthorizedException"):
        answer(pool, "MFA_SETUP", challenge["Session"], USERNAME="ada")


@behaviour("a session is answered once", "NotAuthorizedException", "I", vital=True)
def test_session_is_answered_once(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    app = with_app(pool, "ada")
    challenge = log_in(pool, "ada")
    code = app.now()
    show(pool, challenge, "ada", code)
    with refused("NotAuthorizedException"):
        show(pool, challenge, "ada", code)


@behaviour("a pool that requires MFA has an app set up at sign-in", "MFA_SETUP", "M, I", vital=True)
def test_required_mfa_is_set_up(bench: Bench) -> None:
    pool = mfa_pool(bench, "ON")
    pool.user("ada")
    challenge = log_in(pool, "ada")
    expect(challenge.get("ChallengeName"), "MFA_SETUP", "tokens")
    with refused("NotAuthorizedException"):
        answer(pool, "MFA_SETUP", challenge["Session"], USERNAME="ada")
    associated = pool.aws.associate_software_token(Session=challenge["Session"])
    app = pyotp.TOTP(associated["SecretCode"])
    verified = pool.aws.verify_software_token(Session=associated["Session"], UserCode=app.now())
    done = answer(pool, "MFA_SETUP", verified["Session"], USERNAME="ada")
    require("AuthenticationResult" in done, "no tokens")
    expect(log_in(pool, "ada")["ChallengeName"], "SOFTWARE_TOKEN_MFA", "not enabled")


@behaviour("a code by email is sent, and checked", "CodeMismatchException", "M, D", vital=True)
def test_codes_by_email(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL", EmailMfaConfiguration={"Subject": "Your code"})
    pool.user("ada")
    pool.aws.admin_set_user_mfa_preference(
        UserPoolId=pool.id,
        Username="ada",
        EmailMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    challenge = log_in(pool, "ada")
    expect(challenge.get("ChallengeName"), "EMAIL_OTP", "no challenge")
    code = pool.code("ada", "sign-in")
    with refused("CodeMismatchException"):
        answer(pool, "EMAIL_OTP", challenge["Session"], USERNAME="ada", EMAIL_OTP_CODE=other(code))
    done = answer(pool, "EMAIL_OTP", challenge["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)
    require("AuthenticationResult" in done, "no tokens")


@behaviour("a temporary password expires", "NotAuthorizedException", "M", vital=True)
def test_temporary_password_expires(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    temporary = "Temporary-Horse-1"
    pool.aws.admin_create_user(UserPoolId=pool.id, Username="ada", TemporaryPassword=temporary)
    challenge = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=temporary)
    parameters = challenge["ChallengeParameters"]
    require({"userAttributes", "requiredAttributes"} <= set(parameters), "no attributes")
    pool.advance(timedelta(days=8))
    with refused("NotAuthorizedException"):
        begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=temporary)


def test_authenticator_app_is_taken_away(bench: Bench) -> None:
    pool = mfa_pool(bench, "OPTIONAL")
    with_app(pool, "ada")
    named = {"UserPoolId": pool.id, "Username": "ada"}
    assert "UserMFASettingList" in pool.aws.admin_get_user(**named)
    pool.aws.admin_delete_software_token(**named)
    assert "UserMFASettingList" not in pool.aws.admin_get_user(**named)
    token = log_in(pool, "ada")["AuthenticationResult"]["AccessToken"]
    with refused("InvalidParameterException"):
        pool.aws.set_user_mfa_preference(
            AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )
