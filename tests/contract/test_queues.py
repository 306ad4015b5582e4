"""Work that finds no thread waits in a queue, as long as the settings say; more is told at once."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.http.server import run_server
from tests.contract.alteration import PATIENCE, altered, changing
from tests.contract.examples import valid
from tests.contract.test_database import BACK, on_insert
from tests.service import application

AT_ONCE = 10.0  # seconds, on a busy machine
HELD = 4_711  # any number: the advisory lock that every insert waits for


@contextmanager
def held(env: Environment) -> Iterator[Any]:
    """Let inserts wait until the end of a block; yields what waits for the first of them."""
    with (
        altered(env, on_insert(f"PERFORM pg_advisory_xact_lock({HELD})"), BACK),
        changing(env, f"SELECT pg_advisory_xact_lock({HELD})") as wait_for_rival,
    ):
        yield wait_for_rival


@pytest.mark.parametrize("queue", [1, 3])
def test_as_many_wait_as_the_queue_holds_and_the_next_is_told_at_once(
    env: Environment, queue: int
) -> None:
    request = valid(env, "create_random")
    # Nothing else ends the wait: whoever is refused is refused for the queue.
    waits = ("request_deadline", "database_lock_timeout", "database_statement_timeout")
    settings = dict.fromkeys(waits, 60) | {"database_threads": 1, "request_queue": queue}
    with (
        run_server(application(env.config, **settings)) as live,
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
        served = [future.result(PATIENCE).status_code for future in waiting]
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert served == [201] * (queue + 1)
