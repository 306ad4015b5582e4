"""How refusals become HTTP answers: one shape, `{"detail": ...}`, and nothing of the input."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.errors import ApiError, BodyTooLarge, Problem, RequestInvalid

_MISMATCH = "String should match the pattern in the OpenAPI document"


def install_exception_handlers(app: FastAPI) -> None:
    """Let the application answer every refusal in the one shape.

    Args:
        app: with all its routes.
    """
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(RequestValidationError)(_validation_error)
    app.exception_handler(HTTPException)(_framework_error)


async def _api_error(_request: Request, error: ApiError) -> Response:
    return JSONResponse(error.content(), error.status_code, dict(error.header_values()))


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    caller = getattr(request.state, "caller", None)
    if caller is not None:
        try:
            await caller.require()
        except ApiError as worse:
            return await _api_error(request, worse)
    return await _api_error(request, RequestInvalid([_problem(item) for item in error.errors()]))


async def _framework_error(request: Request, error: HTTPException) -> Response:
    """Answer what Starlette and FastAPI raise themselves: no route, no method, no readable body."""
    if error.status_code == BodyTooLarge.status_code:
        return await _api_error(request, BodyTooLarge())
    if error.status_code == 400:
        problem = {"loc": ["body"], "msg": "Body cannot be read", "type": "body_unreadable"}
        return await _api_error(request, RequestInvalid([problem]))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # Starlette names the methods of the first route of that path only.
        headers["Allow"] = ", ".join(_allowed(request))
    return JSONResponse({"detail": str(error.detail)}, error.status_code, headers)


def _allowed(request: Request) -> Sequence[str]:
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        path = getattr(route, "path", None)
        if path and compile_path(path)[0].match(request.url.path):
            methods |= set(getattr(route, "methods", None) or ())
    return sorted(methods)


def _problem(item: Mapping[str, Any]) -> Problem:
    """Keep place, text and kind; the input may be a password."""
    loc = [part if isinstance(part, int) else _printable(str(part)) for part in item["loc"]]
    # A pattern may be long, and it stands in the OpenAPI document.
    msg = _MISMATCH if item["type"] == "string_pattern_mismatch" else _printable(str(item["msg"]))
    return {"loc": loc, "msg": msg, "type": str(item["type"])}


def _printable(text: str) -> str:
    """Make text fit for UTF-8: a key in the body may be half a surrogate pair, or very long."""
    return text[:200].encode(errors="replace").decode()
