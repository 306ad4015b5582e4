"""What a request takes is given back: descriptors, threads, and sessions of the database."""

import gc
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from tests.contract.events import PATIENCE
from tests.contract.keyserver import KeyServer, service
from tests.contract.pool_changes import sessions
from tests.contract.valid_requests import OPERATIONS, bearer, resigned, valid
from tests.service import application

WARM_UP, ROUNDS = 1, 2
AT_LAST = 5.0  # seconds


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def succeed(env: Environment, client: HttpClient, name: str) -> None:
    assert valid(env, name).send(client).status_code < 300


def be_refused(env: Environment, client: HttpClient, name: str) -> None:
    request = valid(env, name)
    with env.database.outage():
        request.send(client)
    if request.json or request.form:
        assert request.send(client, json={"of nobody": 1}, data=None).status_code in {401, 422}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize("way", [succeed, be_refused], ids=["answered", "refused"])
def test_requests_leave_no_descriptor_and_no_thread(
    env: Environment, way: Callable[[Environment, HttpClient, str], None]
) -> None:
    found: list[tuple[int, int]] = []
    with AsgiClient(application(env.config)) as client:
        for _ in range(WARM_UP + ROUNDS):
            env.reset()
            for name in OPERATIONS:
                way(env, client, name)
            found.append((descriptors(), threading.active_count()))
    assert len(set(found[WARM_UP:])) == 1, found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_keys_that_are_fetched_leave_no_descriptor_and_no_thread(env: Environment) -> None:
    server, token = KeyServer(env), env.new_account().access_token
    unknown = [resigned(env, token, header={"kid": f"unknown-{number}"}) for number in range(12)]

    def state() -> tuple[int, int]:
        return descriptors(), threading.active_count()

    with run_server(server) as url, service(env, url) as client:

        def look_up(token: str) -> None:
            headers = bearer(token)
            assert client.request("GET", "/users/me", headers=headers).status_code == 401

        for each in unknown[:2]:
            look_up(each)
        before = state()
        for each in unknown[2:]:
            look_up(each)
        until = time.monotonic() + AT_LAST
        # The server's end of a connection and the thread of a fetch end by themselves.
        while sum(state()) > sum(before) and time.monotonic() < until:
            os.sched_yield()
        assert sum(state()) <= sum(before)
    assert server.asked == len(unknown)


def test_a_service_that_stops_ends_its_sessions_at_the_database(env: Environment) -> None:
    request = valid(env, "read_me")
    before = sessions(env)
    app = application(env.config)  # held, so that nobody tidies up for it
    with AsgiClient(app) as client:
        assert request.send(client).status_code == 200
        assert sessions(env) > before
    deadline = time.monotonic() + PATIENCE
    while sessions(env) > before and time.monotonic() < deadline:
        os.sched_yield()
    assert sessions(env) == before
    assert app is not None
