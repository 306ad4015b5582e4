"""A server of a pool's keys that counts how often it is asked, and publishes what it is told to."""

import asyncio
import dataclasses
import gzip
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.service import EnvironmentConfig
from tests.contract.events import PATIENCE
from tests.service import application


class KeyServer:
    """Publishes a pool's keys.

    Attributes:
        asked: How often.
        away: Whether it answers 503 instead.
        published: What it shows instead of the pool's keys, as JSON text.
        compressed: Whether it sends that by gzip, though nobody asked for it.
        entered: Set when it is asked.
        gate: While it is not set, answers wait.
    """

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.asked = 0
        self.away = False
        self.published: str | None = None
        self.compressed = False
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    @property
    def keys(self) -> list[dict[str, str]]:
        """The pool's own keys."""
        return self.env.cognito.keys.jwks()["keys"]

    def publish(self, *keys: dict[str, str], **members: str) -> None:
        """Show these keys, in a set with further members."""
        self.published = json.dumps({"keys": keys, **members})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await start_and_stop(receive, send)
            return
        self.asked += 1
        self.entered.set()
        await asyncio.to_thread(self.gate.wait, PATIENCE)
        status = 503 if self.away else 200
        body = (self.published or json.dumps({"keys": self.keys})).encode()
        body = gzip.compress(body) if self.compressed else body
        headers = [(b"content-encoding", b"gzip")] if self.compressed else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def is_fetching() -> bool:
    """Whether a service in this process fetches keys; what it brings counts from the end on."""
    return any(thread.name == "jwks" for thread in threading.enumerate())


async def start_and_stop(receive: Any, send: Any) -> None:
    """Answer the messages of ASGI's lifespan: nothing has to be done."""
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})


def with_keys(env: Environment, url: str) -> EnvironmentConfig:
    """The environment's surroundings, with the keys from elsewhere."""
    return dataclasses.replace(env.config, jwks_url=f"{url}/jwks.json")


@contextmanager
def service(env: Environment, url: str, **settings: Any) -> Iterator[AsgiClient]:
    """The service, with its keys from elsewhere and some settings changed."""
    with AsgiClient(application(with_keys(env, url), **settings)) as client:
        yield client


class _Rude(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"go away\r\n")


@contextmanager
def no_http() -> Iterator[str]:
    """Listen, and answer in no protocol that anyone knows; yields the URL."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Rude) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield "http://{}:{}".format(*server.server_address)
        finally:
            server.shutdown()
            thread.join()
