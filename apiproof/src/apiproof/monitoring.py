"""An ASGI layer that lets somebody follow the answers of declared operations as they are sent."""

from collections.abc import Awaitable, Callable
from typing import Any

from apiproof.http import ASGIApp, Message
from apiproof.openapi.document import Operation, Router

ResponseObserver = Callable[[Message], None]


def observe_responses(
    app: ASGIApp,
    document: dict[str, Any],
    on_request: Callable[[Operation, Message], ResponseObserver],
) -> ASGIApp:
    """Wrap an ASGI application.

    Args:
        app: The application.
        document: Its OpenAPI document; other requests are let through.
        on_request: Gets the operation and the scope of a request; what it returns gets each
        message of
            the answer before it is sent.
    """
    routes = Router(document)

    async def follower(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        operation = scope["type"] == "http" and routes.find(scope["method"], scope["path"])
        if not operation:
            await app(scope, receive, send)
            return
        note = on_request(operation, scope)

        async def noting(message: Message) -> None:
            note(message)
            await send(message)

        await app(scope, receive, noting)

    return follower
