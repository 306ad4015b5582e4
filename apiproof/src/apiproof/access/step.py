"""An access report as a step of the one report: the matrix, and findings by severity."""

import re
from typing import Final

from apiproof.access.report import AccessReport, Cell, CellStatus, Finding
from apiproof.reporting import Case, Grid, GridCell, Severity, Status, StepResult, step_result
from apiproof.reporting import Finding as ReportFinding

SEVERITIES: Final = {
    "anonymous_rejected": Severity.CRITICAL,
    "forged_tokens_rejected": Severity.CRITICAL,
    "ownership_enforced": Severity.CRITICAL,
    "scopes_enforced": Severity.HIGH,
    "secrets_not_leaked": Severity.HIGH,
    "writes_are_readable": Severity.MEDIUM,
    "public_is_declared": Severity.MEDIUM,
    "exercised": Severity.MEDIUM,
    "errors_conform": Severity.LOW,
}
_STATUSES: Final = {
    CellStatus.OK: Status.PASSED,
    CellStatus.FINDING: Status.FAILED,
    CellStatus.SKIPPED: Status.SKIPPED,
}


def as_step(report: AccessReport, known: set[str], seconds: float = 0.0) -> StepResult:
    """The report as a step.

    Args:
        report: the result of a probe.
        known: ids of findings that a baseline lists.
        seconds: how long the probe took.
    """
    return step_result(
        "access",
        {
            "operations": len(report.labels),
            "cells tried": report.tried,
            "requests": sum(report.requests.values()),
        },
        [_finding(report, finding, known) for finding in report.findings],
        cases=[_case(report, cell) for cell in report.cells],
        sections=[_grid(report)],
        seconds=seconds,
        error="" if report.tried else "no cell of the matrix was tried",
    )


def _finding(report: AccessReport, finding: Finding, known: set[str]) -> ReportFinding:
    cell = next(
        (
            each
            for each in report.cells
            if each.operation_id == finding.operation_id
            and each.case == finding.case
            and each.status is CellStatus.FINDING
        ),
        None,
    )
    return ReportFinding(
        id=f"access/{finding.id}",
        check=finding.check,
        severity=SEVERITIES.get(finding.check, Severity.MEDIUM),
        operation=report.labels.get(finding.operation_id, finding.operation_id),
        message=f"{finding.text} ({finding.case})",
        expected=f"{cell.expected} to {finding.case}" if cell and cell.expected else "",
        details=(f"request id {finding.evidence}",) if finding.evidence else (),
        is_known=finding.id in known,
    )


def _case(report: AccessReport, cell: Cell) -> Case:
    operation = report.labels.get(cell.operation_id, cell.operation_id)
    scheme = f" ({cell.requirement})" if cell.requirement else ""
    return Case(f"{operation}{scheme}: {cell.case}", _STATUSES[cell.status], message=cell.note)


def _grid(report: AccessReport) -> Grid:
    """Operations and the schemes that secure them against cases."""
    rows = list(dict.fromkeys((cell.operation_id, cell.requirement) for cell in report.cells))
    several = {name for name, _ in rows if sum(other == name for other, _ in rows) > 1}
    columns = list(dict.fromkeys(cell.case for cell in report.cells))
    names = [
        report.labels.get(name, name) + (f" ({scheme})" if scheme and name in several else "")
        for name, scheme in rows
    ]
    cells = [
        GridCell(
            row=rows.index((cell.operation_id, cell.requirement)),
            column=columns.index(cell.case),
            status=_STATUSES[cell.status],
            text="/".join(dict.fromkeys(map(str, cell.got))),
            note=f"expected {cell.expected}; {cell.note}".strip("; ")
            if cell.expected
            else cell.note,
        )
        for cell in report.cells
    ]
    words = tuple(re.sub(r"[_-]+", " ", name) for name in columns)
    return Grid("Access matrix", tuple(names), words, tuple(cells), column_name="case")
