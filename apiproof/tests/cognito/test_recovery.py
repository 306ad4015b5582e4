from datetime import timedelta

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool

NEW = "New-Horse-8-Battery"


def _forget(pool: Pool, username: str = "ada") -> str:
    pool.aws.forgot_password(**pool.app(username))
    return pool.code(username, "password-reset")


def _reset(pool: Pool, code: str, password: str = NEW, username: str = "ada") -> None:
    pool.aws.confirm_forgot_password(**pool.app(username), ConfirmationCode=code, Password=password)


@behaviour("a reset code sets a new password", "the new one logs in", "M", vital=True)
def test_reset_code_sets_a_new_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _reset(pool, _forget(pool))
    pool.log_in("ada", NEW)
    with refused("NotAuthorizedException"):
        pool.log_in("ada", PASSWORD)


@behaviour("a wrong reset code is refused", "CodeMismatchException", "M", vital=True)
def test_wrong_reset_code_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _forget(pool)
    with refused("CodeMismatchException"):
        _reset(pool, "000000")


@behaviour("a reset code expires after an hour", "ExpiredCodeException", "D, I", vital=True)
def test_reset_code_expires(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    code = _forget(pool)
    pool.advance(timedelta(hours=1, seconds=1))
    with refused("ExpiredCodeException"):
        _reset(pool, code)


@behaviour("a reset code works once", "ExpiredCodeException", "I", vital=True)
def test_reset_code_works_once(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    code = _forget(pool)
    _reset(pool, code)
    with refused("ExpiredCodeException"):
        _reset(pool, code)


@behaviour("a reset that nobody asked for is refused", "ExpiredCodeException", "D")
def test_unasked_reset_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("ExpiredCodeException"):
        _reset(pool, "123456")


@behaviour("a reset code sent again replaces the one before", "CodeMismatchException", "I")
def test_second_reset_code_replaces_the_first(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    code = _forget(pool)
    _forget(pool)
    with refused("CodeMismatchException"):
        _reset(pool, code)


@behaviour("a sign-up code resets no password", "ExpiredCodeException", "R")
def test_sign_up_code_resets_no_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    code = pool.code("ada")
    pool.confirm("ada")
    with refused("ExpiredCodeException"):
        _reset(pool, code)


@behaviour("a reset refuses a weak password", "InvalidPasswordException", "M", vital=True)
def test_reset_refuses_a_weak_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    code = _forget(pool)
    with refused("InvalidPasswordException"):
        _reset(pool, code, "weakling")
    _reset(pool, code)


@behaviour(
    "without a verified email a reset is simulated (D); older reports (I) have the refusal of "
    "LEGACY here too",
    "CodeDeliveryDetails, nothing sent",
    "D, I",
    vital=True,
)
def test_unverified_email_gets_a_simulated_reset(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.set("ada", email_verified="false")
    require(pool.aws.forgot_password(**pool.app("ada"))["CodeDeliveryDetails"], "no details")
    with refused("ExpiredCodeException"):
        _reset(pool, "123456")


@behaviour("LEGACY tells that no address is verified", "InvalidParameterException", "I", vital=True)
def test_unverified_email_gets_no_reset_code(bench: Bench) -> None:
    pool = bench.pool(prevent_user_existence_errors=False)
    pool.user("ada")
    pool.set("ada", email_verified="false")
    with refused("InvalidParameterException"):
        pool.aws.forgot_password(**pool.app("ada"))


@behaviour(
    "a reset for an unknown user looks like any other", "CodeDeliveryDetails", "D", vital=True
)
def test_reset_of_an_unknown_user_is_simulated(bench: Bench) -> None:
    pool = bench.pool()
    details = pool.aws.forgot_password(**pool.app("nobody"))["CodeDeliveryDetails"]
    medium, destination = details["DeliveryMedium"], details["Destination"]
    expect((medium, "@" in destination), ("EMAIL", True), f"by {medium}")
    again = pool.aws.forgot_password(**pool.app("nobody"))["CodeDeliveryDetails"]
    expect(again, details, "another answer each time")


@behaviour(
    "a resend for an unknown user looks like any other", "CodeDeliveryDetails", "D", vital=True
)
def test_resend_to_an_unknown_user_is_simulated(bench: Bench) -> None:
    pool = bench.pool()
    answer = pool.aws.resend_confirmation_code(**pool.app("nobody"))
    expect(answer["CodeDeliveryDetails"]["DeliveryMedium"], "EMAIL", "another medium")


@behaviour(
    "a reset code for an unknown user is refused like a wrong one",
    "CodeMismatchException",
    "D",
    vital=True,
)
def test_code_of_an_unknown_user_looks_wrong(bench: Bench) -> None:
    pool = bench.pool()
    with refused("CodeMismatchException"):
        _reset(pool, "123456", username="nobody")


@behaviour("LEGACY tells that a user is unknown at reset", "UserNotFoundException", "I")
def test_legacy_tells_that_a_user_is_unknown(bench: Bench) -> None:
    pool = bench.pool(prevent_user_existence_errors=False)
    with refused("UserNotFoundException"):
        pool.aws.forgot_password(**pool.app("nobody"))
    with refused("UserNotFoundException"):
        pool.aws.resend_confirmation_code(**pool.app("nobody"))
    with refused("UserNotFoundException"):
        pool.confirm("nobody", "123456")


@behaviour("a confirmation of an unknown user doesn't tell so", "ExpiredCodeException", "R")
def test_confirmation_of_an_unknown_user_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("ExpiredCodeException"):
        pool.confirm("nobody", "123456")


@behaviour("a reset for a disabled user is simulated", "CodeDeliveryDetails, nothing sent", "D")
def test_disabled_user_gets_no_reset_code(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    pool.aws.forgot_password(**pool.app("ada"))
    with refused("CodeMismatchException"):
        _reset(pool, "123456")


@behaviour("a reset ends the lock-out after wrong passwords", "tokens", "R")
def test_reset_ends_a_lockout(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    for _ in range(8):
        with refused("NotAuthorizedException"):
            pool.log_in("ada", "Wrong-Horse-7")
    _reset(pool, _forget(pool))
    pool.log_in("ada", NEW)


@behaviour("after an administrator's reset the code sent makes the account usable", "tokens", "M")
def test_required_reset_makes_the_account_usable(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_reset_user_password(UserPoolId=pool.id, Username="ada")
    _reset(pool, pool.code("ada", "password-reset"))
    expect(pool.status("ada"), "CONFIRMED", "still to be reset")
    pool.log_in("ada", NEW)
