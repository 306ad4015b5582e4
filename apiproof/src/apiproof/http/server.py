"""A live server on a free or given port, in a thread."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Literal

import uvicorn

from apiproof.errors import UserError
from apiproof.http import ASGIApp

HOST = "127.0.0.1"
STARTUP_SECONDS = 60  # a machine may be busy
GRACE_SECONDS = 3


class PortTaken(UserError):
    """Something else listens on the port that was asked for."""


class ServerDied(RuntimeError):
    """The server ended before it listened."""


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens, and leaves signals to the main program."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    def work(self, listener: socket.socket) -> None:
        """Run until told to stop; uvicorn ends a failed start with SystemExit."""
        with contextlib.suppress(SystemExit):
            self.run(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:  # uvicorn 0.30 returns from a failed start
            self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind_socket(port: int = 0) -> socket.socket:
    """Bind a TCP socket on the loopback interface.

    Args:
        port: 0 for a free one.

    Raises:
        PortTaken: Something else listens there.
    """
    # asyncio disables Nagle only on sockets that say they are TCP; without it answers wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Port {port} is taken ({error.strerror}). "
            "Pass another with --port, or leave it out for a free one."
        ) from error
    return listener


@contextlib.contextmanager
def run_server(
    app: ASGIApp, port: int = 0, *, http: type[asyncio.Protocol] | Literal["auto"] = "auto"
) -> Iterator[str]:
    """Serve an application from a thread and yield its base URL, without a trailing slash.

    Args:
        app: What is served.
        port: Where; 0 is any that is free.
        http: Reads HTTP, where the application's own deployment does not leave that to uvicorn.

    Raises:
        PortTaken: Something else listens on the port.
        ServerDied: The application did not start.
    """
    with bind_socket(port) as listener:
        config = uvicorn.Config(
            app,
            http=http,
            log_config=None,
            log_level="error",  # fuzzed bytes that are no HTTP are no news
            access_log=False,
            loop="asyncio",  # uvloop resolves names by itself: see `apiproof.public_hosts`
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = _Server(config)
        thread = threading.Thread(
            target=server.work, args=[listener], name="apiproof-server", daemon=True
        )
        thread.start()
        try:
            _wait(server, thread)
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait(server: _Server, thread: threading.Thread) -> None:
    waited = 0.0
    while not server.listening.wait(0.05):
        waited += 0.05
        if not thread.is_alive() or waited > STARTUP_SECONDS:
            raise ServerDied("The application did not start; its log says why.")
