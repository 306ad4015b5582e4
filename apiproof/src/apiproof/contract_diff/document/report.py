"""Changes and their impact: lines for people, JSON for machines, a step of the one report."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console

from apiproof.contract_diff.document.changes import Change
from apiproof.contract_diff.document.consumer_impact import Impact
from apiproof.contract_diff.document.rules import OASDIFF, ChangeSeverity
from apiproof.openapi.references import shown_place
from apiproof.reporting import Finding, Location, Severity, StepResult, counted, step_result
from apiproof.reporting.terminal import print_line, print_table

FEW = 2
"""How many operations an entry names before it counts them."""
MANY = 20
"""How many operations and occurrences an entry of the JSON report holds unless all are wanted."""
STYLES = {
    ChangeSeverity.ERROR: "bold red",
    ChangeSeverity.WARNING: "yellow",
    ChangeSeverity.INFO: "dim",
}
_IMPORTANCE = {
    ChangeSeverity.ERROR: Severity.HIGH,
    ChangeSeverity.WARNING: Severity.MEDIUM,
    ChangeSeverity.INFO: Severity.LOW,
}


@dataclass(frozen=True)
class DiffReport:
    """What a comparison found, ready to be told.

    Attributes:
        old: What the old document is called.
        new: What the new one is called.
        changes: What changed, the most severe first.
        impacts: The consumers of each breaking change; None where no pacts were read.
        every_operation: Whether all operations of an entry are named.
        ignored: How many changes a policy leaves out.
    """

    old: str
    new: str
    changes: Sequence[Change]
    impacts: Sequence[Impact] | None = None
    every_operation: bool = False
    ignored: int = 0

    @property
    def counts(self) -> Counter[ChangeSeverity]:
        """How many changes there are of each severity."""
        return Counter(change.severity for change in self.changes)

    @property
    def summary(self) -> str:
        """The counts in one line."""
        error, warning, info = (self.counts[severity] for severity in ChangeSeverity)
        counts = (
            f"{error} breaking, {counted(warning, 'warning')}, {counted(info, 'harmless change')}."
        )
        return f"{counts} {self.ignored} ignored by the policy." if self.ignored else counts

    @property
    def unused(self) -> str:
        """How many breaking changes no consumer relies on, in one line; empty without pacts."""
        if self.impacts is None or not self.impacts:
            return ""
        free = sum(not found.relied_on for found in self.impacts)
        of = "the breaking change" if len(self.impacts) == 1 else None
        if not free:
            return f"Consumers rely on {of or f'each of the {len(self.impacts)} breaking changes'}."
        return (
            f"No consumer relies on {of or f'{free} of the {len(self.impacts)} breaking changes'}."
        )

    def consumers(self, change: Change) -> list[str]:
        """Return who relies on a breaking change, a line each; what to say where nobody does."""
        found = self._by_change.get(id(change))
        if found is None:
            return []
        lines = [f"{r.effect} {r.consumer}: {r.interaction}" for r in found.reliances]
        return lines or ["no consumer relies on it"]

    def operations(self, change: Change) -> str:
        """Return the operations that a change reaches: all, or the first and how many more."""
        names = change.operations
        if self.every_operation or len(names) <= FEW + 1:
            return ", ".join(names) or "the document"
        return f"{', '.join(names[:FEW])} and {len(names) - FEW} more"

    @property
    def _by_change(self) -> dict[int, Impact]:
        return {id(found.change): found for found in self.impacts or ()}


def pointers(change: Change) -> Iterator[str]:
    """Yield where a change is in the old and in the new document."""
    for name, at in (("old", change.old_pointer), ("new", change.new_pointer)):
        if at is not None:
            yield f"{name} {shown_place(at)}"


def print_report(console: Console, report: DiffReport) -> None:
    """Print changes: a table on a terminal, one whole line each into a pipe; then the counts."""
    shown = [change for change in report.changes if change.severity is not ChangeSeverity.INFO]
    if console.is_terminal and shown:
        columns = ["Severity", "Change", "Operations", "Where"]
        columns += ["Consumers"] if report.impacts is not None else []
        print_table(console, "Changes", columns, [_row(report, change) for change in shown])
    else:
        for change in shown:
            print_line(console, *_line(report, change), wrap=False)
    for change in report.changes[len(shown) :]:
        text = f"harmless {change.rule}: {_where(report, change)}{change.sentence}"
        print_line(console, (text, "dim"), wrap=False)
    print_line(console, report.summary, wrap=False)
    if report.unused:
        print_line(console, report.unused, wrap=False)


def _row(report: DiffReport, change: Change) -> list[str | tuple[str, str]]:
    row: list[str | tuple[str, str]] = [
        (str(change.severity), STYLES[change.severity]),
        f"{change.sentence} ({change.rule})",
        report.operations(change),
        "\n".join(pointers(change)),
    ]
    return [*row, "\n".join(report.consumers(change))] if report.impacts is not None else row


def _where(report: DiffReport, change: Change) -> str:
    """Return the operations before a sentence, unless it begins with the one that it is about."""
    is_named = change.sentence.startswith(f"{change.operation} ")
    return "" if is_named or not change.operation else f"{report.operations(change)}: "


def _line(report: DiffReport, change: Change) -> Iterator[str | tuple[str, str]]:
    yield (str(change.severity), STYLES[change.severity])
    yield f" {change.rule}: {_where(report, change)}{change.sentence}"
    yield f" [{', '.join(pointers(change))}]"
    if consumers := report.consumers(change):
        yield f" {'; '.join(consumers)}"


def as_json(report: DiffReport) -> str:
    """Return everything found as one JSON document; `consumers` only where pacts were read.

    The operations that a change reaches, and where in them, are counted; all are there on demand.
    """
    by_change = {id(found.change): found for found in report.impacts or ()}
    entries = []
    for change in report.changes:
        entry: dict[str, Any] = asdict(replace(change, occurrences=()))
        most = None if report.every_operation else MANY
        entry["occurrences"] = [
            {"operation": each.operation, "place": each.place._asdict()}
            for each in change.occurrences[:most]
        ]
        entry |= {
            "operation": change.operation,
            "operations": change.operations[:most],
            "occurrence_count": len(change.occurrences),
            "operation_count": len(change.operations),
        }
        entry["oasdiff"] = [name for name, rule in OASDIFF.items() if rule == change.rule]
        found = by_change.get(id(change))
        if found is not None:
            entry["relied_on"] = found.relied_on
            entry["consumers"] = [asdict(reliance) for reliance in found.reliances]
        entries.append(entry)
    counts = report.counts
    document = {
        "old": report.old,
        "new": report.new,
        "breaking": counts[ChangeSeverity.ERROR],
        "warnings": counts[ChangeSeverity.WARNING],
        "harmless": counts[ChangeSeverity.INFO],
        "ignored": report.ignored,
        "changes": entries,
    }
    return json.dumps(document, indent=2, default=str)


def to_step(report: DiffReport, *, with_warnings: bool = False) -> StepResult:
    """Return the comparison as a step of the one report.

    Args:
        report: What was found.
        with_warnings: Whether warnings are findings too, known ones that fail nothing.
    """
    shown = [c for c in report.changes if c.breaking or (with_warnings and _is_warning(c))]
    evidence = {
        "changes": len(report.changes),
        "breaking": report.counts[ChangeSeverity.ERROR],
        "documents": 2,
    }
    return step_result("openapi diff", evidence, [_finding(report, change) for change in shown])


def _is_warning(change: Change) -> bool:
    return change.severity is ChangeSeverity.WARNING


def _location(document: str, pointer: str) -> Location:
    file, _, inside = shown_place(pointer).partition("#")
    return Location(posixpath.join(posixpath.dirname(document), file or document), f"#{inside}")


def _finding(report: DiffReport, change: Change) -> Finding:
    old, new = change.old_pointer or "", change.new_pointer or ""
    return Finding(
        id=f"openapi-diff/{change.rule}/{change.operation}/{old}/{new}",
        check=change.rule,
        severity=_IMPORTANCE[change.severity],
        operation=change.operation,
        message=change.sentence,
        details=(report.operations(change), *pointers(change), *report.consumers(change)),
        location=_location(report.new, new),
        is_warning=not change.breaking,
    )
