"""What holds only where the parts are put together as the service does it; nothing is connected."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from starlette.types import Message

from api.app import create_app
from api.dependencies import AppState
from api.errors import IdentityAnswerLost
from api.identity.cognito import Cognito
from api.limits import Deadline, started
from api.settings import Settings

PATIENCE = 10.0  # seconds, for what happens at once
A_MOMENT = 0.05  # seconds
ENOUGH = 17  # of one thread: its own work, and sixteen that wait for it


def settings(**changed: Any) -> Settings:
    """Settings that lead nowhere."""
    nowhere: dict[str, Any] = {
        "_env_file": None,
        "database_url": "postgresql://nobody@localhost/nothing",
        "aws_region": "eu-west-1",
        "aws_user_pool_id": "eu-west-1_example",
        "aws_cognito_app_client_id": "example",
        "aws_cognito_app_client_secret": "example",
    }
    return Settings(**{**nowhere, **changed})


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/randoms", "database"), ("/users/login", "accounts"), ("/users/signup", "signups")],
)
def test_the_time_that_a_request_has_includes_its_wait_in_line(path: str, kind: str) -> None:
    """All threads of its kind are taken for longer than that."""
    here = settings(request_deadline=A_MOMENT, database_threads=1, cognito_threads=1)
    state = AppState.build(here)
    app = create_app(here, state)
    work = state.database.bulkhead if kind == "database" else getattr(state, kind)
    may_end, sent = threading.Event(), list[Message]()

    async def never() -> Message:
        return await asyncio.Future()

    async def keep(message: Message) -> None:
        sent.append(message)

    async def main() -> None:
        taken = [
            asyncio.create_task(work.run(lambda: may_end.wait(PATIENCE))) for _ in range(ENOUGH)
        ]
        while work.lacking:  # noqa: ASYNC110 - the queue is filled in a few turns of the loop
            await asyncio.sleep(0)
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        try:
            async with asyncio.timeout(PATIENCE / 2):
                await app(scope, never, keep)
        finally:
            may_end.set()
            await asyncio.gather(*taken)

    asyncio.run(main())
    assert sent[0]["status"] == 503


@contextmanager
def cognito(before: list[Deadline]) -> Iterator[str]:
    """A Cognito that says "done", and first lets deadlines end; its address."""

    class Clerk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            while before:
                before.pop().end()
            self.send_response(200)
            self.send_header("x-amzn-requestid", "1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Clerk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_call_of_cognito_is_cut_by_nobody_who_asked_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asks next gets the connection of whoever asked before, whose time ends meanwhile."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "example")  # else they are looked for in the network
    before: list[Deadline] = []
    with cognito(before) as url:
        identity = Cognito(settings(aws_cognito_endpoint=url))
        with started(PATIENCE) as first:
            identity.sign_out("token")
        before.append(first)
        with started(PATIENCE):
            identity.sign_out("token")
        identity._client.close()  # noqa: SLF001 - else its connection is left
    assert not before


@pytest.mark.parametrize("calls", [1, 2], ids=["a new connection", "one that was kept"])
def test_a_call_of_cognito_is_cut_when_the_time_of_its_own_request_is_over(
    monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """Whichever connection it has; else a Cognito that takes its time keeps the thread."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "example")
    own: list[Deadline] = []
    with cognito(own) as url:
        identity = Cognito(settings(aws_cognito_endpoint=url))
        for _ in range(calls - 1):
            with started(PATIENCE):
                identity.sign_out("token")
        with started(PATIENCE) as deadline:
            own.append(deadline)
            with pytest.raises(IdentityAnswerLost):
                identity.sign_out("token")
        identity._client.close()  # noqa: SLF001 - else its connection is left
    assert not own
