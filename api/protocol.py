"""HTTP as uvicorn reads it, from many clients: what is no request, and what does not become one.

What is no request (RFC 9112) reaches no middleware: uvicorn answers it itself, in plain text. For
one that does not come it waits for ever: each such client keeps one of the process's open files.

Source: uvicorn 0.54, h11_impl.py and httptools_impl.py (send_400_response, timeout_keep_alive).
"""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

import structlog
from typing_extensions import override
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from api.middleware import REQUEST_ID

log = structlog.get_logger(__name__)

_BODY = json.dumps({"detail": "The request is malformed"})
_HEAD = "\r\n".join(
    (
        "HTTP/1.1 400 Bad Request",
        "Content-Type: application/json",
        f"Content-Length: {len(_BODY)}",
        "Cache-Control: no-store",
        "Connection: close",
    )
)
_Base: Any = AutoHTTPProtocol  # by h11, or by httptools where that is installed


def use_all_open_files() -> None:
    """Let the process have as many open files as the system allows it, for each client takes one.

    Beyond the limit connections are not accepted, so that clients wait without an answer. Many
    systems begin with 1,024 and allow far more, for the sake of programs that use select.
    """
    try:
        import resource  # noqa: PLC0415 - not every system has it
    except ImportError:  # Windows, which has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems say "unlimited" and refuse it
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class HttpProtocol(_Base):  # type: ignore[misc]  # of either kind
    """A connection whose malformed requests are answered with JSON, an id and a line in the log.

    It is closed when no request has begun within a request's deadline: the head counts whole.
    """

    _waits: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._watch()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._waits is None:
            # Without the application's own deadline, as long as uvicorn waits for the next request.
            seconds = self.app_state.get("deadline", self.timeout_keep_alive)
            self._waits = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    @override
    def send_400_response(self, msg: str) -> None:
        cycle = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:
            self._refuse()
        # Else it is the body of a request, and half of its answer is sent.
        self.transport.close()

    def _refuse(self) -> None:
        request_id = uuid.uuid4().hex
        answer = f"{_HEAD}\r\n{REQUEST_ID}: {request_id}\r\n\r\n{_BODY}"
        self.transport.write(answer.encode("ascii"))
        log.info(
            "request",
            request_id=request_id,
            method=None,
            operation=None,
            status=400,
            milliseconds=0.0,
        )
