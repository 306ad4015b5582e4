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
from api.errors import BodyTooLarge, Unavailable

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_OWN = f"{__name__.partition('.')[0]}."
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LAST_RESORT = json.dumps({"detail": "Internal server error"}).encode()


class RequestRecord:
    """Gives each request an id, and logs its outcome; nobody may store an answer."""

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
            finally:  # also when the server gives the request up
                _record(scope, status, time.perf_counter() - started)


class LastResort:
    """Answers 500 when all else failed.

    Within what lets pages of other origins read answers: they are told of this one, too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.critical("request_failed", **_frames(error))
            if not has_begun:
                await _answer_500(send)


class Line:
    """Those who wait before a bulkhead's queue, first come, first served; they count as if in it.

    It belongs to one event loop.
    """

    def __init__(self, queue: limits.Bulkhead) -> None:
        """Stand before a queue."""
        self._queue = queue
        self._turns: dict[asyncio.Future[None], None] = {}
        self._coming = 0
        queue.on_end = self.move_up

    @property
    def error(self) -> type[Unavailable]:
        """The answer to those who cannot be served in time."""
        return self._queue.error

    @property
    def is_full(self) -> bool:
        """Whether nobody else may wait."""
        return self._queue.is_full(len(self._turns))

    async def wait(self, receive: Receive) -> Receive:
        """Wait for the turn, within the request's deadline.

        Args:
            receive: the request's, by which its client says that it hangs up.

        Returns:
            what receives in its place: the beginning of the body may have come.

        Raises:
            Unavailable: the turn did not come in time, or the client has gone.
        """
        if not self._turns and self._queue.lacking:
            return receive
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._turns[turn] = None
        client = _Client(receive)
        watch = loop.create_task(self._leave_when_hung_up(turn, client))
        begins = False
        try:
            async with asyncio.timeout(limits.current().timeout):
                await turn
            begins = True
        except TimeoutError:
            raise self.error from None
        finally:
            watch.cancel()
            self._turns.pop(turn, None)
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._coming -= 1
            if not begins:  # now: a client that reads its refusal slowly holds nobody up
                self.move_up()
        return client.receive

    def move_up(self) -> None:
        """Let in those whose turn has come; once, however much has ended by then."""
        room = self._queue.lacking - self._coming
        while room > 0 and self._turns:
            turn = next(iter(self._turns))
            del self._turns[turn]
            if not turn.done():
                turn.set_result(None)
                self._coming += 1
                room -= 1

    async def _leave_when_hung_up(self, turn: "asyncio.Future[None]", client: "_Client") -> None:
        await client.hung_up()
        if not turn.done():
            turn.set_exception(self.error())


class _Client:
    """What a client sends while it waits is kept for those who serve it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []

    async def hung_up(self) -> None:
        """Wait until the client has hung up; of a long body only the beginning is read."""
        while (message := await self._receive())["type"] != "http.disconnect":
            self._kept.append(message)
            if message.get("more_body"):
                await asyncio.Future()

    async def receive(self) -> Message:
        """Return what has come, in its order."""
        return self._kept.pop(0) if self._kept else await self._receive()


class Admission:
    """Lets requests begin in turn, and refuses those for whom there is no room, before all else.

    A request that waits with its token verified and its body read has cost most of what it costs:
    a few hundred of them keep the event loop from those who are to be refused, and do so again when
    their clients give up. So they wait before all that. Whoever is refused asks again: a refusal
    that costs as much as a request takes the time of those who are served.
    """

    def __init__(self, app: ASGIApp, lines: Mapping[str, Line]) -> None:
        """Wrap an application.

        Args:
            app: what serves.
            lines: where those wait whose paths begin so.
        """
        self.app = app
        self._lines = [(path, line, _Refusal(line.error)) for path, line in lines.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            for path, line, refusal in self._lines:
                if scope["path"].startswith(path):
                    await self._serve_in_turn(line, refusal, scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _serve_in_turn(
        self, line: Line, refusal: "_Refusal", scope: Scope, receive: Receive, send: Send
    ) -> None:
        if line.is_full:
            await refusal(send)
            return
        try:
            receive_from_now_on = await line.wait(receive)
        except Unavailable:
            await refusal(send)
            return
        try:
            await self.app(scope, receive_from_now_on, send)
        finally:
            line.move_up()


class _Refusal:
    """An answer that is always the same."""

    def __init__(self, error: type[Unavailable]) -> None:
        answer = JSONResponse(error().content(), error.status_code, dict(error().header_values()))
        self._status = answer.status_code
        self._headers = answer.raw_headers
        self._body = {"type": "http.response.body", "body": answer.body}

    async def __call__(self, send: Send) -> None:
        # Those around us add headers of their own to each one.
        headers = [*self._headers]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send(self._body)


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
        with limits.started(self.seconds, receive):
            await self.app(scope, receive, send)


class BodyLimit:
    """Refuses bodies that are too long, announced or streamed, or late, when they are read."""

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
        deadline = limits.current()

        async def receive_limited() -> Message:
            nonlocal received
            if size > self.max_bytes:
                raise HTTPException(BodyTooLarge.status_code)
            try:
                async with asyncio.timeout(deadline.timeout):
                    message = await receive()
            except TimeoutError:
                raise _too_slow() from None
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(BodyTooLarge.status_code)
            return message

        await self.app(scope, receive_limited, send)


def _too_slow() -> HTTPException:
    """The request did not arrive (RFC 9110, 15.5.9): it is none that the document describes."""
    return HTTPException(408, "Request body did not arrive in time", {"Connection": "close"})


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
