"""Where an application answers 5xx: the exception and the last frame of the project's own code.

An ASGI layer around the application. What it lets escape is answered 500 here, so that a raising
application ends neither a run nor a server. Only the standard library is needed: the layer also
runs in a child process that has the application's libraries alone.
"""

import contextlib
import contextvars
import linecache
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

SERVER_ERROR = 500
MOST_REQUESTS = 200  # of those that meet an error, and are kept whole
LONGEST = 4000  # octets of a body that are kept
_LIBRARIES = ("site-packages", "dist-packages", "lib" + os.sep + "python")

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class ErrorSite:
    """A place that a 5xx comes from.

    Attributes:
        method: Of the request that met it.
        path: As it was asked for, decoded.
        status: Of the answer.
        exception: The type's name; empty where the application answered of its own accord.
        place: `file:line function` of the last frame of the project's code, else of any.
        source: The line's text, which tells two places of a function apart and moves with neither.
        handled: What was being handled there, with its own place: an `HTTPException` for another.
        query: Of the request, as it was sent.
        headers: Of the request; none where an earlier site shows a request that met the same.
        body: Of the request, its beginning as text.
        answer: The body of the answer, its beginning as text.
    """

    method: str
    path: str
    status: int
    exception: str
    place: str
    source: str = ""
    handled: str = ""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    answer: str = ""


@dataclass(frozen=True)
class _Raised:
    exception: str = ""
    place: str = ""
    source: str = ""
    handled: str = ""


_raised: contextvars.ContextVar[list[_Raised]] = contextvars.ContextVar("raised")


def recording_errors(app: Any, report: Report, root: Path) -> Any:
    """Wrap an ASGI application.

    Args:
        app: The application.
        report: Gets the values of an `ErrorSite` for every answer of 500 and above.
        root: The project's folder, to which places are relative.
    """
    kept: set[tuple[str, ...]] = set()

    async def recorder(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status = 0
        body, answer = bytearray(), bytearray()
        raised: list[_Raised] = []
        _raised.set(raised)

        async def reading() -> Any:
            message = await receive()
            _keep(body, message)
            return message

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            if status >= SERVER_ERROR:
                _keep(answer, message)
            await send(message)

        try:
            await app(scope, reading, noting)
        except Exception as error:  # noqa: BLE001  # whatever the application lets escape
            raised.append(_Raised(type(error).__name__, *place_of(error, root)))
            _print(error)
            if not status:
                status = SERVER_ERROR
                await _answer(noting)
        if status >= SERVER_ERROR:
            last = raised[-1] if raised else _Raised()
            failure = scope["method"], scope["path"], *asdict(last).values()
            is_new = failure not in kept and len(kept) < MOST_REQUESTS
            kept.add(failure)
            request = _request(scope, body, answer) if is_new else {}
            site = ErrorSite(scope["method"], scope["path"], status, **asdict(last), **request)
            report(asdict(site))

    return recorder


def _keep(kept: bytearray, message: Any) -> None:
    if (room := LONGEST - len(kept)) > 0:
        kept += message.get("body", b"")[:room]


def _request(scope: Any, body: bytearray, answer: bytearray) -> dict[str, Any]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {
        "query": scope.get("query_string", b"").decode("latin-1"),
        "headers": headers,
        "body": body.decode(errors="replace"),
        "answer": answer.decode(errors="replace"),
    }


async def _answer(send: Callable[[Any], Awaitable[None]]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": SERVER_ERROR, "headers": headers})
    await send({"type": "http.response.body", "body": b"Internal Server Error"})


def _print(error: BaseException) -> None:
    traceback.print_exception(error, file=sys.stderr)


def place_of(error: BaseException, root: Path) -> tuple[str, str]:
    """Return the last place in the project's code that an exception came through, and its text."""
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [it for it in frames if _is_own(it[0].f_code.co_filename, root)]
    return _text(*(own or frames)[-1], root) if frames else ("", "")


@contextlib.contextmanager
def noticing_server_errors(root: Path) -> Iterator[None]:
    """Notice where Starlette's answers of 500 and above are made by the project, for a block.

    By an `HTTPException`, or as a response, which often stands for an exception that was caught:
    then where that was raised.
    """
    try:
        from starlette.exceptions import HTTPException
        from starlette.responses import Response
    except ImportError:  # an application of another kind
        yield
        return
    raise_one, answer = HTTPException.__init__, Response.__init__

    def raising(self: Any, status_code: int, *args: Any, **options: Any) -> None:
        raise_one(self, status_code, *args, **options)
        raised = _raised.get(None)
        if status_code >= SERVER_ERROR and raised is not None:
            frame = _caller(root)
            place = _text(frame, frame.f_lineno, root)
            raised.append(_Raised(type(self).__name__, *place, _handled(root)))

    def answering(self: Any, *args: Any, **options: Any) -> None:
        answer(self, *args, **options)
        raised = _raised.get(None)
        if self.status_code >= SERVER_ERROR and raised is not None:
            error = sys.exc_info()[1]
            is_noticed = raised and isinstance(error, HTTPException)
            if not is_noticed and (frame := _maker(self, root)) is not None:
                raised.append(_answered(error, frame, root))

    HTTPException.__init__ = raising  # type: ignore[method-assign]
    Response.__init__ = answering  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPException.__init__ = raise_one  # type: ignore[method-assign]
        Response.__init__ = answer  # type: ignore[method-assign]


def _answered(error: BaseException | None, frame: FrameType, root: Path) -> _Raised:
    """Return where an answer comes from that a frame made."""
    if error is not None:
        return _Raised(type(error).__name__, *place_of(error, root))
    return _Raised("", *_text(frame, frame.f_lineno, root))


def _maker(response: Any, root: Path) -> FrameType | None:
    """Return the project's own frame that makes a response; None where a library's does."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # as above
    while (
        frame is not None and frame.f_locals.get("self") is response
    ):  # of its class, or of a base
        frame = frame.f_back
    return frame if frame is not None and _is_own(frame.f_code.co_filename, root) else None


def _handled(root: Path) -> str:
    """Return which exception is being handled now, and where it was raised; empty for none."""
    error = sys.exc_info()[1]  # `sys.exception` is of Python 3.11
    if error is None:
        return ""
    return f"{type(error).__name__} at {place_of(error, root)[0]}"


def _caller(root: Path) -> FrameType:
    frame: FrameType = sys._getframe(2)  # noqa: SLF001  # the documented way to look up the stack
    outer: FrameType | None = frame
    while outer is not None:
        if _is_own(outer.f_code.co_filename, root):
            return outer
        outer = outer.f_back
    return frame


def _is_own(file: str, root: Path) -> bool:
    return file.startswith(f"{root}{os.sep}") and not any(part in file for part in _LIBRARIES)


def _text(frame: FrameType, line: int, root: Path) -> tuple[str, str]:
    code = frame.f_code
    file = os.path.relpath(code.co_filename, root) if _is_own(code.co_filename, root) else ""
    source = linecache.getline(code.co_filename, line).strip()
    return f"{file or Path(code.co_filename).name}:{line} {code.co_name}", source
