"""A report as one HTML file that needs nothing else: no network, and no script to be read."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from apiproof.reporting.charts import as_svg, in_words
from apiproof.reporting.exchange import HttpRequest, HttpResponse, printable
from apiproof.reporting.finding import WEIGHTS, Finding, alike, others_of
from apiproof.reporting.model import (
    Chart,
    Grid,
    GridCell,
    Report,
    Section,
    Status,
    StepResult,
    Table,
)

_FOLDER: Final = Path(__file__).parent
_SIGNS: Final = {Status.PASSED: "✓", Status.FAILED: "✗", Status.ERROR: "!", Status.SKIPPED: "-"}
_WORDS: Final = {
    Status.PASSED: "as expected",
    Status.FAILED: "not as expected",
    Status.ERROR: "could not be asked",
    Status.SKIPPED: "not tried, or left out with a reason",
}
# What each step of a run asks, for who does not know its name.
_QUESTIONS: Final = {
    "document": "Is the committed API document what the application declares, security included?",
    "fuzzing": "Does it stand generated requests, valid and invalid?",
    "coverage": "Did every operation succeed at least once?",
    "access": "Who gets in, and at whose data: no, forged, expired and other people's credentials.",
    "pacts": "Does it keep what its consumers rely on?",
    "errors": "Where in the code do answers of 500 come from?",
    "reports": "Is any secret in what this run wrote?",
    "faults": "Would the tests notice if something broke?",
}
_TALL: Final = 6  # characters of a column's name, from which on it stands upright
_MOST_CASES: Final = 300  # in the page; JUnit has them all
_LONGEST: Final = 4000  # characters of a body


def as_html(report: Report, trend: Chart | None = None) -> str:
    """The report as an HTML document; everything in it is escaped.

    Args:
        report: the report.
        trend: of the last runs, for the summary.
    """
    findings = [finding for _, finding in report.findings]
    groups = [[_finding(each) for each in group] for group in alike(findings)]
    counts = Counter(each.weight for _, each in report.findings)
    own = Counter(step.name for step, finding in report.findings if finding.is_failing)
    steps = [_step(step, own[step.name]) for step in report.steps]
    steps += [_step(each, is_earlier=True) for each in report.earlier]
    text: str = _template().render(
        report=report,
        css=_asset("page.css"),
        js=_asset("page.js"),
        headline=headline(report),
        started=datetime.fromisoformat(report.started).strftime("%-d %B %Y, %H:%M UTC"),
        duration=_duration(report.seconds),
        count=len(findings),
        groups=groups,
        severities=[(name, counts[name]) for name in WEIGHTS if counts[name]],
        steps=steps,
        trend=_section(trend) if trend else None,
    )
    return text


def headline(report: Report) -> str:
    """One sentence for who reads no more."""
    new = [finding for _, finding in report.findings if finding.is_failing]
    passed = sum(step.status is Status.PASSED for step in report.steps)
    text = f"{passed} of {len(report.steps)} steps passed"
    if report.left_out:
        text += f"; left out: {', '.join(report.left_out)}"
    if new:
        worst = min(new, key=lambda finding: finding.severity.rank).severity
        text += f"; {len(new)} new finding{'s'[: len(new) > 1]}, the worst is {worst}"
    if errors := [step.name for step in report.steps if step.status is Status.ERROR]:
        text += f"; {', '.join(errors)} could not tell"
    return "; ".join([text, *others_of(finding for _, finding in report.findings)]) + "."


@cache
def _asset(name: str) -> Any:
    from markupsafe import Markup  # noqa: PLC0415 - only the page needs it

    return Markup((_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - only the page needs it

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    return environment.get_template("page.html.jinja")


def _shown(value: Any) -> Any:
    """What stands in the page for a value: control characters are shown, not sent."""
    is_plain = isinstance(value, str) and not hasattr(value, "__html__")
    return printable(value) if is_plain else value


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding,
        "request": _request_text(finding.request) if finding.request else "",
        "response": _response_text(finding.response) if finding.response else "",
    }


def _request_text(request: HttpRequest) -> str:
    head = [f"{request.method} {request.url}", *_header_lines(request.headers)]
    return "\n".join([*head, *(["", _cut(request.body)] if request.body else [])])


def _response_text(response: HttpResponse) -> str:
    head = [str(response.status), *_header_lines(response.headers)]
    return "\n".join([*head, *(["", _cut(response.body)] if response.body else [])])


def _header_lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _step(step: StepResult, own: int = 0, *, is_earlier: bool = False) -> dict[str, Any]:
    worse = [case for case in step.cases if case.status is not Status.PASSED]
    shown = [*worse, *(case for case in step.cases if case.status is Status.PASSED)][:_MOST_CASES]
    cases = Table(
        "Cases",
        ("result", "case", "group", "seconds", "why"),
        tuple(
            (case.status.value, case.name, case.group, f"{case.seconds:.2f}", case.message)
            for case in shown
        ),
        tuple(case.status for case in shown),
    )
    new = len(step.new_findings)
    others = 0 if is_earlier else new - own
    findings = f"{new} new finding{'s'[: new > 1]}" if new else ""
    return {
        "name": step.name,
        "question": _QUESTIONS.get(step.name, ""),
        "id": re.sub(r"\W+", "-", step.name),
        # Those of the run itself stand together, above.
        "own_findings": [_finding(finding) for finding in step.findings] if is_earlier else [],
        "status": step.status,
        "evidence": f"Looked at: {step.looked_at}." if step.evidence else _nothing(step),
        "findings": f"{findings}, {others} of them told with another step" if others else findings,
        "duration": _duration(step.seconds),
        "error": step.error,
        "earlier": step.finished[:16].replace("T", " ") if is_earlier else "",
        "sections": [_section(section) for section in step.sections],
        "cases": cases if shown else None,
        "cases_title": _cases_title(step, len(shown)),
    }


def _nothing(step: StepResult) -> str:
    skipped = (case.message for case in step.cases if case.status is Status.SKIPPED)
    return f"Looked at nothing: {why}." if (why := next(skipped, "")) else "Looked at nothing."


def _cases_title(step: StepResult, shown: int) -> str:
    counts = Counter(case.status.value for case in step.cases)
    words = ", ".join(
        f"{counts[status.value]} {status}" for status in Status if counts[status.value]
    )
    rest = (
        f"; the first {shown} are here, all are in report.junit.xml"
        if shown < len(step.cases)
        else ""
    )
    what = "One case" if len(step.cases) == 1 else f"All {len(step.cases):,} cases"
    return f"{what} ({words}{rest})"


def _section(section: Section) -> dict[str, Any] | Table:
    if isinstance(section, Table):
        return section
    if isinstance(section, Chart):
        from markupsafe import Markup  # noqa: PLC0415 - only the page needs it

        svg = Markup(as_svg(section))  # noqa: S704 - leather escapes text as XML
        return {**vars(section), "svg": svg, "words": in_words(section)}
    return _grid(section)


def _grid(grid: Grid) -> dict[str, Any]:
    """A grid as the page draws it: turned where it is wider than high."""
    is_turned = len(grid.columns) > len(grid.rows)
    rows, columns = (grid.columns, grid.rows) if is_turned else (grid.rows, grid.columns)
    at = {
        (cell.column, cell.row) if is_turned else (cell.row, cell.column): cell
        for cell in grid.cells
    }
    most = max((cell.count or 0 for cell in grid.cells), default=0)
    names = (grid.row_name, grid.column_name)
    return {
        "kind": "grid",
        "title": grid.title,
        "note": grid.note,
        "row_name": names[1] if is_turned else names[0],
        "columns": columns,
        "is_tall": any(len(name) > _TALL for name in columns),
        "rows": [
            {
                "name": name,
                "cells": [
                    _cell(grid, at.get((row, column)), most) for column in range(len(columns))
                ],
            }
            for row, name in enumerate(rows)
        ],
        "legend": _legend(grid.cells),
    }


def _cell(grid: Grid, cell: GridCell | None, most: int) -> dict[str, Any] | None:
    if cell is None:
        return None
    where = f"{grid.rows[cell.row]}, {grid.columns[cell.column]}"
    is_heat = cell.count is not None and cell.status is Status.PASSED
    # A root, so that what was seen once differs from what was never seen.
    level = round(max(0.15, (cell.count or 0) / most) ** 0.4, 2) if is_heat and most else None
    text = cell.text or (str(cell.count) if cell.count is not None else "")
    sign = "" if is_heat else f"{_SIGNS[cell.status]} "
    words = f"{cell.note or _WORDS[cell.status]}"
    return {
        "classes": "heat" if is_heat else cell.status.value,
        "level": level,
        "text": f"{sign}{text}".strip(),
        "note": f"{where}: {text + ', ' if text else ''}{words}",
    }


def _legend(cells: Sequence[GridCell]) -> list[dict[str, str]]:
    seen = {cell.status for cell in cells}
    return [
        {"status": status.value, "sign": _SIGNS[status], "words": _WORDS[status]}
        for status in Status
        if status in seen
    ]


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
