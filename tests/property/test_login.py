"""Login: who does not get in learns nothing of who exists."""

from collections.abc import Callable

import pytest
import requests
from hypothesis import assume, example, given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.strategies import Signup
from apiproof.strategies.reach import premise
from tests.property.api_driver import PASSWORD, ApiDriver, somebody
from tests.property.strategies import NEW_PASSWORDS, USERNAMES, USERS, few, spellings


def _verified(driver: ApiDriver) -> None:
    driver.settle(somebody())


def _waiting(driver: ApiDriver) -> None:
    assert driver.sign_up(somebody()).status_code == 201


def _deleted(driver: ApiDriver) -> None:
    token = driver.settle(somebody())["access_token"]
    assert driver.delete_me(token).status_code == 204


def _disabled(driver: ApiDriver) -> None:
    driver.settle(somebody())
    driver.script.act("An operator disables ada.", "python -m api.admin disable ada")
    assert driver.env.service.disable is not None
    driver.env.service.disable(driver.env.config, "ada")


STATES = [_verified, _waiting, _deleted, _disabled]


def _told(answer: requests.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("state", STATES)
@few(0.25)
@given(stranger=USERNAMES, password=NEW_PASSWORDS, attempts=st.sampled_from([1, 2, 7]))
@example(stranger="nobody", password="Staple-8-Correct-Horse", attempts=7)
def test_an_unknown_user_and_a_wrong_password_are_answered_alike(
    env: Environment,
    state: Callable[[ApiDriver], None],
    stranger: str,
    password: str,
    attempts: int,
) -> None:
    """Planted: a wrong password answered with 404; the lock-out answered otherwise."""
    assume(stranger.lower() != "ada" and password != PASSWORD)
    env.reset()
    driver = ApiDriver(env)
    state(driver)
    premise("failures lock the account out", attempts > 5, share=0.05)
    known = [_told(driver.log_in("ada", password)) for _ in range(attempts)]
    unknown = _told(driver.log_in(stranger, password))
    assert unknown[0] == 401
    assert known == [unknown] * attempts


@given(user=USERS, data=st.data())
def test_every_spelling_of_the_name_opens_the_same_account(
    env: Environment, user: Signup, data: st.DataObject
) -> None:
    """Planted: a pool that compares names with their case."""
    env.reset()
    driver = ApiDriver(env)
    tokens = driver.settle(user)
    spelt = data.draw(spellings(user.username))
    premise("the name is spelt otherwise", spelt != user.username, share=0.4)
    again = driver.log_in(spelt, user.password)
    assert again.status_code == 200
    assert (
        driver.me(again.json()["access_token"]).json() == driver.me(tokens["access_token"]).json()
    )
