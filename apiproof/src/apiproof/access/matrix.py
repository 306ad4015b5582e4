"""What a probe found: cells (operation x passport), findings, and what could not be exercised.

It must not know how anything was found, nor how it is drawn.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.exchange import Answer
from apiproof.openapi.document import Operation

CHECKS = (
    "anonymous_rejected",
    "scopes_enforced",
    "ownership_enforced",
    "forged_tokens_rejected",
    "secrets_not_leaked",
    "writes_are_readable",
    "errors_conform",
    "public_is_declared",
)


class Outcome(enum.Enum):
    """What a cell says."""

    OK = "ok"
    FINDING = "finding"
    UNTRIED = "not tried"


@dataclass(frozen=True)
class Cell:
    """One passport at one gate.

    Attributes:
        operation_id: The operation.
        gate: The scheme in question; empty for a public operation.
        passport: The passport's id.
        expected: The answer that is due, in words.
        got: The statuses seen, one per variant.
        outcome: Whether they are as expected.
        note: Why it was not tried, or what is wrong.
        evidence: The id of the last request, as the service names it.
    """

    operation_id: str
    gate: str
    passport: str
    expected: str
    got: tuple[int, ...] = ()
    outcome: Outcome = Outcome.OK
    note: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, under an id that stays the same from run to run."""

    check: str
    operation_id: str
    service: str
    text: str
    evidence: str = ""

    @property
    def id(self) -> str:
        """The finding's id, for baselines."""
        return f"{self.check}/{self.operation_id}/{self.service}"

    @property
    def line(self) -> str:
        """The finding as one line."""
        seen = f" (request {self.evidence})" if self.evidence else ""
        return f"{self.operation_id}: {self.text} [{self.check}: {self.service}]{seen}"


def judged(
    operation: Operation, check: str, name: str, answers: Sequence[Answer], note: str
) -> tuple[Cell, list[Finding]]:
    """Return a cell for what was tried beside passports, and its finding if there is a note."""
    outcome = Outcome.FINDING if note else Outcome.OK
    got = tuple(answer.status for answer in answers)
    evidence = answers[0].evidence if answers else ""
    identity = operation.operation_id
    cell = Cell(identity, "", name, _DUE[check], got, outcome, note, evidence)
    return cell, [Finding(check, identity, name, note, evidence)] if note else []


def untried(operation: Operation, name: str, reason: str) -> Cell:
    """Return a cell for what could not be tried."""
    return Cell(operation.operation_id, "", name, "", outcome=Outcome.UNTRIED, note=reason)


_DUE = {
    "ownership_enforced": "no trace",
    "writes_are_readable": "as written",
    "public_is_declared": "open",
}


@dataclass
class Matrix:
    """The result of a probe.

    Attributes:
        labels: operationId -> `METHOD /path`, in the document's order.
        cells: Every cell.
        unexercised: operationId -> why its declared security could not be exercised.
        requests: operationId -> how many requests the probe sent.
    """

    labels: dict[str, str]
    cells: list[Cell] = field(default_factory=list)
    unexercised: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    _findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """Everything that is wrong, an operation that was not exercised included."""
        missed = [
            Finding("exercised", name, "unexercised", f"its security was not exercised: {reason}")
            for name, reason in self.unexercised.items()
        ]
        return [*self._findings.values(), *missed]

    @property
    def tried(self) -> int:
        """How many cells were tried."""
        return sum(cell.outcome is not Outcome.UNTRIED for cell in self.cells)

    @property
    def evidence(self) -> str:
        """What was reached, as one line."""
        most = max(self.requests.values(), default=0)
        sent = sum(self.requests.values())
        cells = f"{self.tried} of {len(self.cells)} cells tried"
        return f"{cells}, {sent} requests, at most {most} per operation"

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings; of equal ids the first counts."""
        for finding in findings:
            self._findings.setdefault(finding.id, finding)

    def of(self, operation_id: str, check: str | None = None) -> list[Finding]:
        """Return the findings of an operation, of one check or of all."""
        return [
            finding
            for finding in self.findings
            if finding.operation_id == operation_id and check in {None, finding.check}
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the matrix for a JSON report; it holds no secret."""
        return {
            "operations": self.labels,
            "cells": [{**vars(cell), "outcome": cell.outcome.value} for cell in self.cells],
            "findings": [{"id": finding.id, **vars(finding)} for finding in self.findings],
            "unexercised": self.unexercised,
            "requests": dict(self.requests),
        }
