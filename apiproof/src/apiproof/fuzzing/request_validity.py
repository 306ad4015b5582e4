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

import jsonschema_rs
from pydantic import TypeAdapter, ValidationError

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

Schema = Mapping[str, Any]


class RequestValidity:
    """The parameters and bodies of one operation's requests."""

    def __init__(self, document: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
        """Read an operation.

        Args:
            document: The OpenAPI document.
            definition: The operation, its path's parameters included.
        """
        self._document = document
        self._definition = definition

    def has_valid_path(self, values: Mapping[str, Any]) -> bool:
        """Whether the parameters of the path are as the document says."""
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
        """
        found = [*self._parameters("path", path), *self._parameters("query", query)]
        if len(found) < len(path) + len(query):
            return False  # the document says nothing of some
        if body is not None:
            found.append((self._body(media), _as_sent(body, media)))
        return all(
            self._is_valid(schema, self._converted(schema, value)) for schema, value in found
        )

    def _parameters(self, place: str, values: Mapping[str, Any]) -> Iterator[tuple[Schema, Any]]:
        for given in self._definition.get("parameters", ()):
            parameter = self._resolved(given)
            if parameter.get("in") == place and parameter.get("name") in values:
                yield parameter.get("schema", {}), values[parameter["name"]]

    def _body(self, media: str) -> Schema:
        body = self._resolved(self._definition.get("requestBody", {}))
        schema: Schema = body.get("content", {}).get(media, {}).get("schema", {})
        return schema

    def _resolved(self, schema: Any) -> Schema:
        for _ in range(_DEEPEST):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            target: Any = self._document
            for step in str(schema["$ref"]).removeprefix("#/").split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                target = target.get(name, {}) if isinstance(target, Mapping) else {}
            schema = target
        return schema if isinstance(schema, Mapping) else {}

    def _is_valid(self, schema: Schema, value: Any) -> bool:
        whole = {**schema, "components": self._document.get("components", {})}
        try:
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            return bool(validator.is_valid(value))
        except (
            TypeError,
            ValueError,
        ):  # a schema that is none, or a value that JSON has no word for
            return False

    def _converted(self, schema: Schema, value: Any, depth: int = 0) -> Any:
        found = self._resolved(schema)
        if depth > _DEEPEST or self._is_valid(found, value):
            return value
        for word in ("anyOf", "oneOf", "allOf"):
            for branch in found.get(word, ()):
                converted = self._converted(branch, value, depth + 1)
                if self._is_valid(found, converted):
                    return converted
        if isinstance(value, dict):
            parts = found.get("properties", {})
            return {
                name: self._converted(parts.get(name, {}), part, depth + 1)
                for name, part in value.items()
            }
        if isinstance(value, list):
            items = found.get("items", {})
            return [self._converted(items, part, depth + 1) for part in value]
        return _leaf(found, value)


def _as_sent(body: Any, media: str) -> Any:
    """Return a body with the text of what a form can only send as text."""
    if not media.startswith(_FORMS) or not isinstance(body, dict):
        return body
    return {
        name: json.dumps(part).strip('"') if isinstance(part, bool | int | float) else part
        for name, part in body.items()
    }


def _leaf(schema: Schema, value: Any) -> Any:
    kind, form = str(schema.get("type")), str(schema.get("format", ""))
    adapter = _KINDS.get((kind, form if kind == "string" else ""))
    if adapter is None:
        return value
    try:
        converted = adapter.validate_json(json.dumps(value))
    except (ValidationError, ValueError, TypeError):
        return value
    return _WRITTEN.get(form, converted) if kind == "string" else converted
