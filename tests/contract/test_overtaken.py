"""A login that Cognito has allowed, and that something overtakes before it is answered.

The order is forced in this process: a Post Authentication trigger runs between the two. The same in
a process of its own, with held connections and refreshes: live/test_overtaken_logins.py.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.service import Account
from tests.contract.valid_requests import Valid, bearer, valid
from tests.service import SERVICE

PATIENCE = 10.0  # seconds


def by_request(operation_id: str) -> Callable[[Environment, Account], Callable[[], None]]:
    def prepare(env: Environment, user: Account) -> Callable[[], None]:
        request = valid(env, operation_id, user)

        def end() -> None:
            with AsgiClient(env.application()) as another:
                assert request.send(another).status_code < 300

        return end

    return prepare


def by_operator(env: Environment, user: Account) -> Callable[[], None]:
    disable = SERVICE.disable
    assert disable is not None
    return lambda: disable(env.config, user.username)


ENDINGS = {
    "change_password": by_request("change_password"),
    "reset_password": by_request("reset_password"),
    "logout_user": by_request("logout_user"),
    "delete_me": by_request("delete_me"),
    "disable": by_operator,
}


@contextmanager
def between(env: Environment, act: Callable[[], None]) -> Iterator[list[bool]]:
    """Let something happen after Cognito has allowed the next sign-in, in another thread."""
    happened: list[bool] = []

    def overtake() -> None:
        act()
        happened.append(True)

    def handler(event: dict[str, object], _context: object) -> dict[str, object]:
        if not happened:
            happened.append(False)
            thread = threading.Thread(target=overtake)
            thread.start()
            thread.join(PATIENCE)
        return event

    env.cognito.triggers["PostAuthentication"] = handler
    try:
        yield happened
    finally:
        del env.cognito.triggers["PostAuthentication"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_login_that_is_overtaken_opens_nothing(env: Environment, ending: str) -> None:
    user = env.new_account()
    end = ENDINGS[ending](env, user)
    form = {"username": user.username, "password": user.password}
    with between(env, end) as happened:
        answer = env.client.request("POST", "/users/login", data=form)
    assert happened == [False, True], "nothing overtook the login"
    assert answer.status_code in {401, 503}, answer.status_code
    assert "access_token" not in answer.text


def test_a_login_that_nothing_overtakes_gets_in(env: Environment) -> None:
    """The control: somebody else's logout at the same moment is none of its business."""
    user, other = env.new_account(), env.new_account()
    with between(env, ENDINGS["logout_user"](env, other)) as happened:
        form = {"username": user.username, "password": user.password}
        answer = env.client.request("POST", "/users/login", data=form)
    assert happened == [False, True]
    assert answer.status_code == 200
    headers = bearer(answer.json()["access_token"])
    assert Valid("read_me", "/users/me", headers=headers).send(env.client).status_code == 200
