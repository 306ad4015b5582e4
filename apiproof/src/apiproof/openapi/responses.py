"""What a document promises of each answer, and where an answer breaks it.

Texts name places, never values.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from apiproof.openapi.media_types import essence, is_json, most_specific
from apiproof.openapi.operations import Operation, schema_of
from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document, Located, as_document
from apiproof.openapi.validation import SchemaValidator


def matching_status(status: int | str, declared: Iterable[str]) -> str | None:
    """Return the entry of `responses` that speaks for a status: itself, its class or the default.

    Args:
        status: A status, or a class such as `4XX`.
        declared: The names under `responses`.
    """
    text = str(status).upper()
    names = {str(name).upper(): str(name) for name in declared}
    wanted = (text, f"{text[:1]}XX", "DEFAULT")
    return next((names[name] for name in wanted if name in names), None)


class ResponseValidator:
    """The declared responses of one OpenAPI document.

    Args:
        document: The document, or parsed JSON.
    """

    def __init__(self, document: Document | Mapping[str, Any]) -> None:
        self._document = as_document(document)
        self._schemas = SchemaValidator(self._document, "response")
        self._reader = ParameterReader(self._document)

    def response(self, operation: Operation, status: int) -> Located | None:
        """Return the Response Object of a status where it stands; None if it is not declared."""
        name = matching_status(status, operation.statuses)
        if name is None:
            return None
        own = Located(operation.definition, operation.part.pointer)  # tests change copies of it
        return self._document.child(own, "responses", name)

    def declared(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        """Return the Response Object of a status: its own, its class's (`4XX`) or the default."""
        found = self.response(operation, status)
        return found.node if found and isinstance(found.node, Mapping) else None

    def schema(self, operation: Operation, status: int, media: str = "json") -> Located | None:
        """Return the schema of a body; None where the document says nothing of it.

        Args:
            operation: What was asked for.
            status: Of the answer.
            media: A media type, or a part of one's name.
        """
        found = self.response(operation, status)
        content = found.at("content").node if found else None
        if found is None or not isinstance(content, Mapping):
            return None
        name = most_specific(media, content) if "/" in media else None
        name = name or next((each for each in content if media in each), None)
        part = found.at("content", name, "schema") if name else None
        return part if part and part.node is not None else None

    def validator(
        self, operation: Operation, status: int, media: str = "json"
    ) -> jsonschema_rs.Draft202012Validator | None:
        """Return the compiled schema of a body; None where the document says nothing of it."""
        schema = self.schema(operation, status, media)
        return self._schemas.compiled(schema) if schema else None

    def headers(self, operation: Operation, status: int) -> dict[str, Mapping[str, Any]]:
        """Return the declared Header Objects by name, in lower case."""
        return {name: part.node for name, part in self._headers(operation, status)}

    def body_error(
        self, operation: Operation, status: int, body: Any, media: str = "json"
    ) -> str | None:
        """Say where a decoded JSON body breaks its schema; None where it does not."""
        schema = self.schema(operation, status, media)
        if schema is None or self._schemas.accepts([schema], body):
            return None
        if body is None:
            return f"the {status} has no JSON body"
        place = next(self._schemas.errors(schema, body)).place
        where = "/".join(map(str, place)) or "the body"
        return f"the {status} breaks its schema at {where}"

    def header_errors(
        self, operation: Operation, status: int, headers: Mapping[str, str]
    ) -> Iterator[str]:
        """Yield what is wrong with the headers of an answer: required ones missing, or values.

        Args:
            operation: What was asked for.
            status: Of the answer.
            headers: By name in lower case.
        """
        for name, part in self._headers(operation, status):
            if name == "content-type":
                continue
            if name not in headers:
                if part.node.get("required") is True:
                    yield f"the {status} lacks its header {name}"
                continue
            schema = schema_of(part)
            if schema.node is None:
                continue
            readings = self._reader.header_values(part, headers[name])
            if not any(self._schemas.accepts([schema], value) for value in readings):
                yield f"the {status} breaks the schema of its header {name}"

    def errors(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes
    ) -> Iterator[str]:
        """Yield all that is wrong with an answer of a declared status: headers, type, body."""
        declared = self.declared(operation, status)
        if declared is None:
            yield f"{status} is not declared"
            return
        yield from self.header_errors(operation, status, headers)
        content = declared.get("content")
        media = essence(headers.get("content-type", ""))
        if not content:
            if body:
                yield f"the {status} has a body, and declares none"
        elif most_specific(media, content) is None:
            yield f"the {status} is {media or 'of no media type'}, which it does not declare"
        elif is_json(media) and (
            error := self.body_error(operation, status, _decoded(body), media)
        ):
            yield error

    def _headers(self, operation: Operation, status: int) -> Iterator[tuple[str, Located]]:
        found = self.response(operation, status)
        if found is not None:
            for name, part in self._document.children(found, "headers"):
                if isinstance(part.node, Mapping):
                    yield name.lower(), part


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
