"""Credentials that a document takes for plain parameters: a header, a cookie or a key in the query.

Frameworks declare `session: str = Cookie()` as a parameter of each operation. What is named like a
credential, is no business of a sign-up, a login or a mailed link, and is asked for by several
operations, is a security scheme by another name.
"""

import contextlib
import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apiproof.access.requirements import UNDECLARED
from apiproof.openapi.document import DocumentError, Operation, operations

_NAMES = {
    "header": re.compile(
        r"authori[sz]ation|(x-)?(api|auth|access|session)[-_]?(key|token)|(x-)?token", re.IGNORECASE
    ),
    "cookie": re.compile(
        r"(\w*[-_])?(session|sid|sessionid|token|auth|jwt)([-_]?(id|token))?", re.IGNORECASE
    ),
    "query": re.compile(r"api[-_]?key|(access|auth|session)[-_]?(token|key)", re.IGNORECASE),
}
_MAILED = re.compile(
    r"reset|verif|confirm|activat|invit|unsubscrib|log[-_ ]?in|sign[-_ ]?(in|up)|regist|refresh",
    re.IGNORECASE,
)
_CSRF = re.compile("csrf|xsrf", re.IGNORECASE)
FEWEST = 2  # operations that ask for it
Place = tuple[str, str]
HEADER: Place = ("header", "Authorization")


def place_of(cookies: Iterable[str], query: Iterable[str]) -> Place:
    """Return where a credential stands, by the names of what a user sends beside headers."""
    if (name := next(iter(query), None)) is not None:
        return "query", name
    names = [one for one in cookies if not _CSRF.search(one)]
    named = [one for one in names if _NAMES["cookie"].fullmatch(one)]
    return next((("cookie", one) for one in (*named, *names)), HEADER)


def with_undeclared_schemes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose credentials are security schemes; the same where they are.

    Args:
        document: The document; it is not changed.
    """
    counts = Counter(place for one in _open(document) for place in _places(one))
    chosen = {place: f"undeclared {place[1]}" for place, n in counts.items() if n >= FEWEST}
    if not chosen:
        return document
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for operation in list(_open(changed)):
        found = [place for place in _places(operation) if place in chosen]
        if found:
            _own_parameters(changed, operation.path)
            operation.definition["security"] = [{chosen[place]: [] for place in found}]
            operation.definition["parameters"] = [
                one
                for one in operation.definition["parameters"]
                if (one["in"], one["name"]) not in found
            ]
    declared = changed.setdefault("components", {}).setdefault("securitySchemes", {})
    declared.update({name: _scheme(place) for place, name in chosen.items()})
    return changed


def with_unnamed_scheme(
    document: Mapping[str, Any], place: Callable[[], Place]
) -> Mapping[str, Any]:
    """Return a document that has a key where it says nothing of credentials.

    Which operations ask for it shows when they are called.

    Args:
        document: The document; it is not changed.
        place: Says where users send theirs, as `header` and `Authorization`; they may sign in.
    """
    components = document.get("components") or {}
    if components.get("securitySchemes") or any(one.security for one in operations(document)):
        return document
    unnamed = {UNDECLARED: _key(*place())}
    return {**document, "components": {**components, "securitySchemes": unnamed}}


def _open(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the operations for which the document asks for nothing."""
    for operation in operations(document):
        words = f"{operation.path} {operation.definition.get('operationId', '')}"
        if not operation.security and not _MAILED.search(words):
            yield operation


def _places(operation: Operation) -> list[Place]:
    try:
        found = [(one.location, one.name) for one in operation.parameters]
    except DocumentError:  # an operation that cannot be read is told where it is tried
        return []
    return [one for one in found if one[0] in _NAMES and _NAMES[one[0]].fullmatch(one[1])]


def _own_parameters(document: dict[str, Any], path: str) -> None:
    """Write the parameters of a path, and what references name, into each of its operations."""
    for operation in [one for one in operations(document) if one.path == path]:
        with contextlib.suppress(DocumentError):
            parts = [dict(one.part.node) for one in operation.parameters]
            operation.definition["parameters"] = parts
    for operation in [one for one in operations(document) if one.path == path]:
        operation.item.node.pop("parameters", None)


def _scheme(place: Place) -> dict[str, str]:
    where, name = place
    if name.lower() == "authorization":
        return {"type": "http", "scheme": "bearer"}
    return _key(where, name)


def _key(where: str, name: str) -> dict[str, str]:
    return {"type": "apiKey", "in": where, "name": name}
