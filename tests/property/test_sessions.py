"""Sessions: over is over for ever, and what is not over goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.strategies import Signup
from apiproof.strategies.reach import premise
from tests.property.strategies import USERS, few, spellings
from tests.property.visitor import PASSWORD, RESET, Visitor, somebody

Tokens = dict[str, Any]
OTHER_PASSWORD = "Staple-8-Correct-Horse"


def _log_in(visitor: Visitor, _: Tokens) -> None:
    assert visitor.log_in("ada", PASSWORD).status_code == 200


def _log_out_again(visitor: Visitor, _: Tokens) -> None:
    assert visitor.log_out(visitor.session(somebody())["access_token"]).status_code == 200


def _refresh_another(visitor: Visitor, _: Tokens) -> None:
    session = visitor.session(somebody())
    assert visitor.refresh("ada", session["refresh_token"]).status_code == 200


def _refresh_the_old(visitor: Visitor, old: Tokens) -> None:
    assert visitor.refresh("ada", old["refresh_token"]).status_code == 401


def _rotate(visitor: Visitor, _: Tokens) -> None:
    visitor.script.control("The pool changes its keys.", "keys/rotate", {})
    visitor.env.cognito.keys.rotate()


def _rename(visitor: Visitor, _: Tokens) -> None:
    token = visitor.session(somebody())["access_token"]
    body = {"full_name": "Ada Lovelace"}
    assert visitor.call("PATCH", "/users/me", token=token, json=body).status_code == 200


def _change_password_back_and_forth(visitor: Visitor, _: Tokens) -> None:
    token = visitor.session(somebody())["access_token"]
    assert visitor.change_password(token, PASSWORD, OTHER_PASSWORD).status_code == 200
    assert visitor.change_password(token, OTHER_PASSWORD, PASSWORD).status_code == 200


ACTS: list[Callable[[Visitor, Tokens], None]] = [
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
    env: Environment, *, acts: list[Callable[[Visitor, Tokens], None]], reset: bool
) -> None:
    """Planted: the sign-out forgotten at the next login; a login of the same second shut.

    Both ways out are drawn: logging out, and setting a new password with a mailed code.
    """
    env.reset()
    visitor = Visitor(env)
    old = visitor.settle(somebody())
    if reset:
        assert visitor.forgot("ada").status_code == 200
        assert visitor.reset("ada", visitor.code("ada", RESET), PASSWORD).status_code == 200
    else:
        assert visitor.log_out(old["access_token"]).status_code == 200
    fresh = visitor.session(somebody())
    assert visitor.me(fresh["access_token"]).status_code == 200
    both = {_log_in, _log_out_again} <= {*acts}
    premise("a new login and another sign-out follow", both, share=0.05)
    premise("the way out is a reset", reset, share=0.25)
    premise("much follows", len(acts) > 2, share=0.25)
    for act in acts:
        act(visitor, old)
        assert visitor.me(old["access_token"]).status_code == 401


@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_no_password_is_reset_by_the_sub(env: Environment, spell: Callable[[str], str]) -> None:
    """Cognito finds accounts by their sub, too: their sessions would stay open."""
    visitor = Visitor(env)
    tokens = visitor.settle(somebody())
    sub = spell(visitor.me(tokens["access_token"]).json()["sub"])
    assert visitor.forgot("ada").status_code == 200
    code = visitor.code("ada", RESET)
    assert visitor.forgot(sub).status_code == 422
    assert visitor.reset(sub, code, OTHER_PASSWORD).status_code == 422
    assert visitor.log_in(sub, PASSWORD).status_code == 422
    assert visitor.session(somebody())


@given(user=USERS, data=st.data(), times=st.integers(1, 3))
def test_refresh_keeps_the_identity(
    env: Environment, user: Signup, data: st.DataObject, times: int
) -> None:
    """Planted: the secret hash made of the name as typed."""
    env.reset()
    visitor = Visitor(env)
    tokens = visitor.settle(user)
    before = visitor.me(tokens["access_token"]).json()
    for _ in range(times):
        name = data.draw(spellings(user.username))
        premise("the name is spelt otherwise", name != user.username, share=0.4)
        answer = visitor.refresh(name, tokens["refresh_token"])
        assert answer.status_code == 200
        assert answer.json()["access_token"] != tokens["access_token"]
        tokens = answer.json()
        assert visitor.me(tokens["access_token"]).json() == before


STEPS = ["rotate-login", "rotate-refresh", "rotate-use", "rotate-rotate", "login", "refresh"]


@few(0.5)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=8))
def test_key_rotation_interrupts_nobody(env: Environment, steps: list[str]) -> None:
    """Planted: an unknown kid refused without a look at the pool's keys; old keys forgotten."""
    env.reset()
    visitor = Visitor(env)
    sessions = [visitor.settle(somebody())]
    premise("a login follows a rotation", "rotate-login" in steps, share=0.2)
    premise("a refresh follows a rotation", "rotate-refresh" in steps, share=0.2)
    premise("there are several rotations", len([s for s in steps if "rotate" in s]) > 1, share=0.2)
    for step in (part for each in [*steps, "use"] for part in each.split("-")):
        if step == "rotate":
            _rotate(visitor, {})
        elif step == "login":
            sessions.append(visitor.session(somebody()))
        elif step == "refresh":
            answer = visitor.refresh("ada", sessions[-1]["refresh_token"])
            assert answer.status_code == 200
            sessions.append(answer.json())
        for tokens in sessions:
            assert visitor.me(tokens["access_token"]).status_code == 200
