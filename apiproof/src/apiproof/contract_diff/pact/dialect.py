"""A document's schemas in the words of JSON Schema 2020-12, each at its old JSON pointer.

OpenAPI 3.0 has its own dialect (`nullable`, boolean `exclusiveMinimum`, no siblings of `$ref`);
3.1 speaks JSON Schema. In both a property that is `readOnly` need not be sent, and `int32`
bounds a number. It must not know values or pacts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apiproof.contract_diff.pact.document import Document, DocumentUnusable, Located

_MAPS: Final = {
    "properties",
    "patternProperties",
    "schemas",
    "$defs",
    "definitions",
    "dependentSchemas",
}
_DATA: Final = {"example", "examples", "default", "enum", "const", "x-example"}
_INT32: Final = 2**31
_WRAPPED: Final = "x-nullable-wrapped"


def request_view(document: Document) -> Any:
    """The whole document with schemas that judge what a client sends."""
    return _converted(document, document.root, names_follow=False)


def _converted(document: Document, part: Located, *, names_follow: bool) -> Any:
    node = part.node
    if isinstance(node, list):
        return [
            _converted(document, part.at(number), names_follow=False) for number in range(len(node))
        ]
    if not isinstance(node, Mapping):
        return node
    plain = {
        str(key): value
        if key in _DATA and not names_follow
        else _converted(document, part.at(key), names_follow=key in _MAPS and not names_follow)
        for key, value in node.items()
    }
    return plain if names_follow else _schema(document, part, plain)


def _schema(document: Document, part: Located, plain: dict[str, Any]) -> Any:
    ref = plain.get("$ref")
    if isinstance(ref, str):
        if not ref.startswith("#/"):
            return {}  # reported where it matters, by Document.resolve
        if document.is_30:
            plain = {"$ref": ref, **({"nullable": True} if plain.get("nullable") is True else {})}
    if isinstance(plain.get("required"), list) and isinstance(plain.get("properties"), dict):
        plain["required"] = [
            name
            for name in plain["required"]
            if not flagged(document, part.at("properties", name), "readOnly")
        ]
    _bounds(plain)
    return _nullable(plain)


def _bounds(plain: dict[str, Any]) -> None:
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(plain.get(exclusive), bool):
            is_exclusive = plain.pop(exclusive)
            if is_exclusive and bound in plain:
                plain[exclusive] = plain.pop(bound)
    if plain.get("format") == "int32" and plain.get("type") == "integer":
        plain.setdefault("minimum", -_INT32)
        plain.setdefault("maximum", _INT32 - 1)


def _nullable(plain: dict[str, Any]) -> Any:
    if plain.get("nullable") is not True:
        return plain
    if isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        if isinstance(plain.get("enum"), list):
            plain["enum"] = [*plain["enum"], None]
        if not plain.keys() & {"allOf", "oneOf", "anyOf", "$ref"}:
            return plain
    del plain["nullable"]
    return {"anyOf": [{"type": "null"}, plain], _WRAPPED: True}


def to_view(view: Any, pointer: Sequence[str | int]) -> list[str | int]:
    """Where a part of the document stands in its view: `_nullable` moved some down."""
    path: list[str | int] = []
    for number, step in enumerate(pointer):
        if isinstance(view, Mapping) and view.get(_WRAPPED):
            path += ["anyOf", 1]
            view = view["anyOf"][1]
        path.append(step)
        if isinstance(view, list):
            view = view[int(step)]
        elif isinstance(view, Mapping) and step in view:
            view = view[str(step)]
        else:
            return [*path, *pointer[number + 1 :]]
    return path


def from_view(view: Any, path: Sequence[str | int]) -> list[str | int]:
    """Where a part of the view stands in the document: the opposite of `to_view`."""
    pointer: list[str | int] = []
    skipped = 0
    for step in path:
        if skipped or (isinstance(view, Mapping) and view.get(_WRAPPED)):
            skipped = (skipped + 1) % 2
        else:
            pointer.append(step)
        view = view[int(step)] if isinstance(view, list) else (view or {}).get(str(step))
        if not isinstance(view, Mapping | list):
            view = None
    return pointer


def flagged(document: Document, part: Located, flag: str) -> bool:
    """Whether a schema, what it refers to, or a part of its allOf is `readOnly`, `writeOnly`."""
    if not isinstance(part.node, Mapping):
        return False
    if part.node.get(flag) is True:
        return True
    if any(
        isinstance(each, Mapping) and each.get(flag) is True
        for each in part.node.get("allOf") or ()
    ):
        return True
    try:
        target = document.resolve(part)
    except DocumentUnusable:
        return False
    return isinstance(target.node, Mapping) and target.node.get(flag) is True
