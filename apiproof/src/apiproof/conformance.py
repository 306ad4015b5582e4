"""Answers that depart from the OpenAPI document, whoever asked and whatever a test looked at.

An ASGI layer watches the whole application, so that no test has to look at shapes by itself.
"""

from collections.abc import Mapping
from typing import Any

from apiproof.http import ASGIApp, Message
from apiproof.monitoring import ResponseObserver, observe_responses
from apiproof.openapi.document import Operation
from apiproof.openapi.responses import ResponseValidator

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
        if status >= _SERVER_ERROR and self._responses.declared(operation, status) is None:
            return  # nobody's promise; what causes one on purpose judges it itself
        for error in self._responses.errors(operation, status, headers, body):
            self._found[f"{operation.operation_id}: {error}"] = None


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
