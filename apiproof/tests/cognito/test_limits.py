from datetime import timedelta

from tests.cognito.behaviours import behaviour, refused
from tests.cognito.bench import Bench
from tests.cognito.pools import Pool


@behaviour("the sixth reset code within an hour is refused", "LimitExceededException", "D, I")
def test_sixth_reset_code_within_an_hour_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    for _ in range(5):
        pool.aws.forgot_password(**pool.app("ada"))
    with refused("LimitExceededException"):
        pool.aws.forgot_password(**pool.app("ada"))
    pool.advance(timedelta(hours=1, seconds=1))
    pool.aws.forgot_password(**pool.app("ada"))


@behaviour("the sixteenth confirmation within an hour is refused", "LimitExceededException", "D, I")
def test_sixteenth_confirmation_within_an_hour_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    for _ in range(15):
        with refused("CodeMismatchException"):
            pool.confirm("ada", "000000")
    with refused("LimitExceededException"):
        pool.confirm("ada")


@behaviour("the sixth resend within an hour is refused", "LimitExceededException", "D, I")
def test_sixth_resend_within_an_hour_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    for _ in range(5):
        pool.aws.resend_confirmation_code(**pool.app("ada"))
    with refused("LimitExceededException"):
        pool.aws.resend_confirmation_code(**pool.app("ada"))


def _fail(pool: Pool, times: int) -> None:
    for _ in range(times):
        with refused("NotAuthorizedException"):
            pool.log_in("ada", "Wrong-Horse-7")


@behaviour(
    "after five wrong passwords the right one is refused for a second",
    "NotAuthorizedException",
    "D",
)
def test_guessing_locks_sign_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 5)
    with refused("NotAuthorizedException"):
        pool.log_in("ada")
    pool.advance(timedelta(seconds=1.5))
    pool.log_in("ada")


@behaviour("four wrong passwords lock nobody out", "tokens", "D")
def test_four_wrong_passwords_lock_nobody_out(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 4)
    pool.log_in("ada")


@behaviour("the lock-out doubles with each further wrong password", "NotAuthorizedException", "D")
def test_lockout_doubles(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 5)
    for seconds in (2, 4, 8):
        pool.advance(timedelta(seconds=seconds / 2 + 0.1))
        _fail(pool, 1)
        pool.advance(timedelta(seconds=seconds - 0.5))
        with refused("NotAuthorizedException"):
            pool.log_in("ada")
        pool.advance(timedelta(seconds=0.4 - seconds / 2))
    pool.advance(timedelta(seconds=8))
    pool.log_in("ada")


@behaviour("attempts during a lock-out don't lengthen it", "tokens", "D")
def test_attempts_during_a_lockout_do_not_count(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 12)
    pool.advance(timedelta(seconds=1.5))
    pool.log_in("ada")


@behaviour("a lock-out ends after about 15 minutes at the latest", "tokens", "D")
def test_lockout_has_a_maximum(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    for _ in range(20):
        _fail(pool, 1)
        pool.advance(timedelta(minutes=14, seconds=50))
    pool.advance(timedelta(seconds=20))
    pool.log_in("ada")


@behaviour("a successful login forgets the wrong passwords", "tokens", "D")
def test_success_forgets_failures(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 4)
    pool.log_in("ada")
    _fail(pool, 4)
    pool.log_in("ada")
