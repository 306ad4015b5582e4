"""A document's schemas in the words of JSON Schema 2020-12, each at its old JSON pointer.

OpenAPI 3.0 has its own dialect (`nullable`, boolean `exclusiveMinimum`, no siblings of `$ref`);
3.1 and 3.2 speak JSON Schema. In all of them a property that is `readOnly` need not be sent, one
that is `writeOnly` need not be answered, and `int32` bounds a number.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from apiproof.openapi.references import DATA_KEYWORDS, NAME_MAPS, Document, DocumentError, Located

Direction = Literal["request", "response"]
"""Whether a schema describes what a client sends or what it is answered."""
_HIDING: Final = {"request": "readOnly", "response": "writeOnly"}
_INT32: Final = 2**31
_WRAPPED: Final = "x-nullable-wrapped"


def as_json_schema(document: Document, direction: Direction) -> Any:
    """Return the whole document with its schemas in JSON Schema 2020-12."""
    return _converted(document, document.root, direction, is_names=False)


def _converted(document: Document, part: Located, direction: Direction, *, is_names: bool) -> Any:
    node = part.node
    if isinstance(node, list):
        return [
            _converted(document, part.at(number), direction, is_names=False)
            for number in range(len(node))
        ]
    if not isinstance(node, Mapping):
        return node
    plain = {
        str(key): value
        if key in DATA_KEYWORDS and not is_names
        else _converted(
            document, part.at(key), direction, is_names=key in NAME_MAPS and not is_names
        )
        for key, value in node.items()
    }
    return plain if is_names else _schema(document, part, plain, direction)


def _schema(document: Document, part: Located, plain: dict[str, Any], direction: Direction) -> Any:
    ref = plain.get("$ref")
    if isinstance(ref, str):
        if not ref.startswith("#"):
            return {}  # reported where it matters, by Document.resolve
        if document.is_30:
            plain = {"$ref": ref, **({"nullable": True} if plain.get("nullable") is True else {})}
    if isinstance(plain.get("required"), list) and isinstance(plain.get("properties"), dict):
        plain["required"] = [
            name
            for name in plain["required"]
            if not is_flagged(document, part.at("properties", name), _HIDING[direction])
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
    """Return where a part of the document stands in its view: `nullable` moved some down."""
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
    """Return where a part of the view stands in the document: the opposite of `to_view`."""
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


def is_flagged(document: Document, part: Located, flag: str) -> bool:
    """Tell whether a schema, what it refers to, or a part of its allOf has a flag set."""
    if not isinstance(part.node, Mapping):
        return False
    if part.node.get(flag) is True:
        return True
    if any(
        isinstance(each, Mapping) and each.get(flag) is True
        for each in part.node.get("allOf") or ()
    ):
        return True
    if "$ref" not in part.node:
        return False
    try:
        target = document.resolve(part)
    except DocumentError:
        return False
    return isinstance(target.node, Mapping) and target.node.get(flag) is True
