"""The matrix for people: a table in the terminal, a JSON file, one HTML file.

Cells name passports, never credentials.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apiproof.access.baseline import Judgement
from apiproof.access.matrix import Cell, Matrix, Outcome

COLUMNS = 10  # gates side by side in the terminal
STYLES = {Outcome.OK: "green", Outcome.FINDING: "bold red", Outcome.UNTRIED: "dim"}
Gate = tuple[str, str]


def gates(matrix: Matrix) -> list[Gate]:
    """Return the matrix's columns: operation and scheme."""
    return list(dict.fromkeys((cell.operation_id, cell.gate) for cell in matrix.cells if cell.gate))


def passports(matrix: Matrix) -> list[str]:
    """Return the matrix's rows."""
    return list(dict.fromkeys(cell.passport for cell in matrix.cells))


def grid(matrix: Matrix) -> dict[tuple[str, str, str], Cell]:
    """Return the cells by operation, gate and passport."""
    return {(cell.operation_id, cell.gate, cell.passport): cell for cell in matrix.cells}


def cell_at(cells: dict[tuple[str, str, str], Cell], gate: Gate, passport: str) -> Cell | None:
    """Return a gate's cell; what was tried beside passports belongs to every gate."""
    return cells.get((*gate, passport)) or cells.get((gate[0], "", passport))


def statuses(cell: Cell | None) -> str:
    """Return what a cell saw: its statuses, each once."""
    if cell is None:
        return ""
    return "/".join(str(status) for status in dict.fromkeys(cell.got)) or "-"


def tables(matrix: Matrix) -> Iterator[Table]:
    """Draw the matrix, a passport a row, as many numbered gates side by side as fit."""
    cells, columns = grid(matrix), gates(matrix)
    for start in range(0, len(columns), COLUMNS):
        chosen = columns[start : start + COLUMNS]
        table = Table(
            title="Access", caption=_legend(matrix, chosen, start), caption_justify="left"
        )
        table.add_column("passport", no_wrap=True)
        table.add_column("due", no_wrap=True)
        for number in range(len(chosen)):
            table.add_column(str(start + number + 1), no_wrap=True, justify="center")
        for passport in passports(matrix):
            row = [cell_at(cells, gate, passport) for gate in chosen]
            due = next((cell.expected for cell in row if cell is not None), None)
            if due is not None:
                table.add_row(passport, due, *(_styled(cell) for cell in row))
        yield table


def _legend(matrix: Matrix, chosen: list[Gate], start: int) -> str:
    return "\n".join(
        f"{start + number + 1}: {matrix.labels[operation_id]} ({gate})"
        for number, (operation_id, gate) in enumerate(chosen)
    )


def _styled(cell: Cell | None) -> str:
    if cell is None:
        return ""
    style = STYLES[cell.outcome]
    seen = dict.fromkeys(cell.got)
    return f"[{style}]{next(iter(seen), '-')}{'+' if len(seen) > 1 else ''}[/]"


def show(matrix: Matrix, judgement: Judgement, console: Console) -> None:
    """Print the matrix, what was not tried and why, and the findings."""
    for table in tables(matrix):
        console.print(table)
    reasons: dict[str, set[str]] = {}
    for cell in matrix.cells:
        if cell.outcome is Outcome.UNTRIED:
            reasons.setdefault(cell.note, set()).add(cell.passport)
    for reason, names in reasons.items():
        console.print(f"[dim]not tried: {', '.join(sorted(names))}: {reason}[/]")
    console.print(matrix.evidence)
    for name, count in matrix.requests.most_common():
        console.print(f"[dim]  {count} requests for {name}[/]")
    for finding in judgement.known:
        console.print(f"[yellow]known[/] {finding.line}", soft_wrap=True)
    for name in judgement.gone:
        console.print(f"[yellow]no longer found, take it off the baseline:[/] {name}")
    for finding in judgement.new:
        console.print(f"[red]finding[/] {finding.line}", soft_wrap=True)


def write_json(matrix: Matrix, judgement: Judgement, path: Path) -> None:
    """Write the matrix as JSON."""
    report = {**matrix.as_json(), "new": [finding.id for finding in judgement.new]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def write_html(matrix: Matrix, judgement: Judgement, path: Path) -> None:
    """Write the matrix as one HTML file."""
    from jinja2 import Environment, PackageLoader  # noqa: PLC0415  # only this report needs it

    environment = Environment(
        loader=PackageLoader("apiproof.access", "."), autoescape=True, trim_blocks=True
    )
    cells = grid(matrix)
    context: dict[str, Any] = {
        "matrix": matrix,
        "judgement": judgement,
        "gates": gates(matrix),
        "passports": passports(matrix),
        "cell_at": lambda gate, passport: cell_at(cells, gate, passport),
        "statuses": statuses,
    }
    page = environment.get_template("matrix.html.jinja").render(context)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
