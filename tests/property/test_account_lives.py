"""Whole lives of accounts, in any order and with any outage."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from apiproof.environment import Environment
from tests.property.account_machine import AccountMachine
from tests.property.strategies import few


def test_accounts_live_as_the_model_says_whatever_goes_away(env: Environment) -> None:
    """Planted: lost sign-ups not withdrawn; a reset, then a logout, that leaves sessions open.

    After every step the model, the pool, the database and the tokens agree; when outages are over,
    whoever tries again gets in and no orphan is left; nothing is ever a 500.
    """
    run_state_machine_as_test(
        lambda: AccountMachine(env),  # type: ignore[arg-type]  # any factory will do
        settings=settings(few(0.9), stateful_step_count=25),
    )
