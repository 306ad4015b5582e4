"""How `python -m api` starts uvicorn."""

import asyncio
import json
import sys
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs
from uvicorn.server import ServerState

from api.protocol import HttpProtocol, use_all_open_files
from apiproof.environment import Environment
from tests.service import application, uvicorn_options


def test_a_stop_waits_for_what_is_under_way_and_for_nothing_longer(env: Environment) -> None:
    """A client that reads slowly has no deadline: it would keep the process from ending."""
    told = uvicorn_options(env.config, request_deadline=3.2)
    assert 3.2 < told["timeout_graceful_shutdown"] < 6


HEAD = b"POST /users/login HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
MALFORMED = {
    "no request": b"hello\r\n\r\n",
    "a control character in the path": b"GET /he\x01alth HTTP/1.1\r\nHost: api\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length below zero": HEAD + b"Content-Length: -1\r\n\r\n",
    "a chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "after a good one": b"GET /health HTTP/1.1\r\nHost: api\r\n\r\nhello\r\n\r\n",
}


async def answer_to(app: Any, sent: bytes) -> bytes:
    """All that comes back on a connection on which these bytes are sent, until it is closed."""
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = HttpProtocol(config, ServerState(), app_state={})
        return made

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
    return received


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_is_refused_like_all_else(
    env: Environment, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    app = application(env.config)
    with capture_logs() as lines:
        received = asyncio.run(answer_to(app, sent))
    assert received.startswith(b"HTTP/1.1 200 " if b"/health" in sent else b"HTTP/1.1 400 ")
    head, _, body = received[received.index(b"HTTP/1.1 400 ") :].decode().partition("\r\n\r\n")
    assert json.loads(body) == {"detail": "The request is malformed"}
    headers = {name.lower(): value for name, _, value in map(parted, head.splitlines()[1:])}
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert headers["cache-control"] == "no-store"
    refused = [line for line in lines if line["event"] == "request" and line["status"] == 400]
    assert [line["request_id"] for line in refused] == [headers["x-request-id"]]


def parted(line: str) -> tuple[str, str, str]:
    return line.partition(": ")


def test_a_system_without_limits_of_processes_serves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows: the import fails
    use_all_open_files()
