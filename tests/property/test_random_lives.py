"""Random numbers of several users, in any order and with any outage."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from apiproof.environment import Environment
from tests.property.random_machine import RandomMachine
from tests.property.strategies import few


def test_items_live_as_the_model_says_and_nobody_sees_anothers(env: Environment) -> None:
    """Planted: an update that forgets the owner's filter; a page one item too long.

    After every step everyone's list is the model's, and no outage of Cognito is noticed.
    """
    run_state_machine_as_test(
        lambda: RandomMachine(env),  # type: ignore[arg-type]  # any factory will do
        settings=settings(few(0.7), stateful_step_count=25),
    )
