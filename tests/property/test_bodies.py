"""Hostile bodies: refused as the document says, and nothing changes."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.service import Account
from apiproof.strategies import Fault, hostile_bodies, possible_faults
from apiproof.strategies.reach import premise
from tests.property.api_driver import PASSWORD, ApiDriver
from tests.property.snapshots import snapshots
from tests.property.strategies import few


@dataclass(frozen=True)
class Operation:
    """An operation with a body that is good but for what an environment must know."""

    path: str
    body: dict[str, Any]
    authenticated: bool = False


OPERATIONS = {
    "signup": Operation(
        "/users/signup",
        {"username": "ada", "email": "ada@example.com", "password": PASSWORD},
    ),
    "verify": Operation("/users/verify", {"username": "ada", "confirmation_code": "123456"}),
    "resend": Operation("/users/resend_confirmation_code", {"username": "ada"}),
    "refresh": Operation("/users/refresh", {"username": "ada", "refresh_token": "abc.def"}),
    "forgot": Operation("/users/forgot_password", {"username": "ada"}),
    "reset": Operation(
        "/users/reset_password",
        {"username": "ada", "confirmation_code": "123456", "new_password": PASSWORD},
    ),
    "change": Operation(
        "/users/change_password",
        {"current_password": PASSWORD, "new_password": "Staple-8-Correct"},
        authenticated=True,
    ),
    "draw": Operation("/randoms", {"min_value": 1, "max_value": 6}, authenticated=True),
}
# JSON parsers take the last of two members of one name, and then the body is good.
GOOD_AFTER_ALL = {Fault.DUPLICATE_KEYS}


@pytest.fixture
def account(env: Environment) -> Account:
    return env.new_account()


@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
def test_a_hostile_body_is_refused_and_changes_nothing(
    env: Environment, account: Account, name: str, data: st.DataObject
) -> None:
    """Planted: unknown members ignored; a text of digits taken for a number."""
    operation = OPERATIONS[name]
    faults = [fault for fault in possible_faults(operation.body) if fault not in GOOD_AFTER_ALL]
    body = data.draw(hostile_bodies(operation.body, data.draw(st.sampled_from(faults))))
    premise("a member is at fault", body.key, share=0.25)
    premise("the whole body is at fault", not body.key, share=0.25)
    before = snapshots(env)
    answer = ApiDriver(env).call(
        "POST",
        operation.path,
        token=account.access_token if operation.authenticated else None,
        data=body.data,
        headers=dict(body.headers),
    )
    assert answer.status_code == (413 if body.fault is Fault.HUGE else 422)
    assert answer.json()["detail"]
    assert snapshots(env) == before


@few(0.5)
@given(body=hostile_bodies(OPERATIONS["signup"].body, Fault.DUPLICATE_KEYS))
def test_of_two_members_of_one_name_the_last_counts(env: Environment, body: Any) -> None:
    """Planted: a JSON parser that takes the first of two."""
    premise("the name is said twice", body.key == "username", share=0.1)
    env.reset()
    driver = ApiDriver(env)
    answer = driver.call("POST", "/users/signup", data=body.data, headers=dict(body.headers))
    assert answer.status_code == 201
    assert set(snapshots(env).accounts) == {"ada"}
