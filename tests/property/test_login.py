"""Login: who does not get in learns nothing of who exists."""

from collections.abc import Callable

import pytest
import requests
from hypothesis import assume, given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.strategies import Signup
from apiproof.strategies.reach import premise
from tests.property.strategies import NEW_PASSWORDS, USERNAMES, USERS, few, spellings
from tests.property.visitor import PASSWORD, Visitor, somebody


def _verified(visitor: Visitor) -> None:
    visitor.settle(somebody())


def _waiting(visitor: Visitor) -> None:
    assert visitor.sign_up(somebody()).status_code == 201


def _deleted(visitor: Visitor) -> None:
    token = visitor.settle(somebody())["access_token"]
    assert visitor.delete_me(token).status_code == 204


def _disabled(visitor: Visitor) -> None:
    visitor.settle(somebody())
    visitor.script.act("An operator disables ada.", "python -m api.admin disable ada")
    assert visitor.env.service.disable is not None
    visitor.env.service.disable(visitor.env.config, "ada")


STATES = [_verified, _waiting, _deleted, _disabled]


def _told(answer: requests.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("state", STATES)
@few(0.25)
@given(stranger=USERNAMES, password=NEW_PASSWORDS, attempts=st.sampled_from([1, 2, 7]))
def test_an_unknown_user_and_a_wrong_password_are_answered_alike(
    env: Environment, state: Callable[[Visitor], None], stranger: str, password: str, attempts: int
) -> None:
    """Planted: a wrong password answered with 404; the lock-out answered otherwise."""
    assume(stranger.lower() != "ada" and password != PASSWORD)
    env.reset()
    visitor = Visitor(env)
    state(visitor)
    known = [_told(visitor.log_in("ada", password)) for _ in range(attempts)]
    unknown = _told(visitor.log_in(stranger, password))
    assert unknown[0] == 401
    assert known == [unknown] * attempts


@given(user=USERS, data=st.data())
def test_every_spelling_of_the_name_opens_the_same_account(
    env: Environment, user: Signup, data: st.DataObject
) -> None:
    """Planted: a pool that compares names with their case."""
    env.reset()
    visitor = Visitor(env)
    tokens = visitor.settle(user)
    spelt = data.draw(spellings(user.username))
    premise("the name is spelt otherwise", spelt != user.username, share=0.4)
    again = visitor.log_in(spelt, user.password)
    assert again.status_code == 200
    assert (
        visitor.me(again.json()["access_token"]).json() == visitor.me(tokens["access_token"]).json()
    )
