"""The first login of an account without a row: whatever is in its way is nobody's, or it is 409."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import change, changing
from tests.contract.valid_requests import bearer
from tests.service import OTHER_PASSWORD, PASSWORD, SERVICE, application

RESERVE = (
    "INSERT INTO users (sub, username, username_key, email, email_key, created_at, reserved_until) "
    "VALUES ('reserved', %s, lower(%s), %s, lower(%s), now(), now() + %s * interval '1 minute')"
)


def log_in(env: Environment, username: str, password: str = PASSWORD) -> Any:
    form = {"username": username, "password": password}
    return env.client.request("POST", "/users/login", data=form)


def profile(env: Environment, sub: str) -> Any:
    return env.client.request("GET", f"/users/{sub}")


def forget(env: Environment, username: str) -> None:
    env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username=username)


@pytest.mark.parametrize("same", ["name", "address", "both", "each of two"])
def test_rows_of_accounts_that_are_gone_make_way_for_a_first_login(
    env: Environment, same: str
) -> None:
    stale, other, neighbour = env.new_account(), env.new_account(), env.new_account()
    name = "newcomer" if same == "address" else stale.username.upper()
    email = "newcomer@example.com" if same == "name" else stale.email.upper()
    if same == "each of two":
        email = other.email
        forget(env, other.username)
    forget(env, stale.username)
    sub = env.cognito.create_user(name, email, PASSWORD)
    assert log_in(env, name).status_code == 200
    assert profile(env, sub).json() == {"sub": sub, "username": name, "email": email}
    assert profile(env, stale.sub).status_code == 404
    assert profile(env, other.sub).status_code == (404 if same == "each of two" else 200)
    assert log_in(env, neighbour.username, neighbour.password).status_code == 200
    assert profile(env, neighbour.sub).status_code == 200


@pytest.mark.parametrize("minutes", [60, -60], ids=["live", "expired"])
@pytest.mark.parametrize("same", ["name", "address", "both"])
def test_a_strangers_reservation_keeps_nobody_from_a_first_login(
    env: Environment, same: str, minutes: int
) -> None:
    name = "other" if same == "address" else "Ada"
    email = "other@example.com" if same == "name" else "ADA@example.com"
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    change(env, RESERVE, name, name, email, email, minutes)
    assert log_in(env, "ada").status_code == 200
    assert profile(env, sub).status_code == 200
    assert env.database.tables()["users"] == 1


def test_a_reservation_of_another_name_and_address_outlives_a_first_login(
    env: Environment,
) -> None:
    """The control: whoever is signing up meanwhile keeps the name."""
    env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    change(env, RESERVE, "grace", "grace", "grace@example.com", "grace@example.com", 60)
    assert log_in(env, "ada").status_code == 200
    body = {"username": "Grace", "email": "new@example.com", "password": PASSWORD}
    assert env.client.request("POST", "/users/signup", json=body).status_code == 409
    assert env.database.tables()["users"] == 2


def test_a_first_login_takes_no_address_of_an_account_that_exists(env: Environment) -> None:
    owner = env.new_account()
    sub = env.cognito.create_user("newcomer", owner.email.upper(), PASSWORD)
    assert log_in(env, "newcomer").status_code == 409
    assert profile(env, sub).status_code == 404
    assert profile(env, owner.sub).status_code == 200
    assert log_in(env, owner.username, owner.password).status_code == 200


def test_a_first_login_removes_no_account_that_waits_for_its_code(env: Environment) -> None:
    """However long it has waited: only a sign-up makes it make way."""
    owner = env.create_unconfirmed_user()
    env.cognito.create_user("newcomer", owner.email.upper(), PASSWORD)
    assert log_in(env, "newcomer").status_code == 409
    proof = {"username": owner.username, "confirmation_code": env.code(owner.username)}
    assert env.client.request("POST", "/users/verify", json=proof).status_code == 200
    assert log_in(env, owner.username, owner.password).status_code == 200


def test_a_wrong_password_at_a_first_login_writes_nothing_and_ends_no_reservation(
    env: Environment,
) -> None:
    env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    change(env, RESERVE, "ada", "ada", "eve@example.com", "eve@example.com", 60)
    assert log_in(env, "ada", OTHER_PASSWORD).status_code == 401
    assert env.database.tables()["users"] == 1


def test_a_first_login_that_another_one_overtakes_succeeds_as_well(env: Environment) -> None:
    """The order is forced: the other one's row is written, and committed when this one waits."""
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    faster = (
        "INSERT INTO users (sub, username, username_key, email, email_key, created_at) "
        "VALUES (%s, 'ada', 'ada', 'ada@example.com', 'ada@example.com', now())"
    )
    with ThreadPoolExecutor(1) as slower:
        with changing(env, faster, sub) as wait_for_rival:
            answer = slower.submit(log_in, env, "ada")
            wait_for_rival()
        assert answer.result(PATIENCE).status_code == 200
    assert profile(env, sub).status_code == 200
    assert env.database.tables()["users"] == 1


def test_first_logins_of_one_account_at_once_all_succeed_with_one_row(env: Environment) -> None:
    clients = 3
    sub = env.cognito.create_user("ada", "ada@example.com", PASSWORD)
    together = Barrier(clients, timeout=PATIENCE)

    def first_login(_: int) -> int:
        with AsgiClient(application(env.config)) as client:
            together.wait()
            form = {"username": "ada", "password": PASSWORD}
            return int(client.request("POST", "/users/login", data=form).status_code)

    with ThreadPoolExecutor(clients) as pool:
        assert list(pool.map(first_login, range(clients))) == [200] * clients
    assert profile(env, sub).status_code == 200
    assert env.database.tables()["users"] == 1


def test_a_first_login_keeps_what_a_faster_one_has_although_the_address_has_changed_since() -> None:
    """Where addresses are usernames, neither the name nor the address of the row is the same."""
    pool = {"UsernameAttributes": ["email"]}
    with Environment.open(replace(SERVICE, pool=pool)) as env:
        old, new = "ada@example.com", "ada@example.org"
        sub = env.cognito.create_user(old, old, PASSWORD)
        drawn: list[dict[str, str]] = []

        def overtake() -> None:
            with AsgiClient(application(env.config)) as client:
                form = {"username": old, "password": PASSWORD}
                session = client.request("POST", "/users/login", data=form).json()
                drawn.append(bearer(session["access_token"]))
                body = {"min_value": 1, "max_value": 6}
                client.request("POST", "/randoms", json=body, headers=drawn[0])
            address = [{"Name": "email", "Value": new}, {"Name": "email_verified", "Value": "true"}]
            account = {"UserPoolId": env.config.user_pool_id, "Username": sub}
            env.aws.admin_update_user_attributes(**account, UserAttributes=address)

        def wait() -> None:
            second.enter_context(env.cognito.outages.beforehand("AdminGetUser", overtake))

        # Whose session it is has been asked first; then there is no row yet.
        with ExitStack() as second, env.cognito.outages.meanwhile("AdminGetUser", wait):
            assert log_in(env, old).status_code == 200
        kept = env.client.request("GET", "/randoms", headers=drawn[0])
        assert (kept.status_code, len(kept.json())) == (200, 1)


def test_an_account_without_an_address_opens_nothing(env: Environment) -> None:
    """Pools may do without, and an operator may have taken it: whoever signs up here has one."""
    pool = {"UserPoolId": env.config.user_pool_id, "Username": "nobody"}
    sub = env.cognito.create_user("nobody", "nobody@example.com", PASSWORD)
    env.aws.admin_delete_user_attributes(**pool, UserAttributeNames=["email"])
    assert (log_in(env, "nobody").status_code, profile(env, sub).status_code) == (401, 404)
    assert env.database.tables()["users"] == 0


@pytest.mark.parametrize("length", [254, 255, 2048])
def test_an_account_whose_address_is_too_long_for_one_opens_nothing(
    env: Environment, length: int
) -> None:
    """Cognito holds 2,048 characters, a mail server 254 (RFC 5321): an operator made it."""
    domain = "@example.com"
    email = "a" * (length - len(domain)) + domain
    sub = env.cognito.create_user("longest", email, PASSWORD)
    answer = log_in(env, "longest")
    if length > 254:
        assert (answer.status_code, profile(env, sub).status_code) == (401, 404)
    else:
        assert answer.status_code == 200
        assert profile(env, sub).json()["email"] == email
