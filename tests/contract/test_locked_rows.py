"""A row that somebody keeps locked keeps nobody waiting who does not need it."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.http.server import run_server
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import changing, sessions
from tests.contract.test_queues import A_MOMENT, AT_ONCE, CROWD
from tests.contract.valid_requests import Valid, valid
from tests.service import PASSWORD, application

TAKE_NAME = """
    INSERT INTO users (sub, username, username_key, email, email_key, created_at)
    VALUES ('other', 'newcomer', 'newcomer', 'two@example.com', 'two@example.com', now())
    """
TAKE_ROWS = "SELECT 1 FROM users FOR UPDATE"
TAKE_ITEMS = "SELECT 1 FROM random_items FOR UPDATE"
LOCKED = {
    **dict.fromkeys(("update_random", "delete_random"), TAKE_ITEMS),
    **dict.fromkeys(("create_random", "update_me", "login_user", "logout_user"), TAKE_ROWS),
    "signup_user": TAKE_NAME,
}
ASK_COGNITO = {"login_user", "logout_user", "signup_user"}
FOR_EVER = dict.fromkeys(
    ("request_deadline", "database_lock_timeout", "database_statement_timeout"), 60
)


def signing_up(env: Environment, name: str, email: str) -> Valid:
    body = {"username": name, "email": email, "password": PASSWORD}
    return replace(valid(env, "signup_user"), json=body)


def announcing(app: Any, arrived: threading.Semaphore) -> Any:
    """The same application; it tells of each request that arrives."""

    async def announced(scope: Any, receive: Any, send: Any) -> None:
        arrived.release()
        await app(scope, receive, send)

    return announced


@pytest.mark.parametrize("name", LOCKED)
def test_who_waits_for_a_row_leaves_threads_to_those_who_do_not(
    env: Environment, name: str
) -> None:
    user = env.new_account()
    stuck = [valid(env, name, user)] * CROWD
    arrived = threading.Semaphore(0)
    app = application(env.config, **FOR_EVER)
    with run_server(announcing(app, arrived)) as live, ThreadPoolExecutor(CROWD) as threads:
        with changing(env, LOCKED[name]) as wait_until_one_waits:
            waiting = [threads.submit(each.send, HttpClient(live)) for each in stuck]
            assert all(arrived.acquire(timeout=PATIENCE) for _ in waiting)
            wait_until_one_waits()
            # Who is new here has a row that nobody keeps.
            others = [valid(env, "read_me", user), valid(env, "list_randoms"), valid(env, name)]
            if name == "signup_user":
                others[-1] = signing_up(env, "other", "other@example.com")
            with HttpClient(live) as client:
                served = [other.send(client, timeout=AT_ONCE).status_code for other in others]
            held = sessions(env, "wait_event_type = 'Lock'")
        for future in waiting:
            future.result(PATIENCE)
    assert max(served) < 300, served
    # Half of the seven connections of its kind, or a third of the six threads.
    assert 0 < len(held) <= (3 if name in ASK_COGNITO else 2)


def spelled(request: Valid, number: int) -> Valid:
    """The same request under the same name, with other letters of it in capitals."""
    body = request.form or request.json or {}
    if "username" not in body:
        return request
    name = "".join(
        letter.upper() if number >> place & 1 else letter
        for place, letter in enumerate(body["username"])
    )
    changed = {**body, "username": name}
    return replace(request, form=changed) if request.form else replace(request, json=changed)


def test_whatever_waits_for_a_users_row_counts_as_one_however_the_name_is_spelled(
    env: Environment,
) -> None:
    """Else one name, typed in many ways or for many ends, takes all threads and connections."""
    user = env.new_account()
    # Each comes to the row before Cognito has ended anything that another one needs.
    names = ("login_user", "refresh_session", "reset_password", "change_password")
    kinds = [valid(env, name, user) for name in names]
    stuck = [spelled(kinds[number % len(kinds)], number) for number in range(CROWD)]
    app, arrived = application(env.config, **FOR_EVER), threading.Semaphore(0)
    with run_server(announcing(app, arrived)) as live, ThreadPoolExecutor(CROWD) as threads:
        with changing(env, TAKE_ROWS) as wait_until_one_waits:
            waiting = [threads.submit(each.send, HttpClient(live)) for each in stuck]
            assert all(arrived.acquire(timeout=PATIENCE) for _ in waiting)
            wait_until_one_waits()
            other = valid(env, "login_user")  # who is new has a row that nobody keeps
            with HttpClient(live) as client:
                served = [other.send(client, timeout=AT_ONCE).status_code for _ in range(3)]
        for future in waiting:
            future.result(PATIENCE)
    assert served == [200] * 3


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("login_user", ("list_randoms", "update_me", "signup_user")),
        ("signup_user", ("list_randoms", "update_me", "login_user", "logout_user")),
    ],
)
def test_who_waits_for_a_row_takes_the_connections_of_its_own_kind_alone(
    env: Environment, name: str, others: tuple[str, ...]
) -> None:
    stuck = [valid(env, name) for _ in range(2)]
    if name == "signup_user":  # by the name, and by the address
        names = ("newcomer", "one@example.com"), ("other", "two@example.com")
        stuck = [signing_up(env, *each) for each in names]
    pool = {"database_threads": 1, "database_pool_size": 2, "database_max_overflow": 1}
    settings = FOR_EVER | pool | {"database_pool_timeout": A_MOMENT}
    with (
        run_server(application(env.config, **settings)) as live,
        ThreadPoolExecutor(2) as threads,
        HttpClient(live) as client,
    ):
        with changing(env, LOCKED[name]) as wait_until_one_waits:
            waiting = [threads.submit(each.send, HttpClient(live)) for each in stuck]
            wait_until_one_waits()
            # The one for whom there is no connection has given up.
            gave_up, _ = wait(waiting, AT_ONCE, FIRST_COMPLETED)
            told = [future.result().status_code for future in gave_up]
            served = {other: valid(env, other).send(client).status_code for other in others}
        for future in waiting:
            future.result(PATIENCE)
    assert told == [503]
    assert {name for name, status in served.items() if status >= 300} == set(), served


def test_who_waits_for_the_same_row_waits_in_line_and_not_for_a_connection(
    env: Environment,
) -> None:
    """Where a kind has one connection, the first has it: the second would be told to come later."""
    user, arrived = env.new_account(), threading.Semaphore(0)
    pool = {"database_threads": 1, "database_pool_size": 2, "database_max_overflow": 1}
    settings = FOR_EVER | pool | {"database_pool_timeout": A_MOMENT}
    app = announcing(application(env.config, **settings), arrived)
    with run_server(app) as live, ThreadPoolExecutor(2) as threads:
        with changing(env, TAKE_ROWS) as wait_until_one_waits:
            logins = [threads.submit(valid(env, "login_user", user).send, HttpClient(live))]
            wait_until_one_waits()
            logins.append(threads.submit(valid(env, "login_user", user).send, HttpClient(live)))
            assert all(arrived.acquire(timeout=PATIENCE) for _ in logins)
            wait(logins, 2 * A_MOMENT, FIRST_COMPLETED)
        assert [future.result(PATIENCE).status_code for future in logins] == [200, 200]
