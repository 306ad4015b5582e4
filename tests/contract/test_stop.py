"""A deployment that is replaced: what is under way is served, and nothing keeps it from its end."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from tests.contract.events import PATIENCE, until
from tests.contract.served import served
from tests.contract.test_queues import held
from tests.contract.valid_requests import valid

DEADLINE = 5.0  # seconds
WAITS = ("DATABASE_LOCK_TIMEOUT", "DATABASE_STATEMENT_TIMEOUT")


def takes_connections(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, PATIENCE):
            return True
    except ConnectionError:
        return False


def test_a_stop_waits_for_what_is_under_way_as_long_as_a_request_may_take(env: Environment) -> None:
    """Beside it somebody has sent half a request, and never sends the rest."""
    request = valid(env, "create_random")
    settings = {**dict.fromkeys(WAITS, "60"), "REQUEST_DEADLINE": str(DEADLINE)}
    with (
        served(env, "--host", "localhost", **settings) as service,
        ThreadPoolExecutor(2) as threads,
        HttpClient(service.url) as client,
    ):
        where = urlsplit(service.url)
        assert where.hostname == "localhost"
        address = (where.hostname or "", where.port or 0)
        with held(env) as wait_until_it_is_under_way, socket.create_connection(address) as half:
            half.sendall(b"POST /users/login HTTP/1.1\r\nHost: api\r\n")
            begun = time.monotonic()
            answer = threads.submit(request.send, client)
            wait_until_it_is_under_way()
            ended = threads.submit(service.stop)
            until(lambda: not takes_connections(address), "it takes no more requests")
            threading.Event().wait(begun + 0.8 * DEADLINE - time.monotonic())
            assert not ended.done(), "it ended before its requests"
        assert answer.result(PATIENCE).status_code == 201
        ended.result(PATIENCE)
