"""What an operation may refuse, turned from error classes into OpenAPI responses.

Must not know any operation: routers name the errors, this says how they are written down.
"""

from typing import Any

from api.errors import (
    ApiError,
    BodyTooLarge,
    DatabaseUnavailable,
    IdentityUnavailable,
    KeysUnavailable,
    NotAuthenticated,
    RequestInvalid,
    ScopeMissing,
    Throttled,
    TokenInvalid,
    ValidationFailure,
)

BODY = (BodyTooLarge, RequestInvalid)
IDENTITY = (Throttled, IdentityUnavailable)
CALLER = (NotAuthenticated, TokenInvalid, ScopeMissing, KeysUnavailable, DatabaseUnavailable)

_HEADERS: dict[str, dict[str, Any]] = {
    "WWW-Authenticate": {
        "description": "How to authenticate, and what is wrong with the token (RFC 6750).",
        "schema": {"type": "string", "pattern": "^Bearer"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try (RFC 9110, 10.2.3).",
        "schema": {"type": "integer", "minimum": 0},
    },
}


def responses(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for a route's `responses`, one entry per status.

    Args:
        errors: everything that the operation may raise; several may share a status.
    """
    by_status: dict[int, list[type[ApiError]]] = {}
    for error in errors:
        by_status.setdefault(error.status_code, []).append(error)
    return {status: _response(group) for status, group in sorted(by_status.items())}


def _response(errors: list[type[ApiError]]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "model": errors[0].model,
        "description": " ".join(_first_line(error) for error in errors),
    }
    names = {name for error in errors for name in error.headers}
    if names:
        response["headers"] = {
            name: _HEADERS[name] | {"required": all(name in error.headers for error in errors)}
            for name in sorted(names)
        }
    if errors[0].model is not ValidationFailure:
        examples = {error.__name__: _example(error) for error in errors}
        response["content"] = {"application/json": {"examples": examples}}
    return response


def _first_line(error: type[ApiError]) -> str:
    return (error.__doc__ or error.detail).splitlines()[0]


def _example(error: type[ApiError]) -> dict[str, Any]:
    return {"summary": _first_line(error), "value": {"detail": error.detail}}
