"""The kit's own small HTTP applications: what they are asked, and callers that hang up."""

from collections.abc import Sequence
from json import JSONDecodeError
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

CLIENT_DISCONNECTED = 499  # nginx's name for it: nobody reads the answer


def json_app(routes: Sequence[BaseRoute]) -> Starlette:
    """Build an application whose refusals are JSON, and to which a caller's end is no news.

    Whoever is interrupted hangs up in mid-request; Starlette (1.10) would have it logged with a
    traceback as an error of the application.
    """
    return Starlette(
        routes=routes, exception_handlers={ClientDisconnect: _hung_up, HTTPException: _refused}
    )


async def json_body(request: Request) -> dict[str, Any]:
    """Read what a request asks, a JSON object; without a body it is empty.

    Raises:
        HTTPException: The body is anything else (400).
    """
    if not await request.body():
        return {}
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is not a JSON object.")
    return body


async def _hung_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_DISCONNECTED)


async def _refused(_request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    return JSONResponse({"detail": refusal.detail}, refusal.status_code, refusal.headers)
