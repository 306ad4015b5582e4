"""Answers that depart from the OpenAPI document, whoever asked and whatever a test looked at.

An ASGI layer watches the whole application, so that no test has to look at shapes by itself.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.http.middleware import ResponseObserver, observe_responses
from apiproof.openapi.document import Operation
from apiproof.openapi.responses import ResponseValidator
from apiproof.service import ASGIApp, Message

_SERVER_ERROR = 500


class ConformanceMonitor:
    """Every departure of an environment's answers since the last time they were taken.

    Args:
        document: The OpenAPI document.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._responses = ResponseValidator(document)
        self._found: dict[str, None] = {}

    def pop_violations(self) -> list[str]:
        """Return them, each once, and forget them."""
        found, self._found = self._found, {}
        return list(found)

    def check(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Compare an answer with what the document declares.

        Args:
            operation: What was asked for.
            status: Of the answer.
            headers: By name in lower case.
            body: As it was sent.
        """
        for fault in self._faults(operation, status, headers, body):
            self._found[f"{operation.operation_id}: {fault}"] = None

    def _faults(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes
    ) -> Iterator[str]:
        declared = self._responses.declared(operation, status)
        if declared is None:
            # A server error is nobody's promise; what causes one on purpose judges it itself.
            if status < _SERVER_ERROR:
                yield f"{status} is not declared"
            return
        for name, header in self._responses.headers(operation, status).items():
            if header.get("required") and name not in headers:
                yield f"the {status} lacks its header {name}"
        content = declared.get("content")
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not content:
            if body:
                yield f"the {status} has a body, and declares none"
        elif not any(_covers(name, media) for name in content):
            yield f"the {status} is {media or 'of no media type'}, which it does not declare"
        elif media.endswith("json") and (
            fault := self._responses.body_error(operation, status, _decoded(body))
        ):
            yield fault


def monitor_responses(
    app: ASGIApp, document: dict[str, Any], conformance: ConformanceMonitor
) -> ASGIApp:
    """Wrap an ASGI application so that every answer of a declared operation is judged."""

    def begin(operation: Operation, _scope: Message) -> ResponseObserver:
        start: Message = {}
        parts: list[bytes] = []

        def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    headers = _texts(start.get("headers", []))
                    conformance.check(operation, start["status"], headers, b"".join(parts))

        return note

    return observe_responses(app, document, begin)


def _texts(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _covers(declared: str, media: str) -> bool:
    kind, _, rest = declared.lower().partition("/")
    return declared in {"*/*", media} or (rest == "*" and media.startswith(f"{kind}/"))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
