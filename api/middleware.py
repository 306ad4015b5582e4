"""What surrounds every request: its id, its line in the log, its limits, its last resort.

Plain ASGI, so that nothing is buffered.

Source: ASGI 3 HTTP connection scope.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Mapping
from traceback import walk_tb
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import limits
from api.errors import BodyTooLarge

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_OWN = f"{__name__.partition('.')[0]}."
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LAST_RESORT = json.dumps({"detail": "Internal server error"}).encode()


class RequestRecord:
    """Gives each request an id, logs its outcome, and answers 500 when all else failed.

    Nobody may store an answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent if _WELL_FORMED.fullmatch(sent) else uuid.uuid4().hex
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                # Answers hold tokens (RFC 6749, 5.1) or what only its owner may see (RFC 9111).
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception as error:  # noqa: BLE001 - the last resort of the process
                log.critical("request_failed", **_frames(error))
                if not status:
                    await _answer_500(send_with_id)
            finally:  # also when the server gives the request up
                _record(scope, status, time.perf_counter() - started)


class Admission:
    """Refuses what there is no room for, before anything else is done about it.

    Whoever is refused asks again. A refusal that costs as much as a request takes the time of those
    who are served, and comes late itself, when a thousand clients want one.
    """

    def __init__(self, app: ASGIApp, queues: Mapping[str, limits.Bulkhead]) -> None:
        self.app = app
        self.queues = queues

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            for path, queue in self.queues.items():
                if queue.is_full and scope["path"].startswith(path):
                    error = queue.error()
                    headers = dict(error.header_values())
                    refusal = JSONResponse(error.content(), error.status_code, headers)
                    await refusal(scope, receive, send)
                    return
        await self.app(scope, receive, send)


class RequestDeadline:
    """Gives each request a time that it has in all, its own arrival included; see api/limits.py."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with limits.started(self.seconds, receive) as deadline:

            async def receive_in_time() -> Message:
                try:
                    async with asyncio.timeout(deadline.timeout):
                        return await receive()
                except TimeoutError:
                    raise _too_slow() from None

            await self.app(scope, receive_in_time, send)


def _too_slow() -> HTTPException:
    """The request did not arrive (RFC 9110, 15.5.9): it is none that the document describes."""
    return HTTPException(408, "Request body did not arrive in time", {"Connection": "close"})


class BodyLimit:
    """Refuses request bodies beyond a size, announced or streamed, when they are read."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        size = int(announced) if announced.isascii() and announced.isdigit() else 0
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            if size > self.max_bytes:
                raise HTTPException(BodyTooLarge.status_code)
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(BodyTooLarge.status_code)
            return message

        await self.app(scope, receive_limited, send)


async def _answer_500(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_LAST_RESORT)).encode()),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": _LAST_RESORT})


def _frames(error: BaseException) -> dict[str, Any]:
    """Say where in the service and where at last it broke, but not with which values.

    Messages may hold input. Libraries are deep: of their frames the last one is kept.
    """
    places = [
        f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}:{line}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    own = [place for place in places if place.startswith(_OWN)]
    frames = list(dict.fromkeys([*own, *places[-1:]]))
    return {"error": type(error).__name__, "frames": frames}


def _record(scope: Scope, status: int, seconds: float) -> None:
    # The operation, not the path: a path may hold a sub, which is a capability.
    endpoint = scope.get("endpoint")
    log.info(
        "request",
        method=scope["method"],
        operation=getattr(endpoint, "__name__", None),
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )
