"""An access report as a step of the one report: the matrix, and findings by severity."""

import re
from dataclasses import replace
from typing import Final

from apiproof.access.checks import CHECKS
from apiproof.access.http import Response
from apiproof.access.report import AccessFinding, AccessReport, Cell, by_cause
from apiproof.redaction import redact, redact_headers
from apiproof.reporting import (
    Case,
    Finding,
    Grid,
    GridCell,
    HttpRequest,
    HttpResponse,
    Status,
    StepResult,
    curl_command,
    step_result,
)

BODY: Final = 1500  # characters of an answer that a report shows


def as_step(
    report: AccessReport, known: set[str], seconds: float = 0.0, base_url: str = ""
) -> StepResult:
    """The report as a step: one finding for each cause.

    Args:
        report: the result of a probe.
        known: ids of findings that a baseline lists.
        seconds: how long the probe took.
        base_url: of the service.
    """
    new = [finding for finding in report.findings if finding.id not in known]
    old = [finding for finding in report.findings if finding.id in known]
    findings = [_finding(report, group, base_url) for group in by_cause(new)]
    findings += [replace(_finding(report, one, base_url), is_known=True) for one in by_cause(old)]
    failed = {(finding.operation_id, finding.case.partition("@")[0]) for finding in new}
    return step_result(
        "access",
        {
            "operations": len(report.labels),
            "cells tried": report.tried,
            "requests": sum(report.requests.values()),
        },
        findings,
        cases=[_case(report, cell, failed) for cell in report.cells],
        sections=[_grid(report)],
        seconds=seconds,
        error=report.interrupted or ("" if report.tried else "no cell of the matrix was tried"),
    )


def _finding(report: AccessReport, group: list[AccessFinding], base_url: str) -> Finding:
    """Return findings of one cause as one: the first shows it, the others are places."""
    first = group[0]
    request, response = None, None
    if first.response is not None:
        request, response = redacted(first.response, base_url)
    places = list(dict.fromkeys(place_of(one, report) for one in group))
    source = first.source or CHECKS[first.check].source
    seen = (f"request id {first.evidence}",) if first.evidence else ()
    return Finding(
        id=f"access/{first.id}",
        check=first.check,
        severity=first.severity.severity,
        operation=place_of(first, report),
        message=f"{first.text} ({first.case})",
        expected=f"{first.expected or CHECKS[first.check].expected} ({source})",
        request=request,
        response=response,
        curl=curl_of(first, base_url),
        also=tuple(f"access/{one.id}" for one in group[1:]),
        details=(*(f"also at {place}" for place in places[1:]), f"baseline: {first.id}", *seen),
    )


def place_of(finding: AccessFinding, report: AccessReport) -> str:
    """Return where a finding is: the operation's label, or a scheme's name."""
    return report.labels.get(finding.operation_id, finding.operation_id)


def redacted(response: Response, base_url: str) -> tuple[HttpRequest | None, HttpResponse]:
    """Return a request and its answer without secrets, for a report."""
    sent, request = response.sent, None
    if sent is not None:
        url = base_url + redact(sent.url)
        request = HttpRequest(sent.method, url, redact_headers(sent.headers), redact(sent.body))
    if response.failure:
        return request, HttpResponse(0, {}, response.failure)
    body = redact(response.text)[:BODY]
    return request, HttpResponse(response.status, redact_headers(response.headers), body)


def curl_of(finding: AccessFinding, base_url: str) -> str:
    """Return the request that shows a finding as a curl command; empty where there is none."""
    if finding.response is None:
        return ""
    request, _ = redacted(finding.response, base_url)
    return curl_command(request, ("$TOKEN", "$URL")) if request else ""


def _case(report: AccessReport, cell: Cell, failed: set[tuple[str, str]]) -> Case:
    operation = report.labels.get(cell.operation_id, cell.operation_id)
    scheme = f" ({cell.requirement})" if cell.requirement else ""
    status = cell.status
    if status is Status.FAILED and (cell.operation_id, cell.case) not in failed:
        status = Status.PASSED  # a baseline lists it
    return Case(f"{operation}{scheme}: {cell.case}", status, message=cell.note)


def _grid(report: AccessReport) -> Grid:
    """Operations and the schemes that secure them against cases.

    What was tried beside schemes stands in the operation's first row.
    """
    rows = list(
        dict.fromkeys(
            (cell.operation_id, cell.requirement) for cell in report.cells if cell.requirement
        )
    )
    first = {name: row for row in reversed(rows) for name in [row[0]]}
    for cell in report.cells:
        if cell.operation_id not in first:
            first[cell.operation_id] = (cell.operation_id, "")
            rows.append(first[cell.operation_id])
    order = list(report.labels)
    rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else len(order))
    several = {name for name, _ in rows if sum(other == name for other, _ in rows) > 1}
    columns = list(dict.fromkeys(cell.case for cell in report.cells))
    names = [
        report.labels.get(name, name) + (f" ({scheme})" if scheme and name in several else "")
        for name, scheme in rows
    ]
    cells = [
        GridCell(
            row=rows.index(
                (cell.operation_id, cell.requirement)
                if cell.requirement
                else first[cell.operation_id]
            ),
            column=columns.index(cell.case),
            status=cell.status,
            text="/".join(dict.fromkeys(map(str, cell.got))),
            note=f"expected {cell.expected}; {cell.note}".strip("; ")
            if cell.expected
            else cell.note,
        )
        for cell in report.cells
    ]
    words = tuple(re.sub(r"[_-]+", " ", name) for name in columns)
    return Grid("Access matrix", tuple(names), words, tuple(cells), column_name="case")
