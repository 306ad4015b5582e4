"""Which operations a login takes, one after the other: a challenge or a session, then the token."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PASSWORD_FIELD,
    fields_of,
    with_field,
)
from apiproof.access.http import FORM, JSON
from apiproof.access.payloads import PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.openapi.document import Operation

_ACCESS = re.compile(r"^((access|auth|id|bearer)[-_]?)?(token|jwt)$", re.IGNORECASE)
# What one request gives and the next one takes.
HANDED_ON = re.compile(
    r"token|session|challenge|ticket|transaction|state|nonce|flow|request|attempt|handle"
    r"|(^|_)(id|key)$|Id$",
    re.IGNORECASE,
)
Path = tuple[str, ...]


def login_operations(
    security: SecurityModel, payloads: PayloadSource, login: Operation
) -> list[Operation]:
    """Return the operations of a login in their order; most have one.

    Args:
        security: The document's operations.
        payloads: What they take and give.
        login: The one that takes a password.
    """
    others = [
        one
        for one in security.operations
        if one.method == "POST" and not one.secured and "{" not in one.path and one != login
    ]
    gives = _given(payloads, login)
    if gives and not _gives_token(payloads, login):
        for other in others:
            is_last = _gives_token(payloads, other) or not _given(payloads, other)
            if is_last and set(_taken(payloads, other)) & set(gives):
                return [login, other]
    needs = set(_taken(payloads, login))
    for other in others:
        is_first = any(_names_user(path) for path, _ in fields_of(payloads.full_body(other)))
        if needs & set(_given(payloads, other)) and is_first:
            return [other, login]
    return [login]


def _given(payloads: PayloadSource, operation: Operation) -> dict[str, Path]:
    """Return the members of an answer, each with its path."""
    return {path[-1]: path for path, _ in fields_of(payloads.answer_example(operation))}


def _taken(payloads: PayloadSource, operation: Operation) -> Iterator[str]:
    """Yield the members of a body that an earlier request gives, by their names."""
    for path, _ in fields_of(payloads.full_body(operation, full=False)):
        if HANDED_ON.search(path[-1]) and not _names_user(path):
            yield path[-1]


def _names_user(path: Path) -> bool:
    return bool(NAME_FIELD.search(path[-1]) or EMAIL_FIELD.search(path[-1]))


def _gives_token(payloads: PayloadSource, operation: Operation) -> bool:
    return any(_ACCESS.search(name) for name in _given(payloads, operation))


def step_request(
    payloads: PayloadSource, operation: Operation, earlier: list[Operation]
) -> dict[str, Any]:
    """Return a request of a login in several steps, with places to fill in.

    Args:
        payloads: What it takes.
        operation: What is asked.
        earlier: What was asked before.
    """
    media, _ = payloads.body_schema(operation)
    given: dict[str, Path] = {}
    for one in earlier:
        given |= _given(payloads, one)
    body: Any = {}
    for path, value in fields_of(payloads.full_body(operation, full=False)):
        body = with_field(body, path, _place(path, value, given))
    said = json.dumps(body)
    if media == FORM:  # not encoded: places are filled in with encoded values
        said = "&".join(f"{path[-1]}={value}" for path, value in fields_of(body))
    return {
        "verb": "POST",
        "endpoint": operation.path,
        "contentType": media or JSON,
        "payloadRaw": said,
    }


def _place(path: Path, value: Any, given: Mapping[str, Path]) -> Any:
    name = path[-1]
    if name in given:
        return "{/" + "/".join(given[name]) + "}"
    if PASSWORD_FIELD.search(name):
        return "{password}"
    if NAME_FIELD.search(name):
        return "{username}"
    if EMAIL_FIELD.search(name):
        return "{email}"
    return "{" + name + "}" if isinstance(value, str) else value


def values_asked(steps: list[Mapping[str, Any]]) -> list[str]:
    """Return the names of the places that only a user can fill: a `code`."""
    found = re.findall(r"\{([A-Za-z]\w*)\}", " ".join(str(one["payloadRaw"]) for one in steps))
    return [name for name in dict.fromkeys(found) if name not in {"username", "email", "password"}]
