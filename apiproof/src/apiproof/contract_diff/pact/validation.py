"""Values against the document's schemas, by jsonschema-rs, each schema compiled once.

It must not know pacts; problems come with the place in the value and the pointer in the
document.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs

from apiproof.contract_diff.pact.dialect import from_view, request_view, to_view
from apiproof.contract_diff.pact.document import Document, DocumentUnusable, Located, join, steps
from apiproof.contract_diff.pact.findings import Problem, shown
from apiproof.pacts.reading.expressions import show

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


class Validators:
    """The schemas of one document, ready to judge values."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._view = request_view(document)
        self._registry = jsonschema_rs.Registry([(_BASE, self._view)])
        self._compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def accepts(self, schemas: Sequence[Located], value: Any) -> bool:
        """Whether a value is valid under all of some schemas."""
        return all(self._validator(schema.pointer).is_valid(value) for schema in schemas)

    def problems(
        self, schema: Located, value: Any, rule: str, place: str = ""
    ) -> Iterator[Problem]:
        """What is wrong with a value under a schema, each problem at its deepest place."""
        for error in self._validator(schema.pointer).iter_errors(value):
            yield self._problem(_deepest(error), value, rule, place)

    def _problem(
        self, error: jsonschema_rs.ValidationError, value: Any, rule: str, place: str
    ) -> Problem:
        where = place
        for step in error.instance_path:  # numbers also where an object's key is one
            key = step if isinstance(value, list) else str(step)
            value, where = value[key], where + show([key])
        pointer = self._document.nearest(from_view(self._view, error.schema_path))
        return Problem(rule, where, pointer, f"{_sentence(error)}, got {shown(value, where)}")

    def _validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        if pointer not in self._compiled:
            path = to_view(self._view, steps(pointer))
            reference = _BASE + "#" + quote(join("", *path), safe="/~")
            try:
                self._compiled[pointer] = jsonschema_rs.Draft202012Validator(
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
                raise DocumentUnusable(
                    f"{pointer}: not a usable schema ({why.args[0]}); repair it."
                ) from why
        return self._compiled[pointer]


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of an error of alternatives, the error of the alternative that came nearest to fitting."""
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


def _sentence(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    if kind.name in _SENTENCES:
        value = kind.value if isinstance(kind.value, list) else [kind.value]
        return _SENTENCES[kind.name].format(" or ".join(map(str, value)))
    return f"expected {kind.name} {shown(kind.value)}"
