"""What an operation may refuse, turned from error classes into OpenAPI responses.

Routers name the errors, this says how they are written down.
"""

from typing import Any

from pydantic import BaseModel, Field

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
)


class Failure(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="One sentence for people.", examples=["User not found"])


class Problem(BaseModel):
    """One thing that is wrong with a request. The value itself is never repeated."""

    loc: list[str | int] = Field(
        description="Where: body, query or path, then the way to the value.",
        examples=[["body", "username"]],
    )
    msg: str = Field(description="What is wrong.", examples=["Field required"])
    type: str = Field(description="The kind of problem, for programs.", examples=["missing"])


class ValidationFailure(BaseModel):
    """Everything that is wrong with a request."""

    detail: list[Problem]


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
    is_list = issubclass(errors[0], RequestInvalid)
    response: dict[str, Any] = {
        "model": ValidationFailure if is_list else Failure,
        "description": " ".join(_first_line(error) for error in errors),
    }
    names = {name for error in errors for name in error.headers}
    if names:
        response["headers"] = {
            name: _HEADERS[name] | {"required": all(name in error.headers for error in errors)}
            for name in sorted(names)
        }
    if not is_list:
        examples = {error.__name__: _example(error) for error in errors}
        response["content"] = {"application/json": {"examples": examples}}
    return response


def _first_line(error: type[ApiError]) -> str:
    return (error.__doc__ or error.detail).splitlines()[0]


def _example(error: type[ApiError]) -> dict[str, Any]:
    return {"summary": _first_line(error), "value": {"detail": error.detail}}
