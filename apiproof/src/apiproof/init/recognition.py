"""What a document's operations are for: signing up, confirming, logging in, signing out.

By path, operationId and the names of body fields; nothing is sent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.openapi.document import Operation, operations
from apiproof.openapi.references import flattened

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

_SIGN_UP = re.compile(r"sign-?_?up|regist(er|ration)|create_account", re.IGNORECASE)
_CONFIRM = re.compile(r"verif|confirm|activat", re.IGNORECASE)
_LOGIN = re.compile(r"log-?_?in|sign-?_?in|token|authenticat", re.IGNORECASE)
_RESEND = re.compile(r"resend", re.IGNORECASE)
_FORGOT = re.compile(r"forgot|request.*reset|recover", re.IGNORECASE)
_RESET = re.compile(r"reset|(confirm|set).*password|new-?_?password", re.IGNORECASE)
_CHALLENGE = re.compile(r"challenge|password|mfa|otp|second_?factor|verif|confirm", re.IGNORECASE)
_SIGN_OUT = re.compile(r"log-?_?out|sign-?_?out", re.IGNORECASE)
_TEMPORARY = re.compile(r"te?mp(orary)?_?pass", re.IGNORECASE)
_ANSWERS = {"code", "new_password", "password"}
_OWN = re.compile(r"/(me|account|profile|self)/?$", re.IGNORECASE)
SESSION = re.compile(r"([a-z]+_?)?session(_?(id|token|key))?", re.IGNORECASE)
_FIELDS = {
    "username": re.compile(r"user_?name|login|user", re.IGNORECASE),
    "email": re.compile(r"([a-z]+_)?e?mail(_?address)?", re.IGNORECASE),
    "new_password": re.compile(r"(confirm_?)?new_?password(_?confirm(ation)?)?", re.IGNORECASE),
    "password": re.compile(
        r"([a-z]+_)?pass(word|wd)?(_?confirm(ation)?)?|confirm_?password", re.IGNORECASE
    ),
    "code": re.compile(r".*code|otp|pin", re.IGNORECASE),
    "session": SESSION,
}


@dataclass(frozen=True)
class Recognised:
    """An operation whose purpose is clear.

    Attributes:
        operation: The operation.
        media: The media type of its body.
        fields: The body's required fields, by what they hold: `username`, `email`, `password`,
            `new_password`, `code`, `session` (of a login that is not over), or `other` names that
            are not understood.
        answer: The members of its success that hold the `session` of a login that is not over.
    """

    operation: Operation
    media: str
    fields: Mapping[str, str]
    answer: tuple[str, ...] = ()


def recognise(document: dict[str, Any]) -> dict[str, Recognised]:
    """Return the first operation of each purpose, by purpose."""
    found: dict[str, Recognised] = {}
    for operation in operations(document):
        body = _body(document, operation)
        for purpose in _purposes(operation, body):
            found.setdefault(purpose, body)
    return found


def session_enders(document: dict[str, Any]) -> list[str]:
    """Return the operationIds after which a caller's token is of no use."""
    return [
        operation.operation_id
        for operation in operations(document)
        if _SIGN_OUT.search(operation.path)
        or (operation.method == "DELETE" and _OWN.search(operation.path))
    ]


def _purposes(operation: Operation, body: Recognised) -> Iterator[str]:
    if operation.method not in {"POST", "PUT", "PATCH"}:
        return
    name, has = operation.path, body.fields.values()
    if _RESEND.search(name):
        yield "resend"
    elif _is_challenge(name, body):
        yield "second_factor" if "code" in has else "new_password"
    elif _FORGOT.search(name) and "code" not in has:
        yield "forgot"
    elif "code" in has and ("new_password" in has or "password" in has or _RESET.search(name)):
        yield "reset"
    elif "code" in has and _CONFIRM.search(name):
        yield "confirm"
    elif "password" in has and "new_password" not in has and _SIGN_UP.search(name):
        yield "sign_up"
    elif "password" in has and "new_password" not in has and _LOGIN.search(name):
        yield "login"


def _is_challenge(name: str, body: Recognised) -> bool:
    """Whether a path and a body are of who answers a challenge: in a session, or all at once."""
    has = set(body.fields.values())
    is_session = "session" in has and bool(_ANSWERS & has)
    is_temporary = "new_password" in has and any(map(_TEMPORARY.match, body.fields))
    return (is_session or is_temporary) and bool(_CHALLENGE.search(name))


def _body(document: dict[str, Any], operation: Operation) -> Recognised:
    content = flattened(document, operation.definition.get("requestBody", {})).get("content", {})
    media = next((name for name in (JSON, FORM) if name in content), JSON)
    schema = flattened(document, content.get(media, {}).get("schema", {}))
    properties = flattened(document, schema).get("properties", {})
    required = schema.get("required", list(properties))
    fields = {name: _meaning(name) for name in required}
    return Recognised(operation, media, fields, tuple(_sessions(document, operation)))


def _sessions(document: dict[str, Any], operation: Operation) -> Iterator[str]:
    """Yield the members of an operation's success that are called like a session."""
    responses = operation.definition.get("responses", {})
    successes = [responses.get(status, {}) for status in ("200", "201")]
    waiting = [
        flattened(document, success).get("content", {}).get(JSON, {}).get("schema", {})
        for success in successes
    ]
    while waiting:
        schema = waiting.pop(0)
        alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        waiting += alternatives
        properties = {} if alternatives else flattened(document, schema).get("properties", {})
        yield from (name for name in properties if SESSION.fullmatch(name))


def _meaning(name: str) -> str:
    return next((kind for kind, form in _FIELDS.items() if form.fullmatch(name)), "other")
