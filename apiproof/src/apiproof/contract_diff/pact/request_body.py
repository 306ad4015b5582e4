"""The body of a request against the operation's, whatever the answer but one about the body.

A request's matchers do not excuse its example: the example is what is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from apiproof.contract_diff.pact.findings import (
    PactSeverity,
    Problem,
    listed,
    not_compared,
    schema_problems,
    shown,
    takes_octets,
)
from apiproof.contract_diff.pact.headers import excused
from apiproof.contract_diff.pact.multipart import read_multipart
from apiproof.contract_diff.pact.xml_body import XmlForms, XmlUnreadable, read_xml
from apiproof.openapi.media_types import is_json, is_xml, matching
from apiproof.openapi.operations import Operation
from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document, Located
from apiproof.openapi.schema_variants import SchemaVariants
from apiproof.openapi.validation import SchemaValidator, is_flagged
from apiproof.pacts.reading import Body, Request
from apiproof.pacts.reading.expressions import show


@dataclass(frozen=True)
class RequestBodyCheck:
    """Checks the bodies of requests by the schemas of one document."""

    document: Document
    variants: SchemaVariants
    reader: ParameterReader
    validator: SchemaValidator

    def check(self, operation: Operation, request: Request, status: int) -> Iterator[Problem]:
        """What is wrong with a request's body, unless the answer expected is about it."""
        if excused("body", status):
            return
        declared = self.document.child(operation.part, "requestBody")
        body = request.body
        if body is None or body.is_empty:
            if declared.node and declared.node.get("required"):
                yield _missing(declared)
            return
        if not declared.node:
            yield _undeclared(operation, body)
            return
        yield from self._typed(declared, request, body, status)

    def _typed(
        self, declared: Located, request: Request, body: Body, status: int
    ) -> Iterator[Problem]:
        offered = list(declared.node.get("content") or {})
        if not offered:
            return
        stated = request.content_type if body.is_stated else None
        fitting = matching(stated, offered) if stated else _guessed(body, offered)
        if fitting:
            media = declared.at("content", fitting[0])
            yield from self._valid(media, body, stated or fitting[0])
        elif not excused("content type", status):
            yield Problem(
                "request-content-type-undeclared",
                ".request.headers['Content-Type']" if stated else f".request.{body.location}",
                declared.at("content").pointer,
                f"expected a body of {listed(offered)}, got {stated or body.content_type}",
            )

    def _valid(self, media: Located, body: Body, content_type: str) -> Iterator[Problem]:
        schema = media.at("schema")
        place = f".request.{body.location}"
        essence = content_type.split(";", maxsplit=1)[0].strip().lower()
        if schema.node is None:
            return
        if essence == "multipart/form-data":
            yield from self._multipart(schema, body.content, content_type, place)
        elif isinstance(body.content, bytes):
            yield from self._unread(schema, place, "bytes")
        elif essence == "application/x-www-form-urlencoded":
            fields = _form(body.content)
            if fields is not None:
                value = self.reader.fields(schema, fields)
                yield from self._problems(schema, value, place)
        elif is_xml(essence) and isinstance(body.content, str):
            yield from self._xml(schema, body.content, place)
        elif body.is_json or is_json(essence):
            yield from self._problems(schema, body.content, place)
        elif essence.startswith("text/"):
            yield from self._problems(schema, self.reader.text(schema, body.content), place)
        else:
            yield from self._unread(schema, place, f"a body of {essence}")

    def _unread(self, schema: Located, place: str, what: str) -> Iterator[Problem]:
        if not takes_octets(self.document, schema):
            yield not_compared(place, schema.pointer, f"sends {what}, not looked into")

    def _multipart(
        self, schema: Located, content: Any, content_type: str, place: str
    ) -> Iterator[Problem]:
        parts = read_multipart(content, content_type)
        if parts is None:
            why = "sends a multipart body that cannot be read"
            yield not_compared(place, schema.pointer, why)
            return
        value = {**self.reader.fields(schema, parts.texts), **parts.documents}
        yield from self._problems(schema, value, place)

    def _xml(self, schema: Located, text: str, place: str) -> Iterator[Problem]:
        try:
            forms = XmlForms(self.document, self.variants, self.reader)
            form = forms.form(schema, read_xml(text))
        except XmlUnreadable as why:
            yield not_compared(place, schema.pointer, f"sends XML that cannot be read: {why}")
            return
        document = Document({"openapi": "3.1.0", "components": {"schemas": {"Body": form.schema}}})
        root = document.root.at("components", "schemas", "Body")
        validator, rule = SchemaValidator(document, "request"), "request-body-invalid"
        for problem in schema_problems(validator, root, form.value, rule, place):
            yield replace(problem, pointer=schema.pointer)

    def _problems(self, schema: Located, value: Any, place: str) -> Iterator[Problem]:
        problems = list(
            schema_problems(self.validator, schema, value, "request-body-invalid", place)
        )
        yield from problems
        if not problems:
            yield from self._superfluous(value, [schema], place)

    def _superfluous(self, value: Any, schemas: list[Located], place: str) -> Iterator[Problem]:
        """Properties that the provider will ignore: undeclared ones and read-only ones."""
        if isinstance(value, list):
            inner = self._below(schemas, value, "items")
            for number, item in enumerate(value):
                yield from self._superfluous(item, inner, f"{place}[{number}]")
        if not isinstance(value, Mapping):
            return
        for name, item in value.items():
            inner = self._below(schemas, value, "properties", name)
            if any(is_flagged(self.document, part, "readOnly") for part in inner):
                yield _ignored("read-only", place, name, inner[0].pointer)
            if not inner and self._is_closed_by_habit(schemas, value):
                yield _ignored("undeclared", place, name, schemas[0].pointer)
            yield from self._superfluous(item, inner, place + show([name]))

    def _is_closed_by_habit(self, schemas: list[Located], value: Any) -> bool:
        """Whether schemas list properties and don't say that there may be others."""
        nodes = [p.node or {} for v in self.variants.of(schemas, value) for p in v]
        opening = {"additionalProperties", "patternProperties", "unevaluatedProperties"}
        return any(node.get("properties") for node in nodes) and not any(
            node.keys() & opening for node in nodes
        )

    def _below(self, schemas: list[Located], value: Any, *keys: str) -> list[Located]:
        found = [
            part.at(*keys)
            for variant in self.variants.of(schemas, value)
            for part in variant
            if part.at(*keys).node is not None
        ]
        return list({part.pointer: part for part in found}.values())


def _ignored(why: str, place: str, name: str, pointer: str) -> Problem:
    return Problem(
        f"request-property-{why}",
        place + show([name]),
        pointer,
        f"expected no {why} property in a request, got {name}, which the provider may ignore",
        PactSeverity.WARNING,
    )


def _missing(declared: Located) -> Problem:
    return Problem(
        "request-body-missing",
        ".request",
        declared.pointer,
        f"expected a body of {listed(declared.node.get('content') or {})}, got none",
    )


def _undeclared(operation: Operation, body: Body) -> Problem:
    return Problem(
        "request-body-undeclared",
        f".request.{body.location}",
        operation.part.pointer,
        f"expected no body for {operation}, got {shown(body.content, body.location)}",
    )


def _guessed(body: Body, offered: list[str]) -> list[str]:
    """The types that a body without a Content-Type may have, by what its content shows."""
    if body.is_json:
        return [each for each in offered if is_json(each) or "*" in each]
    return [each for each in offered if not is_json(each)] or offered


def _form(content: Any) -> dict[str, list[str]] | None:
    """The fields of a form, from its text, or from the object that some libraries write."""
    if isinstance(content, Mapping):
        return {
            str(name): [str(item) for item in (value if isinstance(value, list) else [value])]
            for name, value in content.items()
        }
    if not isinstance(content, str):
        return None
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(content, keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    return fields
