"""What a probe found: cells (operation x case), findings, and the baseline of known ones."""

import enum
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiproof.access.http import Response
from apiproof.errors import UserError
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


class CellStatus(enum.Enum):
    """What a cell says."""

    OK = "ok"
    FINDING = "finding"
    SKIPPED = "not tried"


@dataclass(frozen=True)
class Cell:
    """One case at one requirement.

    Attributes:
        operation_id: The operation.
        requirement: The scheme in question; empty for a public operation.
        case: The case's id.
        expected: The answer that is due, in words.
        got: The statuses seen, one per variant.
        status: Whether they are as expected.
        note: Why it was not tried, or what is wrong.
        evidence: The id of the last request, as the service names it.
    """

    operation_id: str
    requirement: str
    case: str
    expected: str
    got: tuple[int, ...] = ()
    status: CellStatus = CellStatus.OK
    note: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, under an id that stays the same from run to run."""

    check: str
    operation_id: str
    case: str
    text: str
    evidence: str = ""

    @property
    def id(self) -> str:
        """The finding's id, for baselines; a worse outcome of the same case has another one."""
        return f"{self.check}/{self.operation_id}/{self.case}/{self.outcome}"

    @property
    def outcome(self) -> str:
        """The class of what came, the worst of several: `accepted`, `answered-5xx`, or `found`."""
        if "let in with" in self.text:
            return "accepted"
        statuses = re.findall(r"\banswered (\d)\d\d\b", self.text)
        is_answer = statuses and self.check != "exercised"
        return f"answered-{max(statuses)}xx" if is_answer else "found"

    @property
    def line(self) -> str:
        """The finding as one line."""
        seen = f" (request {self.evidence})" if self.evidence else ""
        return f"{self.operation_id}: {self.text} [{self.check}: {self.case}]{seen}"


def evaluated(
    operation: Operation, check: str, name: str, responses: Sequence[Response], note: str
) -> tuple[Cell, list[Finding]]:
    """Return a cell for what was tried beside cases, and its finding if there is a note."""
    status = CellStatus.FINDING if note else CellStatus.OK
    got = tuple(response.status for response in responses)
    evidence = responses[0].evidence if responses else ""
    identity = operation.operation_id
    cell = Cell(identity, "", name, _DUE[check], got, status, note, evidence)
    return cell, [Finding(check, identity, name, note, evidence)] if note else []


def skipped(operation: Operation, name: str, reason: str) -> Cell:
    """Return a cell for what could not be tried."""
    return Cell(operation.operation_id, "", name, "", status=CellStatus.SKIPPED, note=reason)


_DUE = {
    "ownership_enforced": "no trace",
    "writes_are_readable": "as written",
    "public_is_declared": "open",
}


@dataclass
class AccessReport:
    """The result of a probe.

    Attributes:
        labels: operationId -> `METHOD /path`, in the document's order.
        cells: Every cell.
        not_exercised: operationId -> why its declared security could not be exercised.
        requests: operationId -> how many requests the probe sent.
    """

    labels: dict[str, str]
    cells: list[Cell] = field(default_factory=list)
    not_exercised: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    _findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """Everything that is wrong, an operation that was not exercised included."""
        missed = [
            Finding("exercised", name, "not_exercised", f"its security was not exercised: {reason}")
            for name, reason in self.not_exercised.items()
        ]
        return [*self._findings.values(), *missed]

    @property
    def tried(self) -> int:
        """How many cells were tried."""
        return sum(cell.status is not CellStatus.SKIPPED for cell in self.cells)

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
        """Return the report for a JSON report; it holds no secret."""
        return {
            "operations": self.labels,
            "cells": [{**vars(cell), "status": cell.status.value} for cell in self.cells],
            "findings": [{"id": finding.id, **vars(finding)} for finding in self.findings],
            "not_exercised": self.not_exercised,
            "requests": dict(self.requests),
        }


class BaselineUnreadable(UserError):
    """The baseline is missing or is none."""


@dataclass(frozen=True)
class BaselineDiff:
    """Findings told apart by a baseline; `fixed` are ids of known ones that were not found."""

    new: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    fixed: tuple[str, ...] = ()


def read_baseline(path: Path | None) -> set[str]:
    """Read the ids of the known findings; no path, no findings.

    Raises:
        BaselineUnreadable: The file is missing or is no baseline.
    """
    if path is None:
        return set()
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["known"]
        return {str(entry["id"]) for entry in known}
    except FileNotFoundError:
        raise BaselineUnreadable(
            f"No baseline at {path}. Write one with --write-baseline {path}."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BaselineUnreadable(
            f'{path} is not a baseline: it needs {{"known": [{{"id": ...}}]}}.'
        ) from None


def write_baseline(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as known."""
    known = [{"id": finding.id, "text": finding.text} for finding in findings]
    path.write_text(json.dumps({"known": known}, indent=2) + "\n", encoding="utf-8")


def compare_to_baseline(findings: Iterable[Finding], known: set[str]) -> BaselineDiff:
    """Tell known findings from new ones."""
    found = list(findings)
    return BaselineDiff(
        new=tuple(finding for finding in found if finding.id not in known),
        known=tuple(finding for finding in found if finding.id in known),
        fixed=tuple(sorted(known - {finding.id for finding in found})),
    )
