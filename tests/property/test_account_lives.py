"""Whole lives of accounts, in any order, with any outage, and whatever the pool's options are."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from apiproof.environment import Environment
from tests.property.account_machine import AccountMachine
from tests.property.strategies import few
from tests.service import SERVICE

STEPS, BRIEFLY = 25, 15
OPTIONS: dict[str, dict[str, Any]] = {
    "refresh tokens rotate": {
        "pool_client": {
            # AWS allows no REFRESH_TOKEN_AUTH beside it.
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
        }
    },
    "addresses are names as well, and unknown users are told": {
        "pool": {"AliasAttributes": ["email"]},
        "pool_client": {"PreventUserExistenceErrors": "LEGACY"},
    },
    "addresses are the names": {"pool": {"UsernameAttributes": ["email"]}},
    "names have their case": {"pool": {"UsernameConfiguration": {"CaseSensitive": True}}},
    "tokens cannot be revoked": {"pool_client": {"EnableTokenRevocation": False}},
}


class BriefLives(AccountMachine):
    """A few lives, so that only what comes often comes at all."""

    REACH: ClassVar[Mapping[str, float]] = {
        "POST /users/login 200": 0.2,
        "POST /users/refresh 200": 0.1,
        "an outage of Cognito meets a request": 0.1,
    }


@pytest.mark.parametrize("half", ["one", "the other"])
def test_accounts_live_as_the_model_says_whatever_goes_away(env: Environment, half: str) -> None:
    """Planted: lost sign-ups not withdrawn; a reset, then a logout, that leaves sessions open.

    After every step the model, the pool, the database and the tokens agree; when outages are over,
    whoever tries again gets in and no orphan is left; nothing is ever a 500.
    """

    def one() -> AccountMachine:
        return AccountMachine(env)

    def other() -> AccountMachine:  # a name of its own, so that other lives are drawn
        return AccountMachine(env)

    run_state_machine_as_test(
        one if half == "one" else other,  # type: ignore[arg-type]  # any factory will do
        settings=settings(few(0.35), stateful_step_count=STEPS),
    )


@pytest.mark.parametrize("options", OPTIONS)
def test_accounts_live_as_the_model_says_under_other_options_of_the_pool(options: str) -> None:
    """Planted: the refresh token of before is given out again, where they rotate."""
    with Environment.open(dataclasses.replace(SERVICE, **OPTIONS[options])) as env:
        run_state_machine_as_test(
            lambda: BriefLives(env),  # type: ignore[arg-type]  # any factory will do
            settings=settings(few(0.2), stateful_step_count=BRIEFLY),
        )
