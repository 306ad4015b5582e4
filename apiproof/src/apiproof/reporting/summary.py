"""A report on the terminal: its findings, the worst first, then a table of the steps."""

from collections import Counter
from pathlib import Path
from typing import Final

from rich.console import Console

from apiproof.reporting.finding import Finding, Severity, alike, others_of
from apiproof.reporting.model import Report, Status, StepResult
from apiproof.reporting.page import headline
from apiproof.reporting.terminal import Styled, print_line, print_table

COLOURS: Final = {
    Status.PASSED: "green",
    Status.FAILED: "red",
    Status.ERROR: "magenta",
    Status.SKIPPED: "yellow",
}
_SEVERITIES: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_MOST: Final = 50  # kinds of findings; the page has them all
_OF_A_KIND: Final = 3


def print_report(report: Report, page: Path, terminal: Console) -> None:
    """Print what a person needs to know, and where the rest is.

    Args:
        report: the report.
        page: where it was written.
        terminal: where to print.
    """
    new = [finding for _, finding in report.findings if finding.is_failing]
    print_line(terminal, "")
    groups = alike(new)
    for group in groups[:_MOST]:
        for finding in group[:_OF_A_KIND]:
            print_finding(finding, terminal)
        if (rest := len(group) - _OF_A_KIND) > 0:
            print_line(terminal, f"  ... and {rest} more like it: see {page}")
    if left := sum(map(len, groups[_MOST:])):
        print_line(terminal, f"... and {left} more: see {page}")
    own = Counter(step.name for step, finding in report.findings if finding.is_failing)
    rows = [_row(step, own[step.name]) for step in report.steps]
    print_table(
        terminal, report.service, ("step", "result", "findings", "evidence", "seconds"), rows
    )
    for step in report.steps:
        if step.error:
            print_line(terminal, (f"{step.name}: {step.error}", COLOURS[Status.ERROR]))
    print_line(terminal, (f"{report.status}: ", COLOURS[report.status]), headline(report))
    print_line(terminal, f"Report: {page}")


def print_finding(finding: Finding, terminal: Console) -> None:
    """Print a finding: a line, and how to send its request again."""
    operation = f"{finding.operation}: " if finding.operation else ""
    line = f"{operation}{finding.message} [{finding.check}]"
    print_line(terminal, (f"{finding.severity} ", _SEVERITIES[finding.severity]), line)
    if finding.replay:
        print_line(terminal, f"  {finding.replay}", wrap=False)


def _row(step: StepResult, own: int) -> tuple[str | Styled, ...]:
    others = len(step.new_findings) - own
    notes = [f"{others} with other steps"] if others else []
    notes += others_of(step.findings)
    count = f"{own}" + (f" ({', '.join(notes)})" if notes else "")
    status = (step.status.value, COLOURS[step.status])
    return step.name, status, count, step.looked_at, f"{step.seconds:.1f}"
