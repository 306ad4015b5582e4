"""A server in a process of its own: it answers, says why it does not, and ends."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from apiproof.http.client import HttpClient
from apiproof.http.process import ServerProcess
from apiproof.http.server import ServerDied

HERE = {"PYTHONPATH": str(Path(__file__).parents[2])}
TARGET = "tests.http.test_process:greet"


async def greet(scope: Any, _receive: Any, send: Any) -> None:
    """Answer with the process id and a variable."""
    if scope["type"] == "http":
        body = f"{os.getpid()} {os.environ.get('GREETING')}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def test_it_runs_in_a_process_of_its_own_with_its_own_environment() -> None:
    with ServerProcess(TARGET, {**HERE, "GREETING": "hello"}) as server:
        assert HttpClient(server.url).get("/").text == f"{server.pid} hello"
        assert server.pid != os.getpid()
        assert server.threads >= 1
        assert server.descriptors >= 3
        assert server.cpu_seconds > 0  # it has started an interpreter
        # uvicorn shuts down, then ends itself by the signal.
        assert server.stop() == -signal.SIGTERM
        assert f"Finished server process [{server.pid}]" in server.output


def test_one_that_dies_says_its_last_words() -> None:
    with (
        pytest.raises(ServerDied, match='Could not import module "nowhere"'),
        ServerProcess("nowhere:app", HERE),
    ):
        pass


def test_a_frozen_one_ends_too() -> None:
    with ServerProcess(TARGET, HERE) as server:
        server.send_signal(signal.SIGSTOP)
    assert not Path(f"/proc/{server.pid}").exists()
