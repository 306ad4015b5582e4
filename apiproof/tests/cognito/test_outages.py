import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from apiproof.cognito import OutageNotTriggered
from tests.cognito.bench import Emulator


def test_next_calls_fail_with_the_code(pool: Emulator) -> None:
    pool.cognito.outages.fail("SignUp", "TooManyRequestsException", times=2)
    for _ in range(2):
        with pytest.raises(pool.aws.exceptions.TooManyRequestsException, match="Rate exceeded"):
            pool.sign_up("ada")
    pool.sign_up("ada")


def test_failed_call_does_not_act(pool: Emulator) -> None:
    with (
        pool.cognito.outages.fail("SignUp", "InternalErrorException"),
        pytest.raises(ClientError) as refusal,
    ):
        pool.sign_up("ada")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert pool.aws.list_users(UserPoolId=pool.id)["Users"] == []


def test_timed_out_call_does_not_act(pool: Emulator) -> None:
    with pool.cognito.outages.time_out("SignUp"), pytest.raises(ReadTimeoutError):
        pool.sign_up("ada")
    assert pool.aws.list_users(UserPoolId=pool.id)["Users"] == []


def test_call_whose_answer_is_lost_has_acted(pool: Emulator) -> None:
    with pool.cognito.outages.lose_answer("SignUp"), pytest.raises(ConnectionClosedError):
        pool.sign_up("ada")
    assert pool.status("ada") == "UNCONFIRMED"


def test_other_operations_go_on(pool: Emulator) -> None:
    pool.cognito.outages.fail("ForgotPassword", "TooManyRequestsException")
    pool.user("ada")


def test_star_is_any_operation(pool: Emulator) -> None:
    pool.cognito.outages.fail("*", "TooManyRequestsException", times=2)
    for call in (lambda: pool.sign_up("ada"), lambda: pool.log_in("ada")):
        with pytest.raises(pool.aws.exceptions.TooManyRequestsException):
            call()


def test_outage_ends_with_its_block(pool: Emulator) -> None:
    with (
        pool.cognito.outages.fail("SignUp", "TooManyRequestsException", times=9),
        pytest.raises(pool.aws.exceptions.TooManyRequestsException),
    ):
        pool.sign_up("ada")
    pool.sign_up("ada")


def test_block_that_meets_no_outage_fails(pool: Emulator) -> None:
    with (
        pytest.raises(OutageNotTriggered, match="fail SignUp"),
        pool.cognito.outages.fail("SignUp", "TooManyRequestsException"),
    ):
        pass


def test_block_keeps_its_own_error(pool: Emulator) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        pool.cognito.outages.fail("SignUp", "TooManyRequestsException"),
    ):
        raise ZeroDivisionError


def test_outages_can_be_cleared(pool: Emulator) -> None:
    pool.cognito.outages.fail("SignUp", "TooManyRequestsException", times=9)
    pool.cognito.outages.clear()
    pool.sign_up("ada")


def test_misspelt_operation_is_refused(pool: Emulator) -> None:
    with pytest.raises(ValueError, match="no operation 'sign_up'"):
        pool.cognito.outages.fail("sign_up", "TooManyRequestsException")


def test_misspelt_error_is_refused(pool: Emulator) -> None:
    with pytest.raises(ValueError, match="no error 'TooManyRequests'"):
        pool.cognito.outages.fail("SignUp", "TooManyRequests")


def test_outage_happens_at_least_once(pool: Emulator) -> None:
    with pytest.raises(ValueError, match="0 times"):
        pool.cognito.outages.time_out("SignUp", times=0)


def test_botocore_retries_through_an_outage(
    pool: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retrying is botocore's own and happens in both modes."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    retrying = pool.cognito.client(Config(retries={"mode": "standard", "total_max_attempts": 3}))
    pool.cognito.outages.fail("ListUsers", "TooManyRequestsException", times=2)
    answer = retrying.list_users(UserPoolId=pool.id)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_lost_answer_and_a_retry_say_that_the_name_is_taken(
    pool: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SignUp is not idempotent: this is why a service must not let botocore retry it."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    retrying = pool.cognito.client(Config(retries={"mode": "standard", "total_max_attempts": 2}))
    pool.cognito.outages.lose_answer("SignUp")
    pool.aws = retrying
    try:
        with pytest.raises(retrying.exceptions.UsernameExistsException):
            pool.sign_up("ada")
    finally:
        pool.aws = pool.cognito.client()


def test_something_happens_between_a_call_and_its_answer(pool: Emulator) -> None:
    pool.sign_up("ada")
    seen: list[str] = []
    with pool.cognito.outages.meanwhile("SignUp", lambda: seen.append(pool.status("grace"))):
        pool.sign_up("grace")
    assert seen == ["UNCONFIRMED"]


def test_something_happens_before_a_call_acts(pool: Emulator) -> None:
    taken: list[str] = []

    def take() -> None:
        pool.sign_up("grace")
        taken.append(pool.status("grace"))

    with (
        pool.cognito.outages.beforehand("SignUp", take),
        pytest.raises(pool.aws.exceptions.UsernameExistsException),
    ):
        pool.sign_up("grace")
    assert taken == ["UNCONFIRMED"]


def test_something_happens_between_a_call_and_the_loss_of_its_answer(pool: Emulator) -> None:
    pool.sign_up("ada")
    seen: list[str] = []
    lost = pool.cognito.outages.meanwhile(
        "SignUp", lambda: seen.append(pool.status("grace")), is_answered=False
    )
    with lost, pytest.raises(ConnectionClosedError):
        pool.sign_up("grace")
    assert seen == ["UNCONFIRMED"]


def test_what_breaks_meanwhile_is_raised_at_the_end_of_the_block(pool: Emulator) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        pool.cognito.outages.meanwhile("SignUp", lambda: 1 // 0),
    ):
        pool.sign_up("ada")
    assert pool.status("ada") == "UNCONFIRMED"
