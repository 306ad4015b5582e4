"""Work that finds no thread waits in a queue, as long as the settings say; more is told at once."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.http.server import run_server
from tests.contract.events import PATIENCE, until
from tests.contract.keyserver import KeyServer, with_keys
from tests.contract.pool_changes import altered, changing
from tests.contract.test_database import BACK, on_insert
from tests.contract.valid_requests import bearer, resigned, valid
from tests.service import application

A_MOMENT = 0.3  # seconds
AT_ONCE = 10.0  # seconds, on a busy machine
CROWD = 24  # more than any kind of work has threads
HELD = 4_711  # any number: the advisory lock that every insert waits for


@contextmanager
def held(env: Environment) -> Iterator[Any]:
    """Let inserts wait until the end of a block; yields what waits for the first of them."""
    with (
        altered(env, on_insert(f"PERFORM pg_advisory_xact_lock({HELD})"), BACK),
        changing(env, f"SELECT pg_advisory_xact_lock({HELD})") as wait_for_rival,
    ):
        yield wait_for_rival


def settings_of(queue: int, one: str = "database_threads") -> dict[str, Any]:
    """One thread and a queue; nothing else ends a wait, so that who is refused is for the queue.

    Where the pool has one connection, there is one thread, however many the settings name.
    """
    waits = ("request_deadline", "database_lock_timeout", "database_statement_timeout")
    return dict.fromkeys(waits, 60) | {one: 1, "request_queue": queue}


@dataclass(frozen=True)
class Full:
    """A service whose thread and queue are taken: who was refused, and who waits."""

    url: str
    refused: Any
    waiting: set["Future[Any]"]


@contextmanager
def full(
    env: Environment, queue: int, one: str = "database_threads", **changed: Any
) -> Iterator[Full]:
    """Send inserts that wait until the end of a block, one more than there is room for."""
    request = valid(env, "create_random")
    with (
        run_server(application(env.config, **settings_of(queue, one), **changed)) as live,
        ThreadPoolExecutor(queue + 2) as threads,
    ):

        def send() -> "Future[Any]":
            return threads.submit(request.send, HttpClient(live))

        with held(env) as wait_until_the_thread_is_taken:
            sent = {send()}
            wait_until_the_thread_is_taken()
            sent |= {send() for _ in range(queue + 1)}
            refused, waiting = wait(sent, AT_ONCE, FIRST_COMPLETED)
            (answer,) = (future.result() for future in refused)
            yield Full(live, answer, waiting)


@pytest.mark.parametrize(("queue", "one"), [(1, "database_threads"), (3, "database_pool_size")])
def test_as_many_wait_as_the_queue_holds_and_the_next_is_told_at_once(
    env: Environment, queue: int, one: str
) -> None:
    with full(env, queue, one) as service:
        assert service.refused.status_code == 503
        assert int(service.refused.headers["Retry-After"]) > 0
    served = [future.result(PATIENCE).status_code for future in service.waiting]
    assert served == [201] * (queue + 1)


@pytest.mark.parametrize("path", ["/randoms", "/users/me"])
def test_what_there_is_no_room_for_is_refused_before_it_is_read(
    env: Environment, path: str
) -> None:
    """A refusal that costs as much as a request comes late when a thousand ask for one."""
    head = f"PATCH {path} HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\n"
    with full(env, 1) as service, connected(service.url) as connection:
        connection.sendall(head.encode())  # and no body
        answer = connection.recv(4096)
        with HttpClient(service.url) as client:
            healthy = client.get("/health").status_code
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in answer.lower()
    assert b"x-request-id: " in answer.lower()
    assert healthy == 200


def test_who_hangs_up_while_waiting_makes_room_at_once(env: Environment) -> None:
    """Else those who come after a burst wait behind all who have gone."""
    request = valid(env, "create_random")
    token = request.headers["Authorization"]
    waits = f"GET /randoms HTTP/1.1\r\nHost: api\r\nAuthorization: {token}\r\n\r\n"
    with (
        run_server(application(env.config, **settings_of(1))) as live,
        ThreadPoolExecutor(1) as threads,
        held(env) as wait_until_the_thread_is_taken,
    ):
        first = threads.submit(request.send, HttpClient(live))
        wait_until_the_thread_is_taken()
        with connected(live) as waiting:
            waiting.sendall(waits.encode())
            until(lambda: is_refused(live), "the queue is not full")
        until(lambda: not is_refused(live), "who has gone is waited for")
    assert first.result(PATIENCE).status_code == 201


def is_refused(url: str, what: str = "PATCH /randoms/1") -> bool:
    """Whether the queue is full: what there is room for waits for a body that never comes."""
    with connected(url) as probe:
        probe.sendall(f"{what} HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\n".encode())
        probe.settimeout(A_MOMENT)
        try:
            return probe.recv(4096).startswith(b"HTTP/1.1 503 ")
        except TimeoutError:
            return False


def connected(url: str) -> socket.socket:
    where = urlsplit(url)
    return socket.create_connection((where.hostname or "", where.port or 0), PATIENCE)


# Operations that share a queue with the first one, and one that does not.
BESIDE = {
    "login_user": ["POST /users/login", "POST /users/refresh"],
    "signup_user": ["POST /users/signup"],
    "resend_confirmation_code": list[str](),
}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("login_user", "InitiateAuth"),
        ("signup_user", "SignUp"),
        ("resend_confirmation_code", "ResendConfirmationCode"),
    ],
)
def test_as_many_ask_cognito_and_wait_for_that_as_the_settings_say(
    env: Environment, name: str, call: str
) -> None:
    request = valid(env, name)
    elsewhere = [valid(env, other) for other in BESIDE.keys() - {name}]
    waits = ("request_deadline", "cognito_read_timeout", "cognito_connect_timeout")
    settings = dict.fromkeys(waits, 60) | {"cognito_threads": 1, "request_queue": 1}
    asked, released = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        released.wait(PATIENCE)

    with (
        run_server(application(env.config, **settings)) as live,
        ThreadPoolExecutor(3) as threads,
        env.cognito.outages.meanwhile(call, hold),
    ):

        def send() -> "Future[Any]":
            return threads.submit(request.send, HttpClient(live))

        try:
            first = send()
            assert asked.wait(PATIENCE)
            sent = {send() for _ in range(2)}
            refused, waiting = wait(sent, AT_ONCE, FIRST_COMPLETED)
            (answer,) = (future.result() for future in refused)
            beside = [what for what in BESIDE[name] if is_refused(live, what)]
            with HttpClient(live) as client:
                others = [other.send(client, timeout=AT_ONCE).status_code for other in elsewhere]
        finally:
            released.set()
        served = [future.result(PATIENCE).status_code for future in [first, *waiting]]
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    # Of two sign-ups under one name the second one is refused, in its turn.
    assert served == ([201, 409] if name == "signup_user" else [200, 200])
    assert beside == BESIDE[name], "it is read before it is refused"
    assert max(others) < 300, "other kinds of work have threads of their own"


def test_as_many_wait_for_keys_as_the_queue_holds_and_the_next_is_told_at_once(
    env: Environment, key_server: KeyServer, key_url: str
) -> None:
    """Whoever invents key ids while their source is silent fills a queue of their own."""
    user, queue = env.new_account(), 1
    headers = bearer(resigned(env, user.access_token, header={"kid": "unknown"}))
    unknown = replace(valid(env, "read_me", user), headers=headers)
    known = valid(env, "read_me", user)
    waits = ("request_deadline", "cognito_read_timeout", "cognito_connect_timeout")
    settings = dict.fromkeys(waits, 60) | {"request_queue": queue}
    app = application(with_keys(env, key_url), **settings)
    with run_server(app) as live, ThreadPoolExecutor(CROWD) as threads:
        assert known.send(HttpClient(live)).status_code == 200
        key_server.gate.clear()
        try:
            sent = [threads.submit(unknown.send, HttpClient(live)) for _ in range(CROWD)]
            told = [future.result(AT_ONCE) for future in as_many_done(sent, CROWD // 2)]
            assert known.send(HttpClient(live)).status_code == 200
        finally:
            key_server.gate.set()
        assert {future.result(PATIENCE).status_code for future in sent} <= {401, 503}
    assert {answer.status_code for answer in told} == {503}


def as_many_done(sent: "list[Future[Any]]", number: int) -> "list[Future[Any]]":
    """Those that are done, as soon as there are so many."""
    until(lambda: sum(future.done() for future in sent) >= number, "too few are told at once")
    return [future for future in sent if future.done()]
