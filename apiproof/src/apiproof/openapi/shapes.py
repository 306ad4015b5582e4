"""Whether the parts of a document are of the JSON types that OpenAPI gives them.

Only what is read is looked at: a document with other flaws is a document all the same. Schemas are
judged where they are read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from apiproof.openapi.operations import METHODS
from apiproof.openapi.references import Document, DocumentError, Located

_TEXT: Final = "text"
_NAME: Final = "name"
_SCOPE: Final = "scope"
_SCHEMA: Final = "schema"
_PARAMETERS: Final = {"parameters": ("list", "parameter")}
_SERVERS: Final = {"servers": ("list", "server")}
_CONTENT: Final = {"content": ("map", "media type")}
_FIELDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "document": {
        **_SERVERS,
        "security": ("list", "security requirement"),
        "paths": ("map", "path item"),
        "webhooks": ("map", "path item"),
        "components": ("one", "components"),
    },
    "server": {"variables": ("map", "server variable")},
    "server variable": {"enum": ("list", _NAME)},
    "components": {"securitySchemes": ("map", "security scheme")},
    "path item": {
        **_PARAMETERS,
        **_SERVERS,
        **dict.fromkeys(METHODS, ("one", "operation")),
        "additionalOperations": ("map", "operation"),
    },
    "operation": {
        **_PARAMETERS,
        **_SERVERS,
        "operationId": ("one", _NAME),
        "requestBody": ("one", "request body"),
        "responses": ("map", "response"),
        "callbacks": ("map", "callback"),
        "security": ("list", "security requirement"),
    },
    "callback": {"": ("one", "path item")},
    "parameter": {
        **_CONTENT,
        "name": ("one", _NAME),
        "in": ("one", _TEXT),
        "style": ("one", _TEXT),
        "schema": ("one", _SCHEMA),
    },
    "request body": _CONTENT,
    "response": {**_CONTENT, "headers": ("map", "header")},
    "header": {**_CONTENT, "schema": ("one", _SCHEMA)},
    "media type": {"schema": ("one", _SCHEMA), "encoding": ("map", "encoding")},
    "encoding": {"contentType": ("one", _TEXT), "style": ("one", _TEXT)},
    "security requirement": {"": ("list", _SCOPE)},
    "security scheme": {"flows": ("map", "flow")},
}
"""What the fields of each kind of object hold; an empty name stands for every field."""
_KINDS: Final = {_TEXT: str, _SCOPE: str, _NAME: (str, int, float), _SCHEMA: (Mapping, bool)}
"""The Python types of what is no plain object; YAML reads a name such as `404` as a number."""
_CONTAINERS: Final = {"list": list, "map": Mapping}
_WORDS: Final = {str: "a text", list: "a list", dict: "an object", bool: "true or false"}


def require_shape(document: Document) -> None:
    """Raise DocumentError at the first part that is read and is of another JSON type.

    What is null counts as absent: YAML writes an empty object or list so.
    """
    seen: set[tuple[str, str]] = set()
    queue: list[tuple[str, Located]] = [("document", document.root)]
    while queue:
        kind, part = queue.pop()
        part = _followed(document, kind, part)
        absent = part.node is None and kind != _SCOPE
        if absent or (kind, part.pointer) in seen:
            continue
        seen.add((kind, part.pointer))
        _require(document, part, _KINDS.get(kind, Mapping), f"a {kind}")
        if kind not in _KINDS:
            queue += _parts(document, kind, part)


def _followed(document: Document, kind: str, part: Located) -> Located:
    if kind == _SCHEMA or not isinstance(part.node, Mapping) or "$ref" not in part.node:
        return part
    if kind:  # in a map it may be a name
        _require(document, part.at("$ref"), str, "a text")
    return document.resolve(part)


def _parts(document: Document, kind: str, part: Located) -> Iterator[tuple[str, Located]]:
    fields = _FIELDS.get(kind, {})
    every = dict.fromkeys(part.node, fields[""]) if "" in fields else fields
    for name, (container, inner) in every.items():
        field = part.at(name)
        if field.node is None or (kind == "callback" and str(name).startswith("x-")):
            continue
        if container == "one":
            yield inner, field
            continue
        field = _followed(document, "", field) if container == "map" else field
        _require(document, field, _CONTAINERS[container], f"a {container} of {inner}s")
        keys = range(len(field.node)) if container == "list" else field.node
        for key in keys:
            if container == "list" or not str(key).startswith("x-"):
                yield inner, field.at(key)


def _require(document: Document, part: Located, kind: Any, wanted: str) -> None:
    if not isinstance(part.node, kind):
        found = _WORDS.get(type(part.node), "a number")
        raise DocumentError(
            f"{document.name}: {part.place} should be {wanted} and is {found}; repair it."
        )
