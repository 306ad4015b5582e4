"""The way in over HTTP: any AWS SDK, keys, OAuth 2.0, and the controls for other languages.

An emulator always has one: in-process it serves neither AWS calls nor controls, but keys and OAuth,
so that a service's own requests run unstubbed. It knows the transport, and no operation.
"""

import contextlib
import errno
import json
import logging
import re
import select
import socket
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from botocore.compat import HTTPHeaders

from apiproof.cognito.backend import Backend
from apiproof.cognito.operations import Operations
from apiproof.cognito.operations.base import request_of
from apiproof.cognito.outages import AnswerLost, AnswerTimedOut
from apiproof.cognito.web import WebRequest
from apiproof.cognito.web_endpoints import WebEndpoints, cors_headers
from apiproof.errors import UserError

log = logging.getLogger(__name__)

_JSON = {"Content-Type": "application/json"}
_LONGEST_BODY = 10_000_000  # bytes
_LONGEST_LINE = 65_536  # bytes, as http.server has it for headers
_READS = re.compile(r"(Admin)?(Describe|List|Get)[A-Z]")
# Named like reading, but they send a code, rotate a token, or make a pool's keys.
_ACTS = {
    "GetClientToken",
    "GetSigningCertificate",
    "GetTokensFromRefreshToken",
    "GetUserAttributeVerificationCode",
}
_PUBLIC = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|api\.aws|amazoncognito\.com)", re.IGNORECASE)


class _BodyRefused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PortTaken(UserError):
    """Another program listens on the port."""


class HostUnusable(UserError):
    """The address is not this machine's, or the port is not one that may be used."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        backend: Backend,
        address: tuple[str, int],
        *,
        calls: bool,
        keep: Callable[[], None] | None,
    ) -> None:
        self.backend = backend
        self.keep = keep or (lambda: None)
        self.endpoints = WebEndpoints(backend, open_=calls)
        self.calls = calls
        self.stopping = Event()
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

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


def _only_reads(target: str) -> bool:
    """Whether an operation leaves the emulator as it was: nothing is to be saved, then."""
    operation = target.rpartition(".")[2]
    return _READS.match(operation) is not None and operation not in _ACTS


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def _serve(self) -> None:
        try:
            body = self._body()
        except _BodyRefused as refusal:
            self.close_connection = True
            self._send(refusal.status, _JSON, json.dumps({"message": str(refusal)}))
            return
        host = self.headers.get("Host", "localhost")
        # AWS's own names arrive by way of TLS that has ended in front of this server.
        scheme = "https" if _PUBLIC.fullmatch(host) else "http"
        base_url = f"{scheme}://{host}"
        # Whoever asks for the head alone gets that of the whole answer (RFC 9110, section 9.3.2).
        method = "GET" if self.command == "HEAD" else self.command
        request = WebRequest(method, self.path, self.headers, body, base_url)
        cors = cors_headers(request)
        try:
            if self.command == "POST" and request.path == "/" and self.server.calls:
                status, headers, text = self._call(request)
            else:
                answer = self.server.endpoints.answer(request)
                status, headers, text = answer.status, answer.headers, answer.body
            if not _only_reads(self.headers.get("X-Amz-Target", "")):
                self.server.keep()
        except AnswerLost:
            self.server.keep()
            self.close_connection = True
        except AnswerTimedOut:
            self._stay_silent()
        except UserError as error:
            log.error("%s", error)  # noqa: TRY400 - one line says all
            text = json.dumps({"__type": "InternalErrorException", "message": str(error)})
            self._send(500, _JSON, text)
        except Exception as error:
            # The request stays out of the log: it carries secrets.
            log.exception("The emulator for Cognito failed.")
            text = json.dumps({"__type": "InternalErrorException", "message": repr(error)})
            self._send(500, _JSON, text)
        else:
            self._send(status, headers | cors, text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: what is written else waits for the end of an answer."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def _call(self, request: WebRequest) -> tuple[int, dict[str, str], str]:
        # moto reads a form as parameters of its own; the API of Cognito takes JSON alone.
        headers = HTTPHeaders.from_pairs(
            (name, value) for name, value in self.headers.items() if name.lower() != "content-type"
        )
        headers["Content-Type"] = "application/x-amz-json-1.1"
        url = f"{request.base_url}{request.target}"
        call = request_of(url, headers, request.body)
        return Operations(self.server.backend).answer(call)

    def _body(self) -> bytes:
        """Read the body, of a known length or in chunks (RFC 9112, sections 6 and 7.1).

        Raises:
            _BodyRefused: nobody can tell where it ends, or it is too long.
        """
        coding = self.headers.get("Transfer-Encoding")
        if coding is not None:
            if coding.strip().lower() != "chunked" or "Content-Length" in self.headers:
                raise _BodyRefused(400, "The Transfer-Encoding may be chunked alone.")
            return b"".join(self._chunks())
        lengths = set(self.headers.get_all("Content-Length") or ["0"])
        text = lengths.pop().strip()
        if lengths or not (text.isascii() and text.isdigit()):
            raise _BodyRefused(400, "Content-Length is no number of bytes.")
        return self._read(int(text))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            size, _, _ = self.rfile.readline(_LONGEST_LINE).partition(b";")
            try:
                length = int(size, 16)
            except ValueError:
                length = -1
            if length < 0:
                raise _BodyRefused(400, "A chunk of the body has no size.")
            if not length:
                break
            total += length
            if total > _LONGEST_BODY:
                raise _BodyRefused(413, f"A body has at most {_LONGEST_BODY} bytes.")
            yield self._read(length)
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            """Skip trailers."""

    def _read(self, length: int) -> bytes:
        if length > _LONGEST_BODY:
            raise _BodyRefused(413, f"A body has at most {_LONGEST_BODY} bytes.")
        data = self.rfile.read(length)
        if len(data) < length:
            raise _BodyRefused(400, "The body ended early.")
        return data

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
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: requests carry secrets."""


class LocalServer:
    """A threaded HTTP server.

    Args:
        backend: what it serves.
        port: 0 for any free one.
        calls: whether it takes AWS calls and controls.
        host: the address to listen at.
        keep: called before every answer, to save what the request changed.

    Raises:
        HostUnusable: this machine has no such address.
        PortTaken: another program listens there.
    """

    def __init__(
        self,
        backend: Backend,
        port: int = 0,
        *,
        calls: bool,
        host: str = "127.0.0.1",
        keep: Callable[[], None] | None = None,
    ) -> None:
        try:
            self._server = _Server(backend, (host, port), calls=calls, keep=keep)
        except (OSError, OverflowError) as error:
            if not isinstance(error, OSError) or error.errno != errno.EADDRINUSE:
                raise HostUnusable(f"Nothing can listen at {host}, port {port}: {error}.") from None
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
        host, port = str(self._server.server_address[0]), self._server.server_address[1]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104

    def stop(self) -> None:
        """Stop listening and hang up."""
        self._server.stopping.set()
        if self._thread.is_alive():  # not so in a forked child, where it never ran
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()
