"""The report for people and machines: a table of 80 columns, and the kit's common report.

Cells name cases, never credentials; requests and answers are redacted.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apiproof.access.checks import CHECKS, Impact
from apiproof.access.report import (
    AccessFinding,
    AccessReport,
    BaselineDiff,
    Cell,
    by_cause,
)
from apiproof.access.step import as_step, curl_of, place_of
from apiproof.reporting.formats import as_junit, as_sarif
from apiproof.reporting.model import Status, build_report
from apiproof.reporting.page import as_html
from apiproof.reporting.terminal import console as default_console

# The columns of the table in the terminal, and what each sums up.
COLUMNS = {
    "anon": ("anonymous_rejected", "public_is_declared", "security_kept"),
    "token": ("forged_tokens_rejected", "keys_are_strong"),
    "scope": ("scopes_enforced", "functions_enforced"),
    "owner": ("ownership_enforced",),
    "priv": ("privileges_enforced",),
    "other": ("urls_not_fetched", "users_not_enumerable", "logins_limited", "writes_are_readable"),
}
LABEL = 33  # characters of an operation in the table
STYLES = {
    Impact.LET_IN: "bold red",
    Impact.LEAK: "red",
    Impact.EXISTENCE: "yellow",
    Impact.DEVIATION: "cyan",
}


def print_report(
    report: AccessReport, diff: BaselineDiff, console: Console = default_console
) -> None:
    """Print the table, what was not tried and why, and the findings by cause."""
    if report.cells:
        console.print(_table(report))
    _print_skipped(report, console)
    for line in report.left_behind:
        console.print(f"[dim]left behind:[/] {escape(line)}", soft_wrap=True, highlight=False)
    if report.note:
        console.print(f"[dim]{escape(report.note)}[/]", soft_wrap=True, highlight=False)
    console.print(report.evidence, highlight=False, markup=False)
    for group in by_cause(diff.known):
        _print_group("known", "dim", group, report, console)
    for name in diff.fixed:
        console.print(f"[yellow]no longer found, take it off the baseline:[/] {escape(name)}")
    for group in by_cause(diff.new):
        severity = group[0].severity
        _print_group(severity.value, STYLES[severity], group, report, console)
    for line in filter(None, (report.interrupted, report.why_no_evidence)):
        console.print(f"[bold red]{escape(line)}[/]", soft_wrap=True)


def _table(report: AccessReport) -> Table:
    table = Table(
        title="Access", caption="ok passed   ! failed   - not tried", caption_justify="left"
    )
    table.add_column("operation", no_wrap=True, max_width=LABEL)
    for name in COLUMNS:
        table.add_column(name, justify="center", no_wrap=True)
    findings = {(one.operation_id, one.check): one for one in reversed(report.findings)}
    for operation_id, label in report.labels.items():
        cells = [cell for cell in report.cells if cell.operation_id == operation_id]
        if cells:
            table.add_row(
                escape(label if len(label) <= LABEL else label[: LABEL - 1] + "…"),
                *(_mark(operation_id, checks, cells, findings) for checks in COLUMNS.values()),
            )
    return table


def _mark(
    operation_id: str,
    checks: tuple[str, ...],
    cells: list[Cell],
    findings: dict[tuple[str, str], AccessFinding],
) -> str:
    found = [findings[operation_id, one] for one in checks if (operation_id, one) in findings]
    if found:
        worst = min(found, key=lambda one: one.severity.rank).severity
        return f"[{STYLES[worst]}]![/]"
    statuses = {cell.status for cell in cells if cell.check in checks}
    if Status.PASSED in statuses or Status.FAILED in statuses:
        return "[green]ok[/]"
    return "[dim]-[/]" if statuses else ""


def _print_skipped(report: AccessReport, console: Console) -> None:
    reasons: dict[str, set[str]] = {}
    for cell in report.cells:
        if cell.status is Status.SKIPPED:
            reasons.setdefault(cell.note, set()).add(cell.case)
    for name, reason in report.not_exercised.items():
        reasons.setdefault(reason, set()).add(report.labels.get(name, name))
    for reason, names in reasons.items():
        shown = ", ".join(sorted(names)[:6]) + (" …" if len(names) > 6 else "")
        console.print(
            f"[dim]not tried: {escape(f'{shown}: {reason}')}[/]", soft_wrap=True, highlight=False
        )


def _print_group(
    word: str, style: str, group: list[AccessFinding], report: AccessReport, console: Console
) -> None:
    first = group[0]
    label = report.labels.get(first.operation_id, first.operation_id)
    console.print(
        f"[{style}]{word}[/] {escape(f'{label}: {first.text}')}", soft_wrap=True, highlight=False
    )
    others = list(dict.fromkeys(place_of(one, report) for one in group[1:]))
    others = [place for place in others if place != label]
    if others:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        console.print(f"    also: {escape(shown)}", soft_wrap=True, highlight=False)
    source = first.source or CHECKS[first.check].source
    console.print(
        f"    [dim]{escape(f'{source}; baseline id {first.id}')}[/]",
        soft_wrap=True,
        highlight=False,
    )
    if (command := curl_of(first, "$URL")) and word != "known":
        console.print(f"    {command}", style="dim", soft_wrap=True, highlight=False, markup=False)


def write_json(report: AccessReport, diff: BaselineDiff, path: Path) -> None:
    """Write everything as JSON: every cell, every finding."""
    written: dict[str, Any] = {**report.as_json(), "new": [finding.id for finding in diff.new]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def write_reports(
    report: AccessReport,
    diff: BaselineDiff,
    folder: Path,
    started: datetime,
    base_url: str = "",
) -> list[Path]:
    """Write everything as JSON, and the findings as HTML, JUnit and SARIF.

    Args:
        report: What was found.
        diff: Which of it is new.
        folder: Where to.
        started: When the run began, with its time zone.
        base_url: Of the service.

    Returns:
        The files.
    """
    known = {finding.id for finding in diff.known}
    seconds = (datetime.now(UTC) - started).total_seconds()
    common = build_report("access", started, [as_step(report, known, seconds, base_url)])
    write_json(report, diff, folder / "access.json")
    texts = {
        "access.html": as_html(common),
        "access.junit.xml": as_junit(common),
        "access.sarif": as_sarif(common),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in ("access.json", *texts)]
