"""Clients that hang up, processes that freeze, databases that fail over, upgrades in parallel."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import FaultProxy, Hold
from tests.contract.live.crowd import PATIENCE, at_once, crowd, fresh, send, until_success

ROOT = Path(__file__).parents[3]
CANCELLED = 64


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def lines_of(deployed: Deployment, operation_id: str) -> int:
    """How many requests of an operation the log has."""
    count = 0
    for line in deployed.server.output.splitlines():
        with contextlib.suppress(ValueError):
            count += json.loads(line).get("operation") == operation_id
    return count


@pytest.mark.parametrize("operation_id", ["login_user", "signup_user", "logout_user"])
def test_requests_that_were_broken_off_are_logged_and_hold_nothing(
    deployed: Deployment, operation_id: str
) -> None:
    requests = [fresh(deployed, operation_id) for _ in range(4)]
    before = lines_of(deployed, operation_id)
    with deployed.cognito.fault(Hold()) as active, crowd(deployed.url, requests) as waiting:
        active.wait(hits=4)
        waiting.hang_up()
        waiting.answers()
        active.end()
    until(lambda: lines_of(deployed, operation_id) == before + 4, "a request has no log line")
    assert until_success(deployed.url, partial(fresh, deployed, operation_id)).is_success


def test_many_cancelled_requests_leave_full_service(deployed: Deployment) -> None:
    login, reading = fresh(deployed, "login_user"), fresh(deployed, "list_randoms")
    with (
        deployed.cognito.fault(Hold()) as active,
        crowd(deployed.url, [login] * CANCELLED) as waiting,
    ):
        active.wait()
        waiting.hang_up()
    assert until_success(deployed.url, login).is_success
    assert {answer.status for answer in at_once(deployed.url, [[reading]] * CANCELLED)} == {200}


@contextlib.contextmanager
def read_only(deployed: Deployment) -> Iterator[None]:
    """What a fail-over leaves: the pooled connections lead to a server that takes no writes."""
    name = deployed.env.database.name
    with contextlib.closing(psycopg2.connect(deployed.env.database.libpq_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            deployed.env.database.kill_connections("randomizer-api")
            try:
                yield
            finally:
                cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
                cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


def test_a_connection_to_what_is_now_a_replica_is_dropped(deployed: Deployment) -> None:
    writing, ready = fresh(deployed, "create_random"), fresh(deployed, "check_readiness")
    with HttpClient(deployed.url) as client:
        with read_only(deployed):
            answers = [send(client, writing) for _ in range(3)]
            assert [answer.status for answer in answers] == [503] * 3
            assert {"Retry-After" in answer.headers for answer in answers} == {True}
            until(lambda: send(client, ready).status == 503, "/ready says that it may write")
        # The connections of before are still read-only: each one is dropped when it says so.
        assert until_success(deployed.url, writing).is_success
        assert until_success(deployed.url, ready).is_success
    assert {answer.status for answer in at_once(deployed.url, [[writing]] * 32)} == {201}


@pytest.mark.parametrize(
    ("operation_id", "call"),
    [
        ("logout_user", b"SignOut"),
        ("refresh_session", b"GetTokensFromRefreshToken"),
        ("change_password", b"ChangePassword"),
        ("login_user", b"InitiateAuth"),
    ],
)
def test_a_frozen_process_locks_nobody_out(
    deployed: Deployment, operation_id: str, call: bytes
) -> None:
    """Another process of the service, the environment's own, serves the same user meanwhile."""
    user = deployed.env.new_account()
    request = fresh(deployed, operation_id, user)
    login = {"username": user.username, "password": user.password}
    with (
        deployed.cognito.fault(Hold(), when=call, times=1) as active,
        crowd(deployed.url, [request]) as waiting,
    ):
        active.wait()
        deployed.server.send_signal(signal.SIGSTOP)
        try:
            answer = deployed.env.client.request("POST", "/users/login", data=login)
        finally:
            deployed.server.send_signal(signal.SIGCONT)
        active.end()
        waiting.answers()
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 2


def test_a_process_that_freezes_within_a_transaction_lets_go(deployed: Deployment) -> None:
    user = deployed.env.new_account()
    request = fresh(deployed, "update_me", user)
    statuses: list[int] = []
    with (
        deployed.database.fault(Hold(), when=b"COMMIT", times=1) as active,
        crowd(deployed.url, [request]) as waiting,
    ):
        active.wait()
        deployed.server.send_signal(signal.SIGSTOP)
        try:

            def is_served() -> bool:
                statuses.append(request.send(deployed.env.client).status_code)
                return statuses[-1] == 200

            until(is_served, "the frozen process holds the user's row")
        finally:
            deployed.server.send_signal(signal.SIGCONT)
        active.end()
        waiting.answers()
    assert set(statuses) <= {200, 503}


@contextlib.contextmanager
def empty_database(deployed: Deployment) -> Iterator[str]:
    """An empty database on the environment's server; yields its URL."""
    url = urlsplit(deployed.env.database.libpq_url)
    name = f"upgraded_{time.monotonic_ns()}"
    with contextlib.closing(psycopg2.connect(deployed.env.database.libpq_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            try:
                yield urlunsplit(url._replace(path=f"/{name}"))
            finally:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def upgrade(url: str) -> "subprocess.Popen[bytes]":
    code = "import sys; from tests.service import SERVICE; SERVICE.migrate(sys.argv[1])"
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, url.replace("postgresql:", "postgresql+psycopg2:")], cwd=ROOT
    )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_two_deployments_may_upgrade_the_database_at_once(deployed: Deployment) -> None:
    """The first is held within its upgrade until the second waits for it, or has ended."""
    with empty_database(deployed) as url, FaultProxy(url) as proxy:
        with proxy.fault(Hold(), when=b"CREATE TABLE users", times=1) as active:
            first = upgrade(proxy.url)
            active.wait(timeout=PATIENCE)
            second = upgrade(url)
            until(
                lambda: second.poll() is not None or bool(rows(url, WAITING)),
                "the second upgrade neither waits nor ends",
            )
            active.end()
        assert [first.wait(PATIENCE), second.wait(PATIENCE)] == [0, 0]
        assert len(rows(url, "SELECT * FROM alembic_version")) == 1
        assert rows(url, "SELECT count(*) FROM users") == [(0,)]
