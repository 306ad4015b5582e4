"""The way in over HTTP: any AWS SDK, the JWKS, and the controls for other languages.

An emulator always has one: in-process it serves the JWKS only, so that a service's own fetch runs
unstubbed. It knows the transport, and no operation.
"""

import contextlib
import errno
import json
import logging
import select
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from moto.core.request import Request

from apiproof.cognito.backend import Backend
from apiproof.cognito.control import Control
from apiproof.cognito.operations import Operations
from apiproof.cognito.outages import AnswerLost, AnswerTimedOut
from apiproof.errors import UserError

log = logging.getLogger(__name__)

_JSON = {"Content-Type": "application/json"}


class PortTaken(UserError):
    """Another program listens on the port."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, backend: Backend, port: int, *, calls: bool) -> None:
        self.backend = backend
        self.calls = calls
        self.stopping = Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        """Close a connection."""
        self.connections.discard(request)
        super().close_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open: a stopped emulator answers nobody."""
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up; anything else is worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def do_GET(self) -> None:
        self._control("GET")

    def do_DELETE(self) -> None:
        self._control("DELETE")

    def do_POST(self) -> None:
        if urlsplit(self.path).path == "/" and self.server.calls:
            self._call()
        else:
            self._control("POST")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _url(self) -> str:
        return f"http://{self.headers.get('Host', 'localhost')}"

    def _call(self) -> None:
        request = Request.from_primitives(
            "POST", f"{self._url()}{self.path}", self.headers, self._body()
        )
        try:
            status, headers, body = Operations(self.server.backend).answer(request)
        except AnswerLost:
            self.close_connection = True
        except AnswerTimedOut:
            self._stay_silent()
        except Exception as error:
            # The request stays out of the log: it carries secrets.
            log.exception("The emulator for Cognito failed.")
            text = json.dumps({"__type": "InternalErrorException", "message": repr(error)})
            self._send(500, _JSON, text)
        else:
            self._send(status, headers, body)

    def _control(self, method: str) -> None:
        body = self._body()
        control = Control(self.server.backend, self._url(), open_=self.server.calls)
        status, document = control.answer(method, self.path, body)
        self._send(status, _JSON, json.dumps(document))

    def _stay_silent(self) -> None:
        """Wait until the client gives up or the server stops."""
        self.close_connection = True
        while not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                return

    def _send(self, status: int, headers: dict[str, str], body: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "date", "server"}:
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: requests carry secrets."""


class LoopbackServer:
    """A threaded HTTP server on 127.0.0.1.

    Args:
        backend: what it serves.
        port: 0 for any free one.
        calls: whether it takes AWS calls and controls, or serves the JWKS only.

    Raises:
        PortTaken: another program listens there.
    """

    def __init__(self, backend: Backend, port: int = 0, *, calls: bool) -> None:
        try:
            self._server = _Server(backend, port, calls=calls)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"Port {port} is taken: stop what listens there, or choose another (0: any)."
            ) from error
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop listening and hang up."""
        self._server.stopping.set()
        if self._thread.is_alive():  # not so in a forked child, where it never ran
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()
