"""Values against a document's schemas, by jsonschema-rs, each schema compiled once.

OpenAPI 3.0 has its own dialect (`nullable`, boolean `exclusiveMinimum`, no siblings of `$ref`);
3.1 and 3.2 speak JSON Schema. In all of them a property that is `readOnly` need not be sent, one
that is `writeOnly` need not be answered, and `int32` bounds a number. So schemas are judged in a
view of the document, in JSON Schema 2020-12, where each has its old JSON pointer. A view holds what
a schema can reach: a document of megabytes is never converted whole for a few of its schemas.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, Literal
from urllib.parse import quote

import jsonschema_rs
from jsonpointer import JsonPointerException

from apiproof.openapi.references import (
    DATA_KEYWORDS,
    NAME_MAPS,
    Document,
    DocumentError,
    Located,
    as_document,
    join_pointer,
    pointer_steps,
    shown_place,
)

Direction = Literal["request", "response"]
"""Whether a schema describes what a client sends or what it is answered."""
_HIDING: Final = {"request": "readOnly", "response": "writeOnly"}
_INT32: Final = 2**31
_WRAPPED: Final = "x-nullable-wrapped"
_DEPTH_OF_PARTS: Final = 3  # `/components/schemas/User`, `/paths/~1users/get`
_Steps = tuple[str, ...]
_BASE: Final = "urn:openapi"
_MASK: Final = "the value"
_NOT_USABLE: Final = (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError)
_NO_ANCHOR: Final = re.compile("Anchor '(.+)' does not exist")
_SENTENCES: Final = {
    "type": "expected {}",
    "enum": "expected {}",
    "const": "expected {}",
    "format": "expected the format {}",
    "pattern": "expected text that matches {}",
    "required": "expected the property {}, which is missing",
    "anyOf": "expected one of the alternatives of the schema",
    "oneOf": "expected exactly one of the alternatives of the schema",
    "additionalProperties": "expected no property {}",
    "unevaluatedProperties": "expected no property {}",
    "falseSchema": "expected nothing here",
}
# RFC 3339, and also what Java and Python write without being told: no offset, no colon in it.
_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)([.,]\d+)?)?\s?([Zz]|[+-]\d\d(:?\d\d)?)?"
_TIME: Final = re.compile(_CLOCK)
_DATE_TIME: Final = re.compile(rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]{_CLOCK}")


@dataclass(frozen=True)
class SchemaError:
    """One way in which a value breaks a schema.

    Attributes:
        keyword: What refuses: `type`, `required`, ...
        place: The way to the value that is wrong, from the value that was judged.
        value: The value that is wrong.
        pointer: The JSON pointer of the keyword in the document.
        expected: What was expected, in words; it never shows the value.
    """

    keyword: str
    place: tuple[str | int, ...]
    value: Any
    pointer: str
    expected: str


class SchemaValidator:
    """The schemas of one document, ready to judge values.

    Args:
        document: The document, or parsed JSON.
        direction: Whether values are sent or answered.
    """

    def __init__(
        self, document: Document | Mapping[str, Any], direction: Direction = "request"
    ) -> None:
        self._document = as_document(document)
        self._direction: Direction = direction
        self._compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._parts: dict[_Steps, tuple[Any, frozenset[_Steps]]] = {}
        self._views: dict[_Steps, tuple[Any, jsonschema_rs.Registry]] = {}
        self._in_views = 0  # parts, each as often as it was put into one

    def accepts(self, schemas: Sequence[Located], value: Any) -> bool:
        """Tell whether a value is valid under all of some schemas."""
        return all(self.compiled(schema).is_valid(value) for schema in schemas)

    def errors(self, schema: Located, value: Any) -> Iterator[SchemaError]:
        """Yield what is wrong with a value under a schema, each error at its deepest place."""
        for error in self.compiled(schema).iter_errors(value):
            yield self._error(schema, _deepest(error), value)

    def compiled(self, schema: Located) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled form of a schema of the document.

        Raises:
            DocumentError: It is no usable schema.
        """
        if schema.pointer not in self._compiled:
            view, registry = self._view_of(schema)
            path = to_view(view, pointer_steps(schema.pointer))
            reference = f"{_BASE}#{quote(join_pointer('', *path), safe='/~')}"
            try:
                self._compiled[schema.pointer] = jsonschema_rs.Draft202012Validator(
                    {"$ref": reference},
                    registry=registry,
                    validate_formats=True,
                    formats={"date-time": _is_date_time, "time": _is_time},
                    mask=_MASK,
                )
            except _NOT_USABLE as why:
                raise self._unusable(schema, str(why.args[0]).partition("\n")[0]) from why
        return self._compiled[schema.pointer]

    def _unusable(self, schema: Located, reason: str) -> DocumentError:
        name = "".join(_NO_ANCHOR.findall(reason))
        places = self._document.places_of_anchor(name)
        if not places[1:]:
            return DocumentError(f"{schema.place}: not a usable schema ({reason}); repair it.")
        return DocumentError(
            f"{schema.place}: {len(places)} schemas have the $dynamicAnchor {name} (one is "
            f"{shown_place(min(places))}); which is meant is decided while validating, so nothing "
            "is compared with it: name one by $ref."
        )

    @cached_property
    def _parts_of_all(self) -> int:
        return _count_parts(self._document.raw)

    def _view_of(self, schema: Located) -> tuple[Any, jsonschema_rs.Registry]:
        """Return a view of the part that a schema stands in, and of what that refers to.

        Where each refers to most others, all of the document is cheaper than a view for each.
        """
        start = tuple(pointer_steps(schema.pointer)[:_DEPTH_OF_PARTS])
        if start not in self._views and self._in_views > self._parts_of_all:
            start = ()
        if start not in self._views:
            view = self._reachable(start)
            self._views[start] = view, jsonschema_rs.Registry([(_BASE, view)])
        return self._views[start]

    def _reachable(self, start: _Steps) -> Any:
        view: dict[str, Any] = {}
        waiting, seen = {start}, set[_Steps]()
        while waiting:
            steps = waiting.pop()
            part, references = self._part(steps)
            if not steps:
                return part  # the whole document
            if part is not None:
                _put(view, steps, part)
            seen.add(steps)
            waiting |= references - seen
        self._in_views += len(seen)
        return view

    def _part(self, steps: _Steps) -> tuple[Any, frozenset[_Steps]]:
        """Return a part in JSON Schema, and the parts that it refers to."""
        if steps not in self._parts:
            part = as_json_schema(self._document, steps, self._direction)
            self._parts[steps] = part, frozenset(_references(self._document, part))
        return self._parts[steps]

    def _error(
        self, schema: Located, error: jsonschema_rs.ValidationError, value: Any
    ) -> SchemaError:
        place: list[str | int] = []
        for step in error.instance_path:  # numbers also where an object's key is one
            key = step if isinstance(value, list) else str(step)
            value = value[key]
            place.append(key)
        view, _ = self._view_of(schema)
        pointer = self._document.nearest(from_view(view, error.schema_path))
        return SchemaError(error.kind.name, tuple(place), value, pointer, _expected(error))


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return, of an error of alternatives, that of the alternative that came nearest to fitting."""
    branches = getattr(error.kind, "context", None)
    branches = [branch for branch in branches or () if branch]
    if not branches:
        return error
    nearest = min(branches, key=lambda branch: (_is_type_error(branch, error), len(branch)))
    found = nearest[0]
    return error if _is_type_error(nearest, error) else _deepest(found)


def _is_type_error(
    branch: Sequence[jsonschema_rs.ValidationError], parent: jsonschema_rs.ValidationError
) -> bool:
    return any(
        error.kind.name == "type" and error.instance_path == parent.instance_path
        for error in branch
    )


def _expected(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    value = getattr(kind, "value", None)
    if kind.name in _SENTENCES:
        listed = value if isinstance(value, list) else [value]
        return _SENTENCES[kind.name].format(" or ".join(map(str, listed)))
    return f"expected {kind.name} {json.dumps(value, default=str)[:60]}"


@cache
def text_validator(pattern: str) -> jsonschema_rs.Draft202012Validator | None:
    """Return what judges texts by an ECMA-262 expression, found anywhere; None if it is none.

    It gives up on expressions that backtrack for ever, where Python's would not end.
    """
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return None


def matches_pattern(pattern: str, text: str) -> bool:
    """Tell whether a text matches an ECMA-262 expression somewhere; none does a malformed one."""
    validator = text_validator(pattern)
    return validator is not None and validator.is_valid(text)


def as_json_schema(document: Document, steps: Sequence[str], direction: Direction) -> Any:
    """Return a part of a document, its schemas in JSON Schema 2020-12; None if it is missing."""
    part, is_names = document.root, False
    for step in steps:
        part = part.at(step)
        if step in DATA_KEYWORDS and not is_names:
            return document.root.at(*steps).node
        is_names = step in NAME_MAPS and not is_names
    return _converted(document, part.node, direction, is_names=is_names)


def _references(document: Document, part: Any) -> Iterator[_Steps]:
    """Yield the ways to the parts that a converted part refers to."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            if isinstance(ref := node.get("$ref"), str):
                with contextlib.suppress(DocumentError, JsonPointerException):  # it leads nowhere
                    yield tuple(pointer_steps(document.target_pointer(ref))[:_DEPTH_OF_PARTS])


def _count_parts(node: Any, depth: int = _DEPTH_OF_PARTS) -> int:
    return (
        sum(_count_parts(inner, depth - 1) for inner in node.values())
        if depth and isinstance(node, Mapping)
        else 1
    )


def _put(view: Any, steps: _Steps, part: Any) -> None:
    for step in steps[:-1]:
        view = view.setdefault(step, {})
        if not isinstance(view, dict):
            return  # a part that this one is in is there already
    view[steps[-1]] = part


def _converted(document: Document, node: Any, direction: Direction, *, is_names: bool) -> Any:
    if isinstance(node, list):
        return [_converted(document, each, direction, is_names=False) for each in node]
    if not isinstance(node, Mapping):
        return node
    plain = {
        str(key): value
        if key in DATA_KEYWORDS and not is_names
        else _converted(document, value, direction, is_names=key in NAME_MAPS and not is_names)
        for key, value in node.items()
    }
    return plain if is_names else _schema(document, node, plain, direction)


def _schema(
    document: Document, node: Mapping[str, Any], plain: dict[str, Any], direction: Direction
) -> Any:
    ref = plain.get("$ref")
    if isinstance(ref, str):
        if not ref.startswith("#"):
            return {}  # reported where it matters, by Document.resolve
        if document.is_30:
            plain = {"$ref": ref, **({"nullable": True} if plain.get("nullable") is True else {})}
    if isinstance(plain.get("required"), list) and isinstance(plain.get("properties"), dict):
        properties = Located(node["properties"], "")
        plain["required"] = [
            name
            for name in plain["required"]
            if not is_flagged(document, properties.at(name), _HIDING[direction])
        ]
    _bounds(plain)
    return _nullable(plain) if document.is_30 else plain


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
