"""Crash consistency: whatever fails between Cognito's answer and the commit, accounts recover."""

import itertools

import pytest

from apiproof.environment import Environment
from tests.property.account_requests import ADA, SCENARIOS, use_or_recreate
from tests.property.api_driver import PASSWORD, ApiDriver
from tests.property.faults import Fault, intercepted
from tests.property.repro_script import Script
from tests.property.snapshots import snapshots

# What the API may say of a fault: it failed for now, or it could cope.
FOR_NOW = {429, 503}


def _calls_of(env: Environment, name: str) -> list[str]:
    """Listen to the calls to Cognito that a request makes when all is well."""
    driver = ApiDriver(env)
    request = SCENARIOS[name].before(driver)
    with intercepted(env) as undisturbed:
        answer = request()
    assert answer.status_code < 300
    return undisturbed.calls


def _can_write(faults: dict[int, Fault]) -> bool:
    """Tell whether a request can take back what it wrote."""
    cut_off = {Fault.DATABASE_GONE, Fault.DEAD_BEFORE, Fault.DEAD_AFTER}
    return cut_off.isdisjoint(faults.values())


def _survive(env: Environment, name: str, faults: dict[int, Fault]) -> None:
    driver = ApiDriver(env, script=Script())
    request = SCENARIOS[name].before(driver)
    try:
        for number, fault in faults.items():
            driver.script.act(f"From here: {fault}, at call {number + 1} to Cognito.")
        with intercepted(env, faults) as disturbed:
            answer = request()
        assert len(disturbed.calls) > max(faults), "the fault was never met"
        assert answer.status_code < 300 or answer.status_code in FOR_NOW
        driver.script.act("All is well again.")
        if name.startswith("sign-up") and answer.status_code >= 300 and _can_write(faults):
            assert driver.sign_up(ADA).status_code == 201, "the name is not free at once"
        use_or_recreate(driver, SCENARIOS[name].passwords)
        assert not snapshots(env).orphans
    except AssertionError as error:
        error.add_note(driver.script.text)
        raise


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower().replace("_", "-"))
@pytest.mark.parametrize("name", SCENARIOS)
def test_an_account_is_usable_or_recreatable_whatever_fails_at_any_call(
    env: Environment, name: str, fault: Fault
) -> None:
    """Planted: an orphan account in the way of a sign-up refused instead of removed.

    Every call to Cognito that the request makes is a fault point, and each fault happens at each.
    """
    calls = _calls_of(env, name)
    assert calls
    for number in range(len(calls)):
        env.reset()
        _survive(env, name, {number: fault})


# What calls for a withdrawal or a check, at which call, and what then fails at which later one.
FAULTS_OF_A_CURE: dict[str, list[tuple[Fault, int, list[int], list[Fault]]]] = {
    "sign-up": [
        (Fault.LOST, 0, [1, 2], [Fault.UNANSWERED, Fault.LOST, Fault.DATABASE_GONE]),
        (Fault.DATABASE_GONE, 0, [1, 2], [Fault.UNANSWERED, Fault.LOST]),
    ],
    "sign-up-over-an-orphan": [(Fault.LOST, 3, [4, 5], [Fault.UNANSWERED, Fault.LOST])],
    "reset-password": [(Fault.LOST, 0, [1], [Fault.LOST, Fault.DATABASE_GONE])],
}


@pytest.mark.parametrize("name", FAULTS_OF_A_CURE)
def test_an_account_is_usable_or_recreatable_whatever_fails_while_a_fault_is_made_good(
    env: Environment, name: str
) -> None:
    """Planted: what a withdrawal raises is answered in place of what it was for."""
    for first, number, later, seconds in FAULTS_OF_A_CURE[name]:
        for at, second in itertools.product(later, seconds):
            env.reset()
            _survive(env, name, {number: first, at: second})


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE], ids=["lost", "late"])
def test_a_sign_up_whose_answer_does_not_arrive_in_time_leaves_no_account(
    env: Environment, fault: Fault
) -> None:
    """At once, not only when the next sign-up makes way: the address is not kept from others."""
    request = SCENARIOS["sign-up"].before(ApiDriver(env))
    with intercepted(env, {0: fault}):
        assert request().status_code == 503
    assert env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"] == []


def test_a_signup_makes_the_calls_that_the_faults_are_meant_for(env: Environment) -> None:
    """The fault points are real: listening hears the calls between the insert and the commit."""
    assert _calls_of(env, "sign-up") == ["SignUp"]
    env.reset()
    assert _calls_of(env, "sign-up-over-an-orphan") == [
        "SignUp",
        "AdminGetUser",
        "AdminDeleteUser",
        "SignUp",
    ]


def test_a_token_of_a_deleted_account_never_deletes_the_next_one_of_that_name(
    env: Environment,
) -> None:
    """The regression: the account was deleted by its name, which someone else had by then."""
    driver = ApiDriver(env)
    token = driver.settle(ADA)["access_token"]
    outages = env.cognito.outages
    with outages.lose_answer("AdminDeleteUser"):
        assert driver.delete_me(token).status_code == 503
    # Someone else's sign-up, of which only Cognito knows: its process died before the commit.
    env.cognito.create_user("ada", "other@example.com", PASSWORD)
    newcomer = snapshots(env).accounts["ada"]["sub"]
    driver.delete_me(token)
    assert snapshots(env).accounts["ada"]["sub"] == newcomer
