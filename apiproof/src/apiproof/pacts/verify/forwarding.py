"""An ASGI application that is a deployed provider: it forwards everything, and changes nothing.

It exists so that the stage can stand before a provider in another process or on another host.
"""

from collections.abc import Awaitable, Callable

import urllib3
from starlette.concurrency import run_in_threadpool
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import SKIP_HEADER

from apiproof.errors import UserError
from apiproof.pacts.verify.stage import ProviderSilent, whole_body
from apiproof.service import ASGIApp, Message

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


class ProviderUnreachable(UserError):
    """Nothing answers at the provider's URL."""


def forward_to(base_url: str) -> ASGIApp:
    """Build the application.

    Args:
        base_url: the provider's, with a path where it has one.

    Raises:
        ProviderUnreachable: nothing answers there.
    """
    target = base_url.rstrip("/")
    # Not requests: it reads redirects ahead, unpacks bodies and adds headers.
    pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)
    try:
        if not target.lower().startswith(("http://", "https://")):
            raise LocationValueError("it is no http:// or https:// URL")
        pool.request("GET", target, redirect=False)
    except (HTTPError, ValueError) as why:
        raise ProviderUnreachable(
            f"No provider answers at {base_url} ({type(why).__name__}). "
            "Start it, or leave --provider-url out to verify the one of this repository."
        ) from None

    async def forward(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body = await whole_body(receive)
        try:
            answer = await run_in_threadpool(_ask, pool, target, scope, body)
        except HTTPError as why:
            raise ProviderSilent from why
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in answer.headers.items()
                    if name.lower() not in _HOP_BY_HOP
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer.data})

    return forward


def _ask(
    pool: urllib3.PoolManager, target: str, scope: Message, body: bytes
) -> urllib3.BaseHTTPResponse:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    headers = urllib3.HTTPHeaderDict()
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key not in {*_HOP_BY_HOP, "host", "content-length"}:
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
