"""Sessions: over is over for ever, and what is not over goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.strategies import Signup
from apiproof.strategies.reach import premise
from tests.property.api_driver import PASSWORD, RESET, ApiDriver, somebody
from tests.property.strategies import USERS, few, spellings

Tokens = dict[str, Any]
OTHER_PASSWORD = "Staple-8-Correct-Horse"


def _log_in(driver: ApiDriver, _: Tokens) -> None:
    assert driver.log_in("ada", PASSWORD).status_code == 200


def _log_out_again(driver: ApiDriver, _: Tokens) -> None:
    assert driver.log_out(driver.session(somebody())["access_token"]).status_code == 200


def _refresh_another(driver: ApiDriver, _: Tokens) -> None:
    session = driver.session(somebody())
    assert driver.refresh("ada", session["refresh_token"]).status_code == 200


def _refresh_the_old(driver: ApiDriver, old: Tokens) -> None:
    assert driver.refresh("ada", old["refresh_token"]).status_code == 401


def _rotate(driver: ApiDriver, _: Tokens) -> None:
    driver.script.control("The pool changes its keys.", "keys/rotate", {})
    driver.env.cognito.keys.rotate()


def _rename(driver: ApiDriver, _: Tokens) -> None:
    token = driver.session(somebody())["access_token"]
    body = {"full_name": "Ada Lovelace"}
    assert driver.call("PATCH", "/users/me", token=token, json=body).status_code == 200


def _change_password_back_and_forth(driver: ApiDriver, _: Tokens) -> None:
    token = driver.session(somebody())["access_token"]
    assert driver.change_password(token, PASSWORD, OTHER_PASSWORD).status_code == 200
    assert driver.change_password(token, OTHER_PASSWORD, PASSWORD).status_code == 200


ACTS: list[Callable[[ApiDriver, Tokens], None]] = [
    _log_in,
    _log_out_again,
    _refresh_another,
    _refresh_the_old,
    _rotate,
    _rename,
    _change_password_back_and_forth,
]


@few(0.75)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=5, unique=True), reset=st.booleans())
def test_a_signed_out_token_stays_out_whatever_happens_and_a_new_login_works_at_once(
    env: Environment, *, acts: list[Callable[[ApiDriver, Tokens], None]], reset: bool
) -> None:
    """Planted: the sign-out forgotten at the next login; a login of the same second shut.

    Both ways out are drawn: logging out, and setting a new password with a mailed code.
    """
    env.reset()
    driver = ApiDriver(env)
    old = driver.settle(somebody())
    if reset:
        assert driver.forgot("ada").status_code == 200
        assert driver.reset("ada", driver.code("ada", RESET), PASSWORD).status_code == 200
    else:
        assert driver.log_out(old["access_token"]).status_code == 200
    fresh = driver.session(somebody())
    assert driver.me(fresh["access_token"]).status_code == 200
    both = {_log_in, _log_out_again} <= {*acts}
    premise("a new login and another sign-out follow", both, share=0.05)
    premise("the way out is a reset", reset, share=0.25)
    premise("much follows", len(acts) > 2, share=0.25)
    for act in acts:
        act(driver, old)
        assert driver.me(old["access_token"]).status_code == 401


@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_no_password_is_reset_by_the_sub(env: Environment, spell: Callable[[str], str]) -> None:
    """Cognito finds accounts by their sub, too: their sessions would stay open."""
    driver = ApiDriver(env)
    tokens = driver.settle(somebody())
    sub = spell(driver.me(tokens["access_token"]).json()["sub"])
    assert driver.forgot("ada").status_code == 200
    code = driver.code("ada", RESET)
    assert driver.forgot(sub).status_code == 422
    assert driver.reset(sub, code, OTHER_PASSWORD).status_code == 422
    assert driver.log_in(sub, PASSWORD).status_code == 422
    assert driver.session(somebody())


@given(user=USERS, data=st.data(), times=st.integers(1, 3))
def test_refresh_keeps_the_identity(
    env: Environment, user: Signup, data: st.DataObject, times: int
) -> None:
    """Planted: the secret hash made of the name as typed."""
    env.reset()
    driver = ApiDriver(env)
    tokens = driver.settle(user)
    before = driver.me(tokens["access_token"]).json()
    for _ in range(times):
        name = data.draw(spellings(user.username))
        premise("the name is spelt otherwise", name != user.username, share=0.4)
        answer = driver.refresh(name, tokens["refresh_token"])
        assert answer.status_code == 200
        assert answer.json()["access_token"] != tokens["access_token"]
        tokens = answer.json()
        assert driver.me(tokens["access_token"]).json() == before


STEPS = ["rotate-login", "rotate-refresh", "rotate-use", "rotate-rotate", "login", "refresh"]


@few(0.5)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=8))
def test_key_rotation_interrupts_nobody(env: Environment, steps: list[str]) -> None:
    """Planted: an unknown kid refused without a look at the pool's keys; old keys forgotten."""
    env.reset()
    driver = ApiDriver(env)
    sessions = [driver.settle(somebody())]
    premise("a login follows a rotation", "rotate-login" in steps, share=0.2)
    premise("a refresh follows a rotation", "rotate-refresh" in steps, share=0.2)
    premise("there are several rotations", len([s for s in steps if "rotate" in s]) > 1, share=0.2)
    for step in (part for each in [*steps, "use"] for part in each.split("-")):
        if step == "rotate":
            _rotate(driver, {})
        elif step == "login":
            sessions.append(driver.session(somebody()))
        elif step == "refresh":
            answer = driver.refresh("ada", sessions[-1]["refresh_token"])
            assert answer.status_code == 200
            sessions.append(answer.json())
        for tokens in sessions:
            assert driver.me(tokens["access_token"]).status_code == 200
