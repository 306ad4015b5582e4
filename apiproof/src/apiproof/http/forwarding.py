"""An ASGI application that forwards everything to a server elsewhere, and changes nothing of it."""

from urllib.parse import quote

import urllib3
from starlette.concurrency import run_in_threadpool
from urllib3.util import SKIP_HEADER

from apiproof.http import ASGIApp, Message, Receive, Send

TIMEOUT = 30.0  # seconds
# RFC 9110, 7.6.1: what concerns one connection only.
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}

# Whoever serves this application says these, too.
_SERVERS_OWN = {"date", "server"}


def forward_to(base_url: str, *, keep_host: bool = False) -> ASGIApp:
    """Build the application.

    Args:
        base_url: The server's, with a path where it has one.
        keep_host: Whether the server sees the Host header of the caller, rather than its own.
    """
    dropped = {*_HOP_BY_HOP, "content-length", *(() if keep_host else ("host",))}
    target = base_url.rstrip("/")
    # Not requests: it reads redirects ahead, unpacks bodies and adds headers.
    pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT, maxsize=64)

    async def forward(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        if scope["type"] != "http":
            return
        body = await whole_body(receive)
        answer = await run_in_threadpool(_ask, pool, target, scope, body, dropped)
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
            if name.lower() not in _HOP_BY_HOP | _SERVERS_OWN
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.data})

    return forward


async def whole_body(receive: Receive) -> bytes:
    """Read a request's body to its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _live(receive: Receive, send: Send) -> None:
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


def _ask(
    pool: urllib3.PoolManager, target: str, scope: Message, body: bytes, dropped: set[str]
) -> urllib3.BaseHTTPResponse:
    query = scope["query_string"].decode("latin-1")
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    headers = urllib3.HTTPHeaderDict()
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key not in dropped:
            headers.add(key, value.decode("latin-1"))
    for added in {"user-agent", "accept-encoding"} - set(headers):
        headers[added] = SKIP_HEADER
    return pool.request(
        scope["method"],
        f"{target}{path}?{query}" if query else f"{target}{path}",
        body=body or None,
        headers=headers,
        redirect=False,
        decode_content=False,
    )
