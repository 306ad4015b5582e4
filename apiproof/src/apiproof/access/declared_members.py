"""The members of a body that a document declares, at whatever depth and in whatever branch."""

from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.openapi.document import Operation
from apiproof.openapi.references import DocumentError, resolve_ref

DEPTH = 12  # schemas inside one another that are looked at


def declared_members(document: Mapping[str, Any], operation: Operation) -> frozenset[str]:
    """Return the names of the members that a request's body may have by its schema.

    What a client has made up beside them has no meaning, whatever it is called.

    Args:
        document: The document, for its references.
        operation: Whose body.
    """
    return frozenset(_names(document, operation.definition.get("requestBody", {}), DEPTH))


def _names(document: Mapping[str, Any], part: Any, depth: int) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _names(document, one, depth)
    if not isinstance(part, Mapping) or not depth:
        return
    for name, value in part.items():
        if name == "$ref":
            try:
                yield from _names(document, resolve_ref(document, str(value)), depth - 1)
            except DocumentError:
                continue
        elif name == "properties" and isinstance(value, Mapping):
            yield from map(str, value)
            for schema in value.values():
                yield from _names(document, schema, depth - 1)
        elif name not in {"example", "examples", "default", "enum", "const"}:
            yield from _names(document, value, depth - 1)
