"""Every answer of a probe is looked at: is it a conforming error, does it leak a secret?

It must not know why a request was sent.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.conformity import Conformity
from apiproof.access.exchange import Answer, Request
from apiproof.access.gates import Gatehouse
from apiproof.access.identities import Identities
from apiproof.access.leaks import leaks, without_purposes
from apiproof.access.matrix import Finding
from apiproof.access.samples import Samples
from apiproof.jwt import Presented
from apiproof.openapi.document import Operation
from apiproof.redaction import secrets_in

LEAKS, ERRORS = "secrets_not_leaked", "errors_conform"


class Inspection:
    """Looks at answers and collects findings."""

    def __init__(
        self, document: Mapping[str, Any], gatehouse: Gatehouse, identities: Identities
    ) -> None:
        self._gatehouse = gatehouse
        self._identities = identities
        self._operations = {item.label: item for item in gatehouse.operations}
        self._samples = Samples(document)
        self._conformity = Conformity(document)
        self.findings: dict[str, Finding] = {}

    def see(self, request: Request, presented: Presented, answer: Answer) -> None:
        """Look at one answer."""
        for finding in self.of(request, presented, answer):
            self.findings.setdefault(finding.id, finding)

    def of(self, request: Request, presented: Presented, answer: Answer) -> Iterator[Finding]:
        """Yield what is wrong with one answer."""
        # As the document has it: a probe may try a public operation as if it were secured.
        operation = self._operations.get(request.operation.label, request.operation)
        name = operation.operation_id
        for fault, text in self._conformity.faults(operation, answer):
            yield Finding(ERRORS, name, fault, text, answer.evidence)
        for kind in self._leaked(operation, request, presented, answer):
            text = f"a {answer.status} holds {kind}"
            yield Finding(LEAKS, name, f"{kind}-{answer.status}", text, answer.evidence)

    def _leaked(
        self, operation: Operation, request: Request, presented: Presented, answer: Answer
    ) -> Iterator[str]:
        text, body = answer.text, answer.json
        if answer.ok and body is not None:
            declared = self._declared(operation, answer.status)
            body = without_purposes(body, declared, self._samples.resolve)
            text = json.dumps(body, ensure_ascii=False)
        text += "".join(f"\n{part}" for part in _texts(body))  # without JSON's escapes
        text += "".join(
            f"\n{value}" for name, value in answer.headers.items() if name != "set-cookie"
        )
        own = [*self._identities.secrets(), *secrets_in(request.content.body)]
        fields = {scheme.field.lower() for scheme in self._gatehouse.schemes.values()}
        own += [
            _credential(value)
            for name, value in presented.headers.items()
            if name.lower() in fields
        ]
        yield from leaks(text, own, sent=json.dumps(request.content.body, default=str))

    def _declared(self, operation: Operation, status: int) -> dict[str, Any]:
        responses = operation.definition.get("responses", {})
        declared = (
            responses.get(str(status)) or responses.get("2XX") or responses.get("default", {})
        )
        content = self._samples.resolve(declared).get("content", {})
        return next(
            (part.get("schema", {}) for name, part in content.items() if "json" in name), {}
        )


def _credential(value: str | bytes) -> str:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.rpartition(" ")[2]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
