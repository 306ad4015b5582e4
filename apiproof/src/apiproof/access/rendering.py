"""The report for people: a table in the terminal, a JSON file, one HTML file.

Cells name cases, never credentials.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apiproof.access.report import AccessReport, BaselineDiff, Cell, CellStatus

COLUMNS = 10  # requirements side by side in the terminal
STYLES = {CellStatus.OK: "green", CellStatus.FINDING: "bold red", CellStatus.SKIPPED: "dim"}
SecurityRequirement = tuple[str, str]


def requirements(report: AccessReport) -> list[SecurityRequirement]:
    """Return the report's columns: operation and scheme."""
    return list(
        dict.fromkeys(
            (cell.operation_id, cell.requirement) for cell in report.cells if cell.requirement
        )
    )


def cases(report: AccessReport) -> list[str]:
    """Return the report's rows."""
    return list(dict.fromkeys(cell.case for cell in report.cells))


def grid(report: AccessReport) -> dict[tuple[str, str, str], Cell]:
    """Return the cells by operation, requirement and case."""
    return {(cell.operation_id, cell.requirement, cell.case): cell for cell in report.cells}


def cell_at(
    cells: dict[tuple[str, str, str], Cell], requirement: SecurityRequirement, case: str
) -> Cell | None:
    """Return a requirement's cell; what was tried beside cases belongs to every requirement."""
    return cells.get((*requirement, case)) or cells.get((requirement[0], "", case))


def statuses(cell: Cell | None) -> str:
    """Return what a cell saw: its statuses, each once."""
    if cell is None:
        return ""
    return "/".join(str(status) for status in dict.fromkeys(cell.got)) or "-"


def tables(report: AccessReport) -> Iterator[Table]:
    """Draw the report, a case a row, as many numbered requirements side by side as fit."""
    cells, columns = grid(report), requirements(report)
    for start in range(0, len(columns), COLUMNS):
        chosen = columns[start : start + COLUMNS]
        table = Table(
            title="Access", caption=_legend(report, chosen, start), caption_justify="left"
        )
        table.add_column("case", no_wrap=True)
        table.add_column("due", no_wrap=True)
        for number in range(len(chosen)):
            table.add_column(str(start + number + 1), no_wrap=True, justify="center")
        for case in cases(report):
            row = [cell_at(cells, requirement, case) for requirement in chosen]
            expected = next((cell.expected for cell in row if cell is not None), None)
            if expected is not None:
                table.add_row(case, expected, *(_styled(cell) for cell in row))
        yield table


def _legend(report: AccessReport, chosen: list[SecurityRequirement], start: int) -> str:
    return "\n".join(
        f"{start + number + 1}: {report.labels[operation_id]} ({requirement})"
        for number, (operation_id, requirement) in enumerate(chosen)
    )


def _styled(cell: Cell | None) -> str:
    if cell is None:
        return ""
    style = STYLES[cell.status]
    seen = dict.fromkeys(cell.got)
    return f"[{style}]{next(iter(seen), '-')}{'+' if len(seen) > 1 else ''}[/]"


def print_report(report: AccessReport, diff: BaselineDiff, console: Console) -> None:
    """Print the report, what was not tried and why, and the findings."""
    for table in tables(report):
        console.print(table)
    reasons: dict[str, set[str]] = {}
    for cell in report.cells:
        if cell.status is CellStatus.SKIPPED:
            reasons.setdefault(cell.note, set()).add(cell.case)
    for reason, names in reasons.items():
        console.print(f"[dim]not tried: {', '.join(sorted(names))}: {reason}[/]")
    console.print(report.evidence)
    for name, count in report.requests.most_common():
        console.print(f"[dim]  {count} requests for {name}[/]")
    for finding in diff.known:
        console.print(f"[yellow]known[/] {finding.line}", soft_wrap=True)
    for name in diff.fixed:
        console.print(f"[yellow]no longer found, take it off the baseline:[/] {name}")
    for finding in diff.new:
        console.print(f"[red]finding[/] {finding.line}", soft_wrap=True)


def write_json(report: AccessReport, diff: BaselineDiff, path: Path) -> None:
    """Write the report as JSON."""
    written = {**report.as_json(), "new": [finding.id for finding in diff.new]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def write_html(report: AccessReport, diff: BaselineDiff, path: Path) -> None:
    """Write the report as one HTML file."""
    from jinja2 import Environment, PackageLoader  # noqa: PLC0415  # only this report needs it

    environment = Environment(
        loader=PackageLoader("apiproof.access", "."), autoescape=True, trim_blocks=True
    )
    cells = grid(report)
    context: dict[str, Any] = {
        "report": report,
        "diff": diff,
        "requirements": requirements(report),
        "cases": cases(report),
        "cell_at": lambda requirement, case: cell_at(cells, requirement, case),
        "statuses": statuses,
    }
    page = environment.get_template("report.html.jinja").render(context)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
