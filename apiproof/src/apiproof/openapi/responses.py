"""What a document promises of each answer, and where an answer breaks it.

It must not know who asked, nor for what; texts name places, never values.
"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from apiproof.openapi.document import Operation, resolve_ref

_ABSENT: Mapping[str, Any] = {}


class ResponseValidator:
    """The declared responses of one OpenAPI document (3.1: schemas are JSON Schema 2020-12)."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._components = document.get("components", {})
        self._validators: dict[tuple[str, int, str], jsonschema_rs.Validator | None] = {}

    def declared(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        """Return the Response Object of a status: its own, its class's (`4XX`) or the default."""
        responses = operation.definition.get("responses", {})
        names = (str(status), f"{status // 100}XX", "default")
        found = next((responses[name] for name in names if name in responses), None)
        return None if found is None else self._resolved(found)

    def validator(
        self, operation: Operation, status: int, media: str = "json"
    ) -> jsonschema_rs.Validator | None:
        """Return the validator of a body; None where the document says nothing of it.

        Args:
            operation: What was asked for.
            status: Of the answer.
            media: A part of the media type's name.
        """
        key = (operation.operation_id, status, media)
        if key not in self._validators:
            self._validators[key] = self._built(operation, status, media)
        return self._validators[key]

    def headers(self, operation: Operation, status: int) -> dict[str, Mapping[str, Any]]:
        """Return the declared Header Objects by name, in lower case."""
        declared = self.declared(operation, status) or _ABSENT
        named = declared.get("headers", {}).items()
        return {name.lower(): self._resolved(header) for name, header in named}

    def body_error(self, operation: Operation, status: int, body: Any) -> str | None:
        """Say where a decoded JSON body breaks its schema; None where it does not."""
        validator = self.validator(operation, status)
        if validator is None or validator.is_valid(body):
            return None
        if body is None:
            return f"the {status} has no JSON body"
        place = next(iter(validator.iter_errors(body))).instance_path
        where = "/".join(map(str, place)) or "the body"
        return f"the {status} breaks its schema at {where}"

    def _built(
        self, operation: Operation, status: int, media: str
    ) -> jsonschema_rs.Validator | None:
        content = (self.declared(operation, status) or _ABSENT).get("content", {})
        schema = next((part.get("schema") for name, part in content.items() if media in name), None)
        if schema is None:
            return None
        return jsonschema_rs.validator_for({**schema, "components": self._components})

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        return resolve_ref(self._document, str(node["$ref"])) if "$ref" in node else node
