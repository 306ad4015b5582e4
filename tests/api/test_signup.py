"""What the inside shows of half-done sign-ups: rows here, accounts there."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from api.identity.cognito import Cognito
from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.contract.pool_changes import rows
from tests.service import PASSWORD, application

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


def run(env: Environment, sql: str, *parameters: object) -> int:
    with (
        closing(psycopg2.connect(env.database.libpq_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, parameters or None)
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


DAY = 86_400


def age(env: Environment, seconds: int) -> None:
    run(env, "UPDATE users SET created_at = now() - %s * interval '1 second'", seconds)


@pytest.mark.parametrize("wanted", [("ADA", "new@example.com"), ("new", "ada@example.com")])
def test_an_account_that_nobody_confirmed_in_a_day_makes_way(
    env: Environment, wanted: tuple[str, str]
) -> None:
    old = sign_up(env).json()["sub"]
    age(env, DAY - 60)
    assert sign_up(env, *wanted).status_code == 409
    age(env, DAY + 60)
    new = sign_up(env, *wanted)
    assert new.status_code == 201
    assert env.client.request("GET", f"/users/{old}").status_code == 404
    assert env.client.request("GET", f"/users/{new.json()['sub']}").status_code == 200
    assert env.database.tables()["users"] == 1
    users = env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"]
    assert [user["UserStatus"] for user in users] == ["UNCONFIRMED"]


def test_an_account_that_was_confirmed_never_makes_way(env: Environment) -> None:
    sign_up(env)
    code = env.code("ada")
    body = {"username": "ada", "confirmation_code": code}
    assert env.client.request("POST", "/users/verify", json=body).status_code == 200
    age(env, 400 * DAY)
    assert sign_up(env).status_code == 409
    assert log_in(env, "ada").status_code == 200


def test_a_name_whose_sign_up_was_cut_off_is_free_again_by_itself(
    env: Environment, after_sign_up: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After twice a request's deadline, by the database's clock, and not a moment before."""

    def die() -> None:
        raise KeyboardInterrupt

    after_sign_up(die)
    deadline = 30  # seconds
    with AsgiClient(application(env.config, request_deadline=deadline)) as client:
        body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
        ((begun,),) = rows(env, "SELECT clock_timestamp()")
        with pytest.raises(KeyboardInterrupt):
            client.request("POST", "/users/signup", json=body)
        monkeypatch.undo()
        ((until, ended),) = rows(env, "SELECT reserved_until, clock_timestamp() FROM users")
        life = timedelta(seconds=2 * deadline)
        assert begun + life <= until <= ended + life
        assert client.request("POST", "/users/signup", json=body).status_code == 409
        expire_reservations(env)
        assert client.request("POST", "/users/signup", json=body).status_code == 201


def test_a_stranger_does_not_keep_a_user_out_by_asking_for_the_name(env: Environment) -> None:
    """A reservation of the name of an account that has no row yet ends with the first login."""
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    run(
        env,
        "INSERT INTO users (sub, username, username_key, email, email_key, created_at, "
        "reserved_until) VALUES ('x', 'ADA', 'ada', 'eve@example.com', 'eve@example.com', now(), "
        "now() + interval '1 hour')",
    )
    assert log_in(env, "ada").status_code == 200
    assert env.client.request("GET", f"/users/{sub}").status_code == 200
    assert env.database.tables()["users"] == 1
