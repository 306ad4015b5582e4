"""What an auth document must look like, and what is wrong with one that does not.

Source: https://github.com/WebFuzzing/Commons, schemas/auth.yaml; `clientCredentials`,
`basicUserPwd`, `role`, `roles`, `signUp`, and `steps`, `values` and `sendIn: query` of a login are
ours. No text holds a value: they are credentials.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from apiproof.access.login_entries import BASIC, MACHINE

_TEXT: Final = {"type": "string"}
_NUMBER_OR_TEXT: Final = {"type": ["string", "number"]}  # names and PINs that YAML reads as numbers


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


_HEADERS: Final = {"type": "array", "items": _object(name=_TEXT, value=_TEXT)}
_TOKEN: Final = _object(
    extractFrom={"enum": ["body", "header"]},
    extractSelector=_TEXT,
    sendIn={"enum": ["header", "query", "cookie"]},
    sendName=_TEXT,
    sendTemplate={"type": "string", "pattern": r"\{token\}"},
)
_BASIC: Final = _object(username=_NUMBER_OR_TEXT, password=_NUMBER_OR_TEXT)
_REQUEST: Final = {
    "verb": _TEXT,
    "endpoint": _TEXT,
    "externalEndpointURL": _TEXT,
    "payloadRaw": _TEXT,
    "payloadUserPwd": _object(
        username=_NUMBER_OR_TEXT, password=_NUMBER_OR_TEXT, usernameField=_TEXT, passwordField=_TEXT
    ),
    "headers": _HEADERS,
    "contentType": _TEXT,
    BASIC: _BASIC,
}
_LOGIN: Final = _object(
    **_REQUEST,
    token=_TOKEN,
    steps={"type": "array", "items": _object(**_REQUEST)},
    values={"type": "object", "additionalProperties": _NUMBER_OR_TEXT},
)
_MACHINE: Final = _object(tokenUrl=_TEXT, clientId=_TEXT, clientSecret=_TEXT, scope=_TEXT)
_ENTRY: Final = _object(
    name=_NUMBER_OR_TEXT,
    role=_TEXT,
    roles={"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    fixedHeaders=_HEADERS,
    loginEndpointAuth=_LOGIN,
    **{MACHINE: _MACHINE, BASIC: _BASIC},
    signUp={"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
)
_DOCUMENT: Final = _object(auth={"type": "array", "items": _ENTRY}, authTemplate=_ENTRY)


def type_fault(document: Any) -> str:
    """Say where a document holds what it should not; "" if nowhere."""
    error = next(_validator().iter_errors(document), None)
    if error is None:
        return ""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    advice = ": put it in quotation marks" if '"string"' in error.message else ""
    return f"{''.join(parts).lstrip('.')}: {error.message}{advice}"


def entry_fault(entry: Mapping[str, Any]) -> str:
    """Say what an entry lacks, its template folded in; "" if nothing."""
    if "name" not in entry:
        return "has no name"
    if MACHINE in entry:
        return _without("a machine", entry[MACHINE], ("tokenUrl", "clientId", "clientSecret"))
    if not {"fixedHeaders", "loginEndpointAuth", BASIC} & set(entry):
        return f"needs fixedHeaders, loginEndpointAuth or both, or {BASIC}"
    if not all({"name", "value"} <= set(item) for item in entry.get("fixedHeaders", ())):
        return "has a header without name or value"
    return _without(f"a {BASIC}", entry.get(BASIC), _NAMED) or _login_fault(
        entry.get("loginEndpointAuth")
    )


def name_fault(names: Iterable[str]) -> str:
    """Say which name stands twice, so that one user would hide the other; "" if none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return f"names {name!r} twice: give each user a name of its own"
        seen.add(name)
    return ""


def _login_fault(login: Mapping[str, Any] | None) -> str:
    if login is None:
        return ""
    if "verb" not in login or not {"endpoint", "externalEndpointURL"} & set(login):
        return "has a login without verb or endpoint"
    if not all({"name", "value"} <= set(item) for item in login.get("headers", ())):
        return "has a login's header without name or value"
    for step in login.get("steps", ()):
        if fault := _login_fault(step):
            return fault.replace("a login", "a step of a login")
    return (
        _without("a payloadUserPwd", login.get("payloadUserPwd"), (*_NAMED, *_FIELDS))
        or _without(f"a {BASIC}", login.get(BASIC), _NAMED)
        or _without("a token", login.get("token"), _TOKEN_MEMBERS)
    )


_NAMED: Final = ("username", "password")
_FIELDS: Final = ("usernameField", "passwordField")
_TOKEN_MEMBERS: Final = ("extractFrom", "extractSelector", "sendIn", "sendName")


def _without(what: str, given: Mapping[str, Any] | None, names: Iterable[str]) -> str:
    absent = [name for name in names if given is not None and name not in given]
    return f"has {what} without {', '.join(sorted(absent))}" if absent else ""


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_DOCUMENT, mask="it")
