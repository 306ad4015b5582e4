"""HTTP clients: one that calls an ASGI application in-process, one for a base URL.

One private event loop, run by the calling thread, and synchronous endpoints called in place: two
to four times as many requests per second as a portal and a worker thread per call. Calls are
serialized by a lock, so that races never show in-process: test concurrency against a live server.
"""

import asyncio
import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import anyio.to_thread
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from apiproof.http import ASGIApp, Message

BASE_URL = "http://testserver"
REQUEST_TIMEOUT = 30.0  # seconds

_lock = threading.Lock()
_in_place_threads: dict[int, int] = {}  # how deep, by thread
_run_sync = anyio.to_thread.run_sync  # what is put back when the last block ends


async def _run_sync_in_place(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Replace `anyio.to_thread.run_sync`: call in place on our loops, in a worker elsewhere."""
    if threading.get_ident() in _in_place_threads:
        return function(*args)
    return await _run_sync(function, *args, **options)


@contextlib.contextmanager
def in_place() -> Iterator[None]:
    """Call synchronous endpoints in the calling thread instead of in workers, for a block.

    anyio's function is replaced while any thread is in such a block, and put back by the last.
    """
    global _run_sync  # noqa: PLW0603  # the one owner of what it replaces
    ident = threading.get_ident()
    with _lock:
        if not _in_place_threads:
            _run_sync = anyio.to_thread.run_sync
            anyio.to_thread.run_sync = _run_sync_in_place  # type: ignore[assignment]  # looser
        _in_place_threads[ident] = _in_place_threads.get(ident, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _in_place_threads[ident] -= 1
            if not _in_place_threads[ident]:
                del _in_place_threads[ident]
            if not _in_place_threads:
                anyio.to_thread.run_sync = _run_sync


class _Adapter(HTTPAdapter):
    """A transport for `requests` that ends in an ASGI application instead of a socket."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._lifespan: asyncio.Future[None] = self._loop.create_future()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()

    def start(self) -> None:
        self._run(self._startup())

    def close(self) -> None:
        super().close()
        if not self._loop.is_closed():
            self._run(self._shutdown())
            self._loop.close()

    def _run(self, coroutine: Any) -> Any:
        with self._lock, in_place():
            return self._loop.run_until_complete(coroutine)

    async def _startup(self) -> None:
        scope: Message = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._lifespan = asyncio.ensure_future(
            _as_coroutine(self._app, scope, self._inbox.get, self._outbox.put)
        )
        await self._inbox.put({"type": "lifespan.startup"})
        await self._answer()

    async def _shutdown(self) -> None:
        if not self._lifespan.done():
            await self._inbox.put({"type": "lifespan.shutdown"})
            await self._answer()
            await self._lifespan

    async def _answer(self) -> None:
        reply = asyncio.ensure_future(self._outbox.get())
        both: set[asyncio.Future[Any]] = {reply, self._lifespan}
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if reply not in done:
            reply.cancel()
            self._lifespan.result()
        elif str(reply.result()["type"]).endswith(".failed"):
            await asyncio.wait({self._lifespan})
            cause = self._lifespan.exception()
            raise RuntimeError(f"The application did not start: {cause}") from cause

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # the arguments concern sockets
        answer = _Answer()
        self._run(
            self._app(_scope(request), _receiver(request.body, answer.is_complete), answer.receive)
        )
        return self.build_response(request, answer.as_urllib3(request.method))


async def _as_coroutine(app: ASGIApp, *args: Any) -> None:
    await app(*args)


class _Answer:
    """Collects what the application sends."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = io.BytesIO()
        self.is_complete = asyncio.Event()

    async def receive(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", [])
            ]
        elif message["type"] == "http.response.body":
            self.body.write(message.get("body", b""))
            if not message.get("more_body", False):
                self.is_complete.set()

    def as_urllib3(self, method: str | None) -> HTTPResponse:
        if not self.status:
            raise requests.ConnectionError("The application ended without a response.")
        self.body.seek(0)
        body = io.BytesIO() if method == "HEAD" else self.body
        return HTTPResponse(
            body=body,
            headers=HTTPHeaderDict(self.headers),
            status=self.status,
            version=11,
            preload_content=False,
            request_method=method,
        )


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def _scope(request: requests.PreparedRequest) -> Message:
    parts = urlsplit(str(request.url))
    headers = [(_octets(name.lower()), _octets(value)) for name, value in request.headers.items()]
    if "host" not in request.headers:
        headers.insert(0, (b"host", parts.netloc.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": (parts.hostname, parts.port or 80),
        "state": {},
    }


def _receiver(body: Any, is_answered: asyncio.Event) -> Callable[[], Any]:
    """Give the body, and say that the client hangs up when it has its answer."""
    chunks = iter(_chunks(body))
    pending = next(chunks, b"")
    sent_all = False

    async def receive() -> Message:
        nonlocal pending, sent_all
        if sent_all:
            await is_answered.wait()
            return {"type": "http.disconnect"}
        chunk, following = pending, next(chunks, None)
        sent_all = following is None
        pending = following or b""
        return {"type": "http.request", "body": chunk, "more_body": not sent_all}

    return receive


def _chunks(body: Any) -> Iterator[bytes]:
    if body is None:
        return
    if isinstance(body, str):
        yield body.encode()
    elif isinstance(body, bytes):
        yield body
    elif hasattr(body, "read"):
        yield body.read()
    else:
        for chunk in body:
            yield chunk.encode() if isinstance(chunk, str) else chunk


class HttpClient(requests.Session):
    """A `requests.Session` for a server at a base URL; it ignores proxies from the environment."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.trust_env = False
        self.base_url = base_url.rstrip("/")

    def request(  # type: ignore[override]  # the base class spells out every argument
        self, method: str, url: str, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send one request; a URL that starts with a slash is relative to `base_url`."""
        kwargs.setdefault("allow_redirects", False)
        kwargs.setdefault("timeout", REQUEST_TIMEOUT)
        target = self.base_url + url if url.startswith("/") else url
        return super().request(method, target, *args, **kwargs)


class AsgiClient(HttpClient):
    """A `requests.Session` that reaches an ASGI application without a socket.

    Use it as a context manager: entering runs the application's lifespan. Pass it to Schemathesis
    as `case.call(session=client)`.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(BASE_URL)
        self._adapter = _Adapter(app)
        self.mount("http://", self._adapter)

    def __enter__(self) -> Self:
        """Start the application."""
        try:
            self._adapter.start()
        except BaseException:
            self.close()
            raise
        return self
