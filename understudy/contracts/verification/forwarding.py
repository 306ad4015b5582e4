"""An ASGI application that is a deployed provider: it forwards everything, and changes nothing.

It exists so that the stage can stand before a provider in another process or on another host.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import requests
from starlette.concurrency import run_in_threadpool

from understudy.contracts.verification.stage import ProviderSilent, whole_body
from understudy.errors import Refusal
from understudy.subject import ASGIApp, Message

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


class ProviderUnreachable(Refusal):
    """Nothing answers at the provider's URL."""


def forward_to(base_url: str) -> ASGIApp:
    """Build the application.

    Args:
        base_url: the provider's, with a path where it has one.

    Raises:
        ProviderUnreachable: nothing answers there.
    """
    target = base_url.rstrip("/")
    session = requests.Session()
    try:
        session.get(target or base_url, timeout=TIMEOUT, allow_redirects=False)
    except (requests.RequestException, ValueError) as why:
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
            answer = await run_in_threadpool(_ask, session, target, scope, body)
        except requests.RequestException as why:
            raise ProviderSilent from why
        await send(
            {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": [
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in answer.raw.headers.items()
                    if name.lower() not in _HOP_BY_HOP
                ],
            }
        )
        content = await run_in_threadpool(answer.raw.read, decode_content=False)
        await send({"type": "http.response.body", "body": content})

    return forward


def _ask(session: requests.Session, target: str, scope: Message, body: bytes) -> requests.Response:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    headers: dict[str, Any] = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.decode("latin-1").lower() not in {*_HOP_BY_HOP, "host", "content-length"}
    }
    return session.request(
        scope["method"],
        f"{target}{path}?{query}" if query else f"{target}{path}",
        data=body or None,
        headers={"User-Agent": None, "Accept": None, "Accept-Encoding": None, **headers},
        timeout=TIMEOUT,
        allow_redirects=False,
        stream=True,
    )
