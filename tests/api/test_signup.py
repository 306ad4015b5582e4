"""What the inside shows of half-done sign-ups: rows here, accounts there."""

from collections.abc import Callable
from typing import Any

import pytest

from api.identity.cognito import Cognito
from tests.subject import PASSWORD
from understudy.world import World

Between = Callable[[Callable[[], Any]], None]


def sign_up(world: World, username: str = "ada", email: str = "ada@example.com") -> Any:
    body = {"username": username, "email": email, "password": PASSWORD}
    return world.client.request("POST", "/users/signup", json=body)


def log_in(world: World, username: str) -> Any:
    form = {"username": username, "password": PASSWORD}
    return world.client.request("POST", "/users/login", data=form)


def status(world: World, username: str) -> str | None:
    try:
        answer = world.aws.admin_get_user(UserPoolId=world.cognito.user_pool_id, Username=username)
    except world.aws.exceptions.UserNotFoundException:
        return None
    return str(answer["UserStatus"])


def forget(world: World, username: str) -> None:
    world.aws.admin_delete_user(UserPoolId=world.cognito.user_pool_id, Username=username)


@pytest.fixture
def after_sign_up(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Let something happen between Cognito's answer to a sign-up and the commit."""

    def plan(act: Callable[[], Any]) -> None:
        real = Cognito.sign_up

        def sign_up(self: Cognito, username: str, password: str, email: str) -> str:
            sub = real(self, username, password, email)
            act()
            return sub

        monkeypatch.setattr(Cognito, "sign_up", sign_up)

    return plan


def test_a_commit_that_fails_withdraws_the_account(world: World, after_sign_up: Between) -> None:
    after_sign_up(lambda: world.database.kill_connections("randomizer-api"))
    assert sign_up(world).status_code == 503
    assert (status(world, "ada"), world.database.tables()["users"]) == (None, 0)


def test_a_process_that_dies_before_the_commit_leaves_what_the_next_sign_up_mends(
    world: World,
    after_sign_up: Between,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    after_sign_up(die)
    with pytest.raises(KeyboardInterrupt):
        sign_up(world)
    assert (status(world, "ada"), world.database.tables()["users"]) == ("UNCONFIRMED", 0)
    monkeypatch.undo()
    assert sign_up(world).status_code == 201
    assert (status(world, "ada"), world.database.tables()["users"]) == ("UNCONFIRMED", 1)


def test_a_stale_row_makes_way_for_its_name_and_for_its_address(world: World) -> None:
    assert sign_up(world, "ada", "ada@example.com").status_code == 201
    assert sign_up(world, "grace", "grace@example.com").status_code == 201
    forget(world, "ada")
    forget(world, "grace")
    assert sign_up(world, "ada", "grace@example.com").status_code == 201
    assert world.database.tables()["users"] == 1


def test_a_first_login_writes_the_row_that_is_missing(world: World) -> None:
    sub = world.cognito.create_user("ada", "ada@example.com", PASSWORD)
    assert log_in(world, "ada").status_code == 200
    profile = world.client.request("GET", f"/users/{sub}").json()
    assert profile == {"sub": sub, "username": "ada", "email": "ada@example.com"}


def test_a_login_replaces_the_row_of_an_earlier_account(world: World) -> None:
    sign_up(world)
    forget(world, "ada")
    sub = world.cognito.create_user("ada", "ada@example.com", PASSWORD)
    assert log_in(world, "ada").status_code == 200
    assert world.client.request("GET", f"/users/{sub}").status_code == 200
    assert world.database.tables()["users"] == 1


def test_an_address_that_is_another_users_cannot_be_adopted(world: World) -> None:
    sign_up(world)
    world.cognito.create_user("grace", "ADA@example.com", PASSWORD)
    assert log_in(world, "grace").status_code == 409
    assert world.database.tables()["users"] == 1
