"""What a probe found: cells (operation x case), findings, their causes, and the baseline."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from apiproof.access.checks import CHECKS, Impact
from apiproof.access.http import Response
from apiproof.declared_security import (
    Declared,
    as_lines,
    declared_security,
    from_lines,
    lost_security,
)
from apiproof.errors import UNREADABLE, UserError
from apiproof.openapi.document import Operation
from apiproof.reporting.finding import counted
from apiproof.reporting.model import Status
from apiproof.reporting.store import write_atomically

INTERRUPTED = "Interrupted: what was found until then is in the reports."
NOT_VERIFIED = "the signature is not verified"
OPEN = "no credential is asked for"
PUBLIC = "the document should say that no credential is needed"
REFUSED_OTHERWISE = "refused otherwise"  # than with the status that is due
SHOWN = "shows"  # a member of a schema that many operations answer with


@dataclass(frozen=True)
class Cell:
    """One case at one requirement.

    Attributes:
        operation_id: The operation.
        requirement: The scheme in question; empty for what is tried beside credentials.
        case: The case's id.
        expected: The answer that is due, in words.
        got: The statuses seen, one per variant; 0 where no answer came.
        status: Whether they are as expected; skipped where it was not tried.
        note: Why it was not tried, or what is wrong.
        evidence: The id of the last request, as the service names it.
        check: The check that it belongs to.
    """

    operation_id: str
    requirement: str
    case: str
    expected: str
    got: tuple[int, ...] = ()
    status: Status = Status.PASSED
    note: str = ""
    evidence: str = ""
    check: str = ""


@dataclass(frozen=True)
class AccessFinding:
    """Something that is wrong, under an id that stays the same from run to run.

    Attributes:
        check: The check that found it.
        operation_id: Where.
        case: What was tried.
        text: What is wrong.
        evidence: The id of the request, as the service names it.
        kind: How it went wrong: `let in`, `answered 403`, ... part of the id.
        impact: What it means; the check's own where it is not given.
        expected: What would have been right.
        source: Who says so; the check's own where it is not given.
        response: The answer that shows it.
        cause: Findings of one cause are shown as one; by default the check, the case and the kind.
    """

    check: str
    operation_id: str
    case: str
    text: str
    evidence: str = ""
    kind: str = ""
    impact: Impact | None = None
    expected: str = ""
    source: str = ""
    response: Response | None = field(default=None, repr=False, compare=False)
    cause: str = ""

    @property
    def id(self) -> str:
        """The finding's id, for baselines."""
        kind = f"/{self.kind.replace(' ', '-')}" if self.kind else ""
        return f"{self.check}/{self.operation_id}/{self.case}{kind}"

    @property
    def severity(self) -> Impact:
        """What it means."""
        return self.impact or CHECKS[self.check].impact

    @property
    def cause_key(self) -> tuple[str, str, str]:
        """What findings of one cause have in common."""
        cause = self.cause or f"{self.case}/{self.kind}"
        # One place verifies all tokens, one schema shows a member everywhere.
        is_central = self.check == "forged_tokens_rejected" or self.cause.startswith(SHOWN)
        is_hole = self.severity in {Impact.LET_IN, Impact.LEAK}
        if is_hole and (not is_central or self.cause == OPEN):
            cause = f"{self.operation_id}: {cause}"  # a hole in one place is not that in another
        is_any = self.cause in {OPEN, PUBLIC} or self.cause.startswith(REFUSED_OTHERWISE)
        check = "" if is_any else self.check
        return check, self.severity.value, cause

    @property
    def line(self) -> str:
        """The finding as one line."""
        seen = f" (request {self.evidence})" if self.evidence else ""
        return f"{self.operation_id}: {self.text} [{self.check}: {self.case}]{seen}"


Result = tuple[Cell, list[AccessFinding]]


class Trial(Protocol):
    """What is tried beside credentials."""

    def probe(self, operation: Operation) -> Iterator[Result]:
        """Try one operation."""
        ...


def evaluated(  # noqa: PLR0913 - the parts of a cell and its finding
    operation: Operation,
    check: str,
    name: str,
    responses: Sequence[Response],
    note: str,
    *,
    kind: str = "",
    impact: Impact | None = None,
    cause: str = "",
) -> tuple[Cell, list[AccessFinding]]:
    """Return a cell for what was tried beside credentials, and its finding if there is a note."""
    status = Status.FAILED if note else Status.PASSED
    got = tuple(response.status for response in responses)
    first = responses[0] if responses else None
    evidence = first.evidence if first else ""
    identity = operation.operation_id
    expected = CHECKS[check].expected
    cell = Cell(identity, "", name, expected, got, status, note, evidence, check)
    finding = AccessFinding(
        check,
        identity,
        name,
        note,
        evidence,
        kind=kind,
        impact=impact,
        expected=expected,
        response=first,
        cause=cause,
    )
    return cell, [finding] if note else []


def skipped(
    operation: Operation, name: str, reason: str, check: str = "ownership_enforced"
) -> Cell:
    """Return a cell for what could not be tried."""
    identity = operation.operation_id
    return Cell(identity, "", name, "", status=Status.SKIPPED, note=reason, check=check)


def trapped(operation_id: str, fetched: Sequence[str]) -> Iterator[AccessFinding]:
    """Yield a finding where keys were fetched from where a forged token pointed.

    Args:
        operation_id: At which operation.
        fetched: The paths that were asked for.
    """
    if fetched:
        text = "fetches keys from a URL that the token names (RFC 8725, 3.10; CWE-918)"
        yield AccessFinding("forged_tokens_rejected", operation_id, "trap", text)


@dataclass
class AccessReport:
    """The result of a probe.

    Attributes:
        labels: operationId -> `METHOD /path`, in the document's order.
        cells: Every cell.
        not_exercised: operationId -> why its declared security could not be exercised.
        requests: operationId -> how many requests the probe sent.
        is_strict: Whether an operation that was not exercised is a finding.
        left_behind: What the run made and could not remove, one line each.
        roles: operationId -> user -> the status that the user got.
        document: The document as the API declares it.
        note: What limits the run: no accounts of its own, say.
        interrupted: Why the run ended early; empty where it did not.
        refused_users: Users of the file who were refused wherever they asked -> with which
            statuses.
    """

    labels: dict[str, str]
    cells: list[Cell] = field(default_factory=list)
    not_exercised: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    is_strict: bool = True
    left_behind: list[str] = field(default_factory=list)
    roles: dict[str, dict[str, int]] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    note: str = ""
    interrupted: str = ""
    refused_users: dict[str, set[int]] = field(default_factory=dict)
    _findings: dict[str, AccessFinding] = field(default_factory=dict)

    @property
    def findings(self) -> list[AccessFinding]:
        """Everything that is wrong, the worst first; not exercised counts where it is strict."""
        missed = [
            AccessFinding(
                "exercised", name, "not_exercised", f"its security was not exercised: {reason}"
            )
            for name, reason in self.not_exercised.items()
            if self.is_strict
        ]
        return sorted([*self._findings.values(), *missed], key=lambda one: one.severity.rank)

    @property
    def tried(self) -> int:
        """How many cells were tried."""
        return sum(cell.status is not Status.SKIPPED for cell in self.cells)

    @property
    def why_no_evidence(self) -> str:
        """Who of the file has shown nothing, as one line; empty where everybody has."""
        if not self.refused_users:
            return ""
        statuses = sorted({one for each in self.refused_users.values() for one in each})
        return (
            f"Refused wherever a credential is asked for ({', '.join(map(str, statuses))}): "
            f"{', '.join(self.refused_users)}. Nothing was tried as them: look at their entries in "
            "the identities file, at the word before a token, and whether it has run out."
        )

    @property
    def evidence(self) -> str:
        """What was reached, as one line."""
        most = max(self.requests.values(), default=0)
        sent = sum(self.requests.values())
        cells = f"{self.tried} of {counted(len(self.cells), 'cell')} tried"
        return f"{cells}, {counted(sent, 'request')}, at most {most} per operation"

    def add(self, findings: Iterable[AccessFinding]) -> None:
        """Add findings; of equal ids the first counts."""
        for finding in findings:
            self._findings.setdefault(finding.id, finding)

    def of(self, operation_id: str, check: str | None = None) -> list[AccessFinding]:
        """Return the findings of an operation, of one check or of all."""
        return [
            finding
            for finding in self.findings
            if finding.operation_id == operation_id and check in {None, finding.check}
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the report for a JSON report; it holds no secret."""
        hidden = {"response", "impact"}
        return {
            "operations": self.labels,
            "cells": [{**vars(cell), "status": cell.status.value} for cell in self.cells],
            "findings": [
                {
                    "id": finding.id,
                    "severity": finding.severity.value,
                    **{name: value for name, value in vars(finding).items() if name not in hidden},
                }
                for finding in self.findings
            ],
            "not_exercised": self.not_exercised,
            "requests": dict(self.requests),
            "roles": self.roles,
            "left_behind": self.left_behind,
            "note": self.note,
            "interrupted": self.interrupted,
            "refused_users": {name: sorted(said) for name, said in self.refused_users.items()},
        }


def by_cause(findings: Iterable[AccessFinding]) -> list[list[AccessFinding]]:
    """Group findings of one cause; groups and their findings keep their order."""
    groups: dict[tuple[str, str, str], list[AccessFinding]] = {}
    for finding in findings:
        groups.setdefault(finding.cause_key, []).append(finding)
    return list(groups.values())


def security_lost(before: Declared, document: Mapping[str, Any]) -> Iterator[AccessFinding]:
    """Yield what a document no longer asks for, and did when a baseline was written.

    Args:
        before: What its operations asked for.
        document: What the API declares now.
    """
    for lost in lost_security(before, document):
        text = f"{lost.text}, as it did when the baseline was written"
        name = lost.operation.operation_id
        yield AccessFinding("security_kept", name, "document", text, kind=lost.kind)


class BaselineUnreadable(UserError):
    """The baseline is missing or is none."""


@dataclass(frozen=True)
class Baseline:
    """What a project knows: findings, text by id, and what its operations asked for."""

    known: Mapping[str, str] = field(default_factory=dict)
    secured: Declared = field(default_factory=dict)


@dataclass(frozen=True)
class BaselineDiff:
    """Findings told apart by a baseline; `fixed` are ids of known ones that were not found."""

    new: tuple[AccessFinding, ...] = ()
    known: tuple[AccessFinding, ...] = ()
    fixed: tuple[str, ...] = ()

    def failing(self, threshold: Impact) -> tuple[AccessFinding, ...]:
        """Return the new findings that are as bad as a threshold, or worse."""
        return tuple(one for one in self.new if one.severity.rank <= threshold.rank)


def read_baseline(path: Path | None) -> Baseline:
    """Read what is known; no path, nothing is.

    Raises:
        BaselineUnreadable: The file is missing or is no baseline.
    """
    if path is None:
        return Baseline()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {str(entry["id"]): str(entry.get("text") or "") for entry in found["known"]}
        return Baseline(known, from_lines(found.get("secured") or ()))
    except FileNotFoundError:
        raise BaselineUnreadable(
            f"No baseline at {path}. Write one with --write-baseline {path}."
        ) from None
    except (*UNREADABLE, KeyError, TypeError, AttributeError):
        raise BaselineUnreadable(
            f'{path} is not a baseline: it needs {{"known": [{{"id": ...}}]}}.'
        ) from None


def write_baseline(report: AccessReport, path: Path, kept: Mapping[str, str] | None = None) -> None:
    """Write the findings of a report as known, and the security that its document asks for now.

    Args:
        report: What was found.
        path: Of the baseline.
        kept: Known findings that nobody looked for this time, text by id.
    """
    found = {
        finding.id: finding.text
        for finding in report.findings
        if finding.check != "security_kept"  # what is asked for now is the new memory
    }
    known = [{"id": name, "text": text} for name, text in ({**(kept or {}), **found}).items()]
    secured = as_lines(declared_security(report.document))
    text = json.dumps({"known": known, "secured": secured}, indent=2)
    write_atomically(path, text + "\n")


def compare_to_baseline(
    findings: Iterable[AccessFinding], known: Collection[str], *, is_whole: bool = True
) -> BaselineDiff:
    """Tell known findings from new ones.

    Args:
        findings: What was found.
        known: Ids that a baseline lists.
        is_whole: Everything was looked at, so that what was not found is fixed.
    """
    found = list(findings)
    fixed = set(known) - {finding.id for finding in found} if is_whole else ()
    return BaselineDiff(
        new=tuple(finding for finding in found if finding.id not in known),
        known=tuple(finding for finding in found if finding.id in known),
        fixed=tuple(sorted(fixed)),
    )
