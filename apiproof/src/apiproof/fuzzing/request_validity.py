"""Whether a generated request is what it was meant to be, by the document and by pydantic.

Schemathesis takes identifiers from earlier answers, also those of another kind (a task's number for
a project's UUID), and counts such a request as valid. And pydantic converts before it validates: a
number is a date to it, text that says `on` a boolean. That is documented, and no fault.

Source: pydantic 2.14, docs/concepts/conversion_table.md (lax mode).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from apiproof.openapi.document import Operation
from apiproof.openapi.references import Located
from apiproof.openapi.validation import SchemaValidator

_KINDS: Final[Mapping[tuple[str, str], Any]] = {
    ("integer", ""): TypeAdapter(int),
    ("number", ""): TypeAdapter(float),
    ("boolean", ""): TypeAdapter(bool),
    ("string", "date"): TypeAdapter(dt.date),
    ("string", "date-time"): TypeAdapter(dt.datetime),
    ("string", "time"): TypeAdapter(dt.time),
    ("string", "duration"): TypeAdapter(dt.timedelta),
}
# What stands for a value that pydantic takes for one of these; lengths of them are never bounded.
_WRITTEN: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
}
_FORMS: Final = ("multipart/", "application/x-www-form-urlencoded")
_DEEPEST: Final = 20


class RequestValidity:
    """The parameters and bodies of one operation's requests."""

    def __init__(self, operation: Operation, validator: SchemaValidator) -> None:
        """Take an operation.

        Args:
            operation: Which.
            validator: Of what is sent, for the operation's document.
        """
        self._operation = operation
        self._document = operation.document
        self._validator = validator

    def has_valid_path(self, values: Mapping[str, Any]) -> bool:
        """Whether the parameters of the path are as the document says.

        Raises:
            DocumentError: A schema of it cannot be used.
        """
        return all(
            self._is_valid(schema, value) for schema, value in self._parameters("path", values)
        )

    def is_valid_converted(
        self, path: Mapping[str, Any], query: Mapping[str, Any], body: Any, media: str
    ) -> bool:
        """Whether a request is valid once pydantic has converted what it converts.

        Args:
            path: The parameters of the path.
            query: Likewise.
            body: The body, parsed; None where there is none.
            media: Its media type.

        Raises:
            DocumentError: A schema of it cannot be used.
        """
        found = [*self._parameters("path", path), *self._parameters("query", query)]
        if len(found) < len(path) + len(query):
            return False  # the document says nothing of some
        if body is not None:
            found.append((self._body(media), _as_sent(body, media)))
        return all(
            self._is_valid(schema, self._converted(schema, value)) for schema, value in found
        )

    def _parameters(self, place: str, values: Mapping[str, Any]) -> Iterator[tuple[Located, Any]]:
        for parameter in self._operation.parameters:
            if parameter.location == place and parameter.name in values:
                yield parameter.schema, values[parameter.name]

    def _body(self, media: str) -> Located:
        body = self._operation.request_body
        return (body or Located(None, "")).at("content", media, "schema")

    def _is_valid(self, schema: Located, value: Any) -> bool:
        try:
            return schema.node is None or self._validator.accepts([schema], value)
        except (TypeError, ValueError):  # a value that JSON has no word for
            return False

    def _converted(self, schema: Located, value: Any, depth: int = 0) -> Any:
        found = self._document.resolve(schema)
        if depth > _DEEPEST or self._is_valid(found, value):
            return value
        for word in ("anyOf", "oneOf", "allOf"):
            for number in range(len(found.at(word).node or ())):
                converted = self._converted(found.at(word, number), value, depth + 1)
                if self._is_valid(found, converted):
                    return converted
        if isinstance(value, dict):
            return {
                name: self._converted(found.at("properties", name), part, depth + 1)
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [self._converted(found.at("items"), part, depth + 1) for part in value]
        return _leaf(found.node, value)


def _as_sent(body: Any, media: str) -> Any:
    """Return a body with the text of what a form can only send as text."""
    if not media.startswith(_FORMS) or not isinstance(body, dict):
        return body
    return {
        name: json.dumps(part).strip('"') if isinstance(part, bool | int | float) else part
        for name, part in body.items()
    }


def _leaf(schema: Any, value: Any) -> Any:
    if not isinstance(schema, Mapping):
        return value
    kind, form = str(schema.get("type")), str(schema.get("format", ""))
    adapter = _KINDS.get((kind, form if kind == "string" else ""))
    if adapter is None:
        return value
    try:
        converted = adapter.validate_json(json.dumps(value))
    except (ValidationError, ValueError, TypeError):
        return value
    return _WRITTEN.get(form, converted) if kind == "string" else converted
