"""Credentials that a document takes for plain parameters: a header, a cookie or a key in the query.

Frameworks declare `session: str = Cookie()` as a parameter of each operation. What is named like a
credential, is no business of a sign-up, a login or a mailed link, and is asked for by several
operations, is a security scheme by another name.
"""

import copy
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
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
FEWEST = 2  # operations that ask for it
Place = tuple[str, str]


def with_undeclared_schemes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose credentials are security schemes; the same where they are.

    Args:
        document: The document; it is not changed.
    """
    counts = Counter(place for _, operation in _open(document) for place in _places(operation))
    chosen = {place: f"undeclared {place[1]}" for place, n in counts.items() if n >= FEWEST}
    if not chosen:
        return document
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for _, operation in _open(changed):
        found = [place for place in _places(operation) if place in chosen]
        if found:
            operation["security"] = [{chosen[place]: [] for place in found}]
            operation["parameters"] = [
                one for one in operation["parameters"] if _place(one) not in found
            ]
    declared = changed.setdefault("components", {}).setdefault("securitySchemes", {})
    declared.update({name: _scheme(place) for place, name in chosen.items()})
    return changed


def _open(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations for which the document asks for nothing, with what names them."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if method in _METHODS and not operation.get("security", document.get("security")):
                words = f"{path} {operation.get('operationId', '')}"
                if not _MAILED.search(words):
                    yield words, operation


def _places(operation: Mapping[str, Any]) -> list[Place]:
    found = [_place(one) for one in operation.get("parameters", ()) if isinstance(one, Mapping)]
    return [one for one in found if one[0] in _NAMES and _NAMES[one[0]].fullmatch(one[1])]


def _place(parameter: Mapping[str, Any]) -> Place:
    return str(parameter.get("in", "")), str(parameter.get("name", ""))


def _scheme(place: Place) -> dict[str, str]:
    where, name = place
    if name.lower() == "authorization":
        return {"type": "http", "scheme": "bearer"}
    return {"type": "apiKey", "in": where, "name": name}
