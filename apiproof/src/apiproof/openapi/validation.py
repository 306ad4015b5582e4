"""Values against a document's schemas, by jsonschema-rs, each schema compiled once.

OpenAPI 3.0 has its own dialect (`nullable`, boolean `exclusiveMinimum`, no siblings of `$ref`);
3.1 and 3.2 speak JSON Schema. In all of them a property that is `readOnly` need not be sent, one
that is `writeOnly` need not be answered, and `int32` bounds a number. So schemas are judged in a
view of the document, in JSON Schema 2020-12, where each has its old JSON pointer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import jsonschema_rs

from apiproof.openapi.references import (
    DATA_KEYWORDS,
    NAME_MAPS,
    Document,
    DocumentError,
    Located,
    as_document,
    join_pointer,
    pointer_steps,
)

Direction = Literal["request", "response"]
"""Whether a schema describes what a client sends or what it is answered."""
_HIDING: Final = {"request": "readOnly", "response": "writeOnly"}
_INT32: Final = 2**31
_WRAPPED: Final = "x-nullable-wrapped"
_BASE: Final = "urn:openapi"
_MASK: Final = "the value"
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

    @cached_property
    def _view(self) -> Any:
        return as_json_schema(self._document, self._direction)

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(_BASE, self._view)])

    def accepts(self, schemas: Sequence[Located], value: Any) -> bool:
        """Tell whether a value is valid under all of some schemas."""
        return all(self.compiled(schema).is_valid(value) for schema in schemas)

    def errors(self, schema: Located, value: Any) -> Iterator[SchemaError]:
        """Yield what is wrong with a value under a schema, each error at its deepest place."""
        for error in self.compiled(schema).iter_errors(value):
            yield self._error(_deepest(error), value)

    def compiled(self, schema: Located) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled form of a schema of the document.

        Raises:
            DocumentError: It is no usable schema.
        """
        if schema.pointer not in self._compiled:
            path = to_view(self._view, pointer_steps(schema.pointer))
            reference = f"{_BASE}#{quote(join_pointer('', *path), safe='/~')}"
            try:
                self._compiled[schema.pointer] = jsonschema_rs.Draft202012Validator(
                    {"$ref": reference},
                    registry=self._registry,
                    validate_formats=True,
                    formats={"date-time": _is_date_time, "time": _is_time},
                    mask=_MASK,
                )
            except (
                jsonschema_rs.ValidationError,
                jsonschema_rs.ReferencingError,
                ValueError,
            ) as why:
                raise DocumentError(
                    f"{schema.fragment}: not a usable schema ({why.args[0]}); repair it."
                ) from why
        return self._compiled[schema.pointer]

    def _error(self, error: jsonschema_rs.ValidationError, value: Any) -> SchemaError:
        place: list[str | int] = []
        for step in error.instance_path:  # numbers also where an object's key is one
            key = step if isinstance(value, list) else str(step)
            value = value[key]
            place.append(key)
        pointer = self._document.nearest(from_view(self._view, error.schema_path))
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


def require_sound(document: Document) -> Document:
    """Return a document that is built as OpenAPI 3 is, so that the rest may rely on it.

    Raises:
        DocumentError: It is not; the text names the first place.
    """
    document.require_openapi_3()
    error = next(iter(_structure().iter_errors(document.raw)), None)
    if error is not None:
        place = join_pointer("", *error.instance_path)
        raise DocumentError(
            f"{document.name}: not built as OpenAPI 3 at #{place}: {error.message}; repair it."
        )
    return document


@cache
def _structure() -> jsonschema_rs.Draft202012Validator:
    text = Path(__file__).with_name("structure.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), mask="this part")


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
