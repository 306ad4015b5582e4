"""Whatever one user does concerns nobody else, whoever came before or after in whatever order."""

from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.service import Account, SeedUser
from tests.contract.test_credentials import logged_in
from tests.contract.valid_requests import OPERATIONS, bearer, create, valid
from tests.service import PASSWORD

NAMES = ("0before", "middle", "zafter")  # by name; they also move in in this order


def settle(env: Environment, name: str) -> Account:
    return env.create_user(SeedUser(name, f"{name}@example.org", PASSWORD))


def seen(env: Environment, user: Account) -> list[Any]:
    """What there is of a user, to others and to themselves; a new login is part of it."""
    headers = bearer(user.access_token)
    paths = ("/users/me", "/randoms", f"/users/{user.sub}")
    answers = [env.client.request("GET", path, headers=headers) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths), user.username
    form = {"username": user.username, "password": user.password}
    assert env.client.request("POST", "/users/login", data=form).status_code == 200
    body = {"username": user.username, "refresh_token": user.refresh_token}
    assert env.client.request("POST", "/users/refresh", json=body).status_code == 200
    return [answer.json() for answer in answers]


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_one_user_does_leaves_all_others_as_they_were(env: Environment, name: str) -> None:
    before, middle, after = (settle(env, each) for each in NAMES)
    for user in (before, middle, after):
        create(env, user)
    # After a sign-out a session is let in by its name, for its time alone would not tell.
    assert valid(env, "logout_user", after).send(env.client).status_code == 200
    after = logged_in(env.client, after)
    expected = [seen(env, user) for user in (before, after)]
    assert valid(env, name, middle).send(env.client).ok
    assert [seen(env, user) for user in (before, after)] == expected
