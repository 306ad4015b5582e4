"""What the inside shows of half-done sign-ups: rows here, accounts there."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from api.identity.cognito import Cognito
from apiproof.environment import Environment
from tests.service import PASSWORD

Between = Callable[[Callable[[], Any]], None]


def sign_up(env: Environment, username: str = "ada", email: str = "ada@example.com") -> Any:
    body = {"username": username, "email": email, "password": PASSWORD}
    return env.client.request("POST", "/users/signup", json=body)


def log_in(env: Environment, username: str) -> Any:
    form = {"username": username, "password": PASSWORD}
    return env.client.request("POST", "/users/login", data=form)


def status(env: Environment, username: str) -> str | None:
    try:
        answer = env.aws.admin_get_user(UserPoolId=env.cognito.user_pool_id, Username=username)
    except env.aws.exceptions.UserNotFoundException:
        return None
    return str(answer["UserStatus"])


def forget(env: Environment, username: str) -> None:
    env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username=username)


REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE query_canceled; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()
"""


def run(env: Environment, sql: str) -> int:
    with (
        closing(psycopg2.connect(env.database.libpq_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return cursor.rowcount


def expire_reservations(env: Environment) -> None:
    assert run(env, "UPDATE users SET reserved_until = now() WHERE reserved_until > now()") == 1


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


def test_a_commit_that_fails_withdraws_the_account(
    env: Environment, after_sign_up: Between
) -> None:
    after_sign_up(lambda: run(env, REFUSING))
    assert sign_up(env).status_code == 503
    run(env, "DROP FUNCTION refuse CASCADE")
    assert (status(env, "ada"), env.database.tables()["users"]) == (None, 0)


def test_a_process_that_dies_before_the_commit_leaves_what_the_next_sign_up_mends(
    env: Environment,
    after_sign_up: Between,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    after_sign_up(die)
    with pytest.raises(KeyboardInterrupt):
        sign_up(env)
    # The name is reserved until the sign-up cannot be under way any more.
    assert (status(env, "ada"), env.database.tables()["users"]) == ("UNCONFIRMED", 1)
    monkeypatch.undo()
    assert sign_up(env).status_code == 409
    expire_reservations(env)
    assert sign_up(env).status_code == 201
    assert (status(env, "ada"), env.database.tables()["users"]) == ("UNCONFIRMED", 1)


def test_a_stale_row_makes_way_for_its_name_and_for_its_address(env: Environment) -> None:
    assert sign_up(env, "ada", "ada@example.com").status_code == 201
    assert sign_up(env, "grace", "grace@example.com").status_code == 201
    forget(env, "ada")
    forget(env, "grace")
    assert sign_up(env, "ada", "grace@example.com").status_code == 201
    assert env.database.tables()["users"] == 1


def test_a_first_login_writes_the_row_that_is_missing(env: Environment) -> None:
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    assert log_in(env, "ada").status_code == 200
    profile = env.client.request("GET", f"/users/{sub}").json()
    assert profile == {"sub": sub, "username": "ada", "email": "ada@example.com"}


def test_a_login_replaces_the_row_of_an_earlier_account(env: Environment) -> None:
    sign_up(env)
    forget(env, "ada")
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    assert log_in(env, "ada").status_code == 200
    assert env.client.request("GET", f"/users/{sub}").status_code == 200
    assert env.database.tables()["users"] == 1


def test_an_address_that_is_another_users_cannot_be_adopted(env: Environment) -> None:
    sign_up(env)
    env.cognito.create_user("grace", "ADA@example.com", PASSWORD)
    assert log_in(env, "grace").status_code == 409
    assert env.database.tables()["users"] == 1
