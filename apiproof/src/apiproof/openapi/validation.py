"""Values against a document's schemas, by jsonschema-rs, each schema compiled once."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs

from apiproof.openapi.dialect import Direction, as_json_schema, from_view, to_view
from apiproof.openapi.references import (
    Document,
    DocumentError,
    Located,
    as_document,
    join_pointer,
    pointer_steps,
)

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
