"""Many clients at once: each with a connection of its own, and how long it waited."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.service import Account
from tests.contract.valid_requests import OPERATIONS, Valid, valid

PATIENCE = 20.0  # seconds until a test that waits for an event gives up


@dataclass(frozen=True)
class Timed:
    """An answer; status 0 is none, and `text` says why."""

    operation_id: str
    status: int
    seconds: float
    text: str = field(repr=False, default="")
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def send(client: HttpClient, request: Valid) -> Timed:
    """Send a request and take the time."""
    started = time.monotonic()
    try:
        response = request.send(client, timeout=PATIENCE)
    except requests.RequestException as error:
        return Timed(request.operation_id, 0, time.monotonic() - started, repr(error))
    seconds = time.monotonic() - started
    name, status = request.operation_id, response.status_code
    return Timed(name, status, seconds, response.text, response.headers)


def at_once(url: str, batches: Sequence[Sequence[Valid]]) -> list[Timed]:
    """Let one client for each batch send its requests; all clients begin together."""
    barrier = threading.Barrier(len(batches))

    def run(batch: Sequence[Valid]) -> list[Timed]:
        with HttpClient(url) as client:
            barrier.wait(PATIENCE)
            return [send(client, request) for request in batch]

    with ThreadPoolExecutor(len(batches)) as pool:
        return [answer for answers in pool.map(run, batches) for answer in answers]


class Crowd:
    """Clients that have sent a request each and wait for its answer."""

    def __init__(self, url: str, sent: Sequence[Valid], pool: ThreadPoolExecutor) -> None:
        self._where = urlsplit(url)
        self._url = url
        self._connections: list[http.client.HTTPConnection] = []
        self._on_their_way = threading.Semaphore(0)
        self._futures: list[Future[Timed]] = [pool.submit(self._run, each) for each in sent]
        for _ in sent:
            assert self._on_their_way.acquire(timeout=PATIENCE), "a client could not send"

    @property
    def is_waiting(self) -> bool:
        """Whether any client still waits."""
        return not all(future.done() for future in self._futures)

    def answers(self) -> list[Timed]:
        """Wait for all answers."""
        return [future.result(PATIENCE) for future in self._futures]

    def hang_up(self) -> None:
        """Let all clients break off; who is answered meanwhile hangs up by itself."""
        for connection in self._connections:
            waiting = connection.sock  # its own thread closes it, and may do so now
            if waiting is not None:
                with suppress(OSError):
                    waiting.shutdown(socket.SHUT_RDWR)

    def _run(self, request: Valid) -> Timed:
        prepared = requests.Request(
            OPERATIONS[request.operation_id].method,
            self._url + request.path,
            request.headers,
            json=request.json,
            data=request.form,
        ).prepare()
        connection = http.client.HTTPConnection(
            self._where.hostname or "", self._where.port, timeout=PATIENCE
        )
        self._connections.append(connection)
        started = time.monotonic()
        try:
            try:
                connection.request(
                    prepared.method or "", prepared.path_url, prepared.body, dict(prepared.headers)
                )
            finally:
                self._on_their_way.release()
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return Timed(request.operation_id, 0, time.monotonic() - started, repr(error))
        finally:
            connection.close()
        seconds = time.monotonic() - started
        return Timed(request.operation_id, response.status, seconds, text, dict(response.headers))


@contextmanager
def crowd(url: str, sent: Sequence[Valid]) -> Iterator[Crowd]:
    """Send requests, a client for each; all are on their way when the block begins."""
    with ThreadPoolExecutor(len(sent)) as pool:
        yield Crowd(url, sent, pool)


def burst(url: str, sent: Sequence[Valid]) -> list[Timed]:
    """Send requests without bodies, a client for each, all of them before any answer is read."""
    where = urlsplit(url)

    async def client(request: Valid, have_sent: asyncio.Barrier) -> Timed:
        method = OPERATIONS[request.operation_id].method
        lines = [f"{method} {request.path} HTTP/1.1", f"Host: {where.netloc}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        started = time.monotonic()
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await have_sent.wait()
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        seconds = time.monotonic() - started
        writer.close()
        status, *fields = head.splitlines() or ["HTTP/1.1 0"]
        headers = {name.title(): value for name, _, value in (f.partition(": ") for f in fields)}
        return Timed(request.operation_id, int(status.split()[1]), seconds, body, headers)

    async def all_of_them() -> list[Timed]:
        have_sent = asyncio.Barrier(len(sent))
        async with asyncio.timeout(PATIENCE):
            return await asyncio.gather(*(client(request, have_sent) for request in sent))

    return asyncio.run(all_of_them())


def one_of_each(deployed: Deployment) -> list[Valid]:
    """Build a valid request for every operation, each of a user of its own."""
    return [fresh(deployed, name) for name in OPERATIONS]


def fresh(deployed: Deployment, operation_id: str, user: Account | None = None) -> Valid:
    """Build a valid request; what is signed up is new every time."""
    request = valid(deployed.env, operation_id, user)
    if operation_id != "signup_user":
        return request
    body: dict[str, Any] = dict(request.json or {})
    number = time.monotonic_ns()
    body |= {"username": f"newcomer-{number}", "email": f"new-{number}@example.com"}
    return replace(request, json=body)


def until_success(url: str, what: Valid | Callable[[], Valid]) -> Timed:
    """Try again, as a client that was answered 503 does, until it works or patience ends."""
    deadline = time.monotonic() + PATIENCE
    with HttpClient(url) as client:
        while True:
            answer = send(client, what if isinstance(what, Valid) else what())
            if answer.status != 503 or time.monotonic() > deadline:
                return answer
            time.sleep(0.05)
