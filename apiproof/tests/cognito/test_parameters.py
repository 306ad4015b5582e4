from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import PasswordPolicy
from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench, Emulator
from tests.cognito.pools import PASSWORD, Pool


def _calls(pool: Pool) -> dict[str, Any]:
    """Give the unsigned operations that take a SECRET_HASH, each as a function of the hash."""
    app = {"ClientId": pool.client_id, "Username": "ada"}

    def hashed(given: str) -> dict[str, str]:
        return app | ({"SecretHash": given} if given else {})

    return {
        "sign_up": lambda given: pool.aws.sign_up(**hashed(given), Password=PASSWORD),
        "confirm": lambda given: pool.aws.confirm_sign_up(
            **hashed(given), ConfirmationCode="123456"
        ),
        "resend": lambda given: pool.aws.resend_confirmation_code(**hashed(given)),
        "forgot": lambda given: pool.aws.forgot_password(**hashed(given)),
        "reset": lambda given: pool.aws.confirm_forgot_password(
            **hashed(given), ConfirmationCode="123456", Password=PASSWORD
        ),
        "login": lambda given: pool.log_in("ada", SECRET_HASH=given),
    }


@behaviour(
    "sign-up, confirmation, resend, reset and login refuse a missing SECRET_HASH",
    "NotAuthorizedException",
    "I",
    vital=True,
)
def test_missing_secret_hash_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    for call in _calls(pool).values():
        with refused("NotAuthorizedException"):
            call("")


@behaviour(
    "sign-up, confirmation, resend, reset and login refuse a wrong SECRET_HASH",
    "NotAuthorizedException",
    "I",
    vital=True,
)
def test_wrong_secret_hash_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    for call in _calls(pool).values():
        with refused("NotAuthorizedException"):
            call(pool.hash("somebody-else"))


@behaviour("a client without a secret needs no SECRET_HASH", "accepted", "D")
def test_public_client_needs_no_secret_hash(bench: Bench) -> None:
    pool = bench.pool(client_secret=False)
    pool.aws.sign_up(ClientId=pool.client_id, Username="ada", Password=PASSWORD)


@behaviour(
    "a username is 1 to 128 letters, marks, symbols, numbers and punctuation",
    "InvalidParameterException",
    "M, I",
)
@pytest.mark.parametrize("username", ["a b", "a\x00b", "tab\t", "a\n", " ", "x" * 129])
def test_impossible_username_is_refused(bench: Bench, username: str) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up(username, email="ada@example.com")


@behaviour("a username may be of any script", "accepted", "M")
@pytest.mark.parametrize("username", ["x" * 128, "Ольга", "渋谷", "❤", "é", "a+b@c/d"])
def test_unusual_username_is_accepted(bench: Bench, username: str) -> None:
    pool = bench.pool()
    pool.user(username, email="ada@example.com")
    expect(pool.claims(pool.log_in(username)["AccessToken"])["username"], username, "changed")


@behaviour(
    "a password with white space at either end is refused", "InvalidParameterException", "M, D"
)
@pytest.mark.parametrize("password", [f" {PASSWORD}", f"{PASSWORD} ", f"{PASSWORD}\n"])
def test_password_with_outer_space_is_refused(bench: Bench, password: str) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up("ada", password)


@behaviour(
    "a password may hold a space, which counts as a symbol (the service model says otherwise)",
    "accepted",
    "D",
)
def test_password_may_hold_a_space(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada", "Passw0rd is long")
    pool.log_in("ada", "Passw0rd is long")


@behaviour("a password may have 256 characters", "accepted", "D, M", vital=True)
@pytest.mark.parametrize("length", [99, 100, 256])
def test_long_password_is_accepted(bench: Bench, length: int) -> None:
    pool = bench.pool()
    password = PASSWORD.ljust(length, "x")
    pool.user("ada", password)
    pool.log_in("ada", password)


@behaviour("a password of 257 characters is refused", "InvalidParameterException", "M")
def test_too_long_password_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up("ada", PASSWORD.ljust(257, "x"))


@behaviour("a password that breaks the policy is refused", "InvalidPasswordException", "I")
@pytest.mark.parametrize(
    "password", ["Sh0rt-!", "lower-case-1", "UPPER-CASE-1", "No-Digit", "N0Symbol"]
)
def test_weak_password_is_refused(bench: Bench, password: str) -> None:
    pool = bench.pool()
    with refused("InvalidPasswordException"):
        pool.sign_up("ada", password)


@behaviour(
    "a letter or digit of another script does not satisfy the policy",
    "InvalidPasswordException",
    "D",
)
@pytest.mark.parametrize("password", ["Ппassword-1", "PASSWORD-п-1", "Passw-rd-١٢٣"])
def test_other_scripts_do_not_satisfy_the_policy(bench: Bench, password: str) -> None:
    pool = bench.pool()
    with refused("InvalidPasswordException"):
        pool.sign_up("ada", password)


@behaviour("every documented symbol satisfies the policy", "accepted", "D")
@pytest.mark.parametrize("symbol", list("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"))
def test_every_symbol_counts(bench: Bench, symbol: str) -> None:
    bench.pool().sign_up("ada", f"Passw0rd{symbol}x")


@behaviour("the pool's own policy is followed", "accepted", "D")
def test_own_policy_is_followed(bench: Bench) -> None:
    policy = PasswordPolicy(
        minimum_length=6,
        require_lowercase=False,
        require_uppercase=False,
        require_numbers=False,
        require_symbols=False,
    )
    pool = bench.pool(password_policy=policy)
    pool.sign_up("ada", "simple")
    with refused("InvalidPasswordException"):
        pool.sign_up("bob", "short")


@behaviour("an attribute value has at most 2048 characters", "InvalidParameterException", "M")
def test_too_long_attribute_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up("ada", name="x" * 2049)


@behaviour("an attribute name has at most 32 characters", "InvalidParameterException", "M")
def test_too_long_attribute_name_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up("ada", **{"x" * 33: "x"})


@behaviour("a token with impossible characters is refused", "InvalidParameterException", "M")
def test_impossible_token_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.aws.get_user(AccessToken="not a token")


@behaviour("a code has no white space", "InvalidParameterException", "M")
def test_impossible_code_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("InvalidParameterException"):
        pool.confirm("ada", "12 34")


@behaviour("an unknown flow is refused", "InvalidParameterException", "M")
def test_unknown_flow_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.aws.initiate_auth(ClientId=pool.client_id, AuthFlow="MAGIC", AuthParameters={})


def test_refusals_tell_values_that_are_no_secret(pool: Emulator) -> None:
    def text(**wrong: Any) -> str:
        given = {"UserPoolId": pool.id, "ClientId": pool.client_id, "AuthFlow": "CUSTOM_AUTH"}
        with pytest.raises(ClientError) as refusal:
            pool.aws.admin_initiate_auth(**given | wrong)
        return str(refusal.value.response["Error"]["Message"])

    assert text(AuthFlow="NO_SUCH_FLOW").startswith(
        "1 validation error detected: Value 'NO_SUCH_FLOW' at 'authFlow' failed to satisfy "
    )
    with pytest.raises(ClientError, match="Value at 'confirmationCode' failed") as refusal:
        pool.aws.confirm_sign_up(**pool.app("ada"), ConfirmationCode="1 2 3")
    assert "1 2 3" not in str(refusal.value)
    with pytest.raises(ClientError, match="Value at 'password' failed") as refusal:
        pool.aws.sign_up(**pool.app("ada"), Password="x" * 257)
    assert "xxx" not in str(refusal.value)
