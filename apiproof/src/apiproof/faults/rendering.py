"""The kill matrix for people: the terminal, a JSON file, one HTML file.

Everything that is drawn stands in the matrix; nothing is decided here.
"""

import json
from math import log10
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apiproof.faults.experiment_result import Detection, ExperimentResult, Verdict
from apiproof.faults.injection import Defect
from apiproof.faults.matrix import Curve, Matrix
from apiproof.reporting.terminal import heading

STYLES = {
    Detection.NAMED: "green",
    Detection.ACCIDENT: "yellow",
    Detection.MISSED: "red",
    Detection.UNTRIED: "dim",
}
WIDTH, HEIGHT = 720, 300  # of the plot, in pixels
SHORTEST, LONGEST = 0.01, 300.0  # seconds on its axis


def cell(verdict: Verdict | None) -> str:
    """Say how long a layer took to find a defect, or that it did not."""
    if verdict is None:
        return ""
    if verdict.first is None:
        return "-" if verdict.complete else "..."
    return f"{verdict.first.seconds:.1f} s"


def table(matrix: Matrix) -> Table:
    """Draw the matrix: a defect a row, a layer a column."""
    names = [layer.name for layer in matrix.study.layers]
    drawn = Table("defect", "suite", *names, title="Who notices which defect, after how long")
    for defect, outcome in matrix.rows:
        detection = matrix.detection(outcome)
        cells = [outcome.verdict(name) for name in names]
        drawn.add_row(
            defect.id,
            f"[{STYLES[detection]}]{detection}[/]",
            *(f"[{STYLES[found.detection]}]{cell(found)}[/]" if found else "" for found in cells),
        )
    return drawn


def summary(matrix: Matrix) -> Table:
    """Draw how many defects each layer caught."""
    drawn = Table("layer", "named", "by accident", "missed", title="Caught")
    for layer in matrix.study.layers:
        counts = matrix.caught(layer.name)
        numbers = [counts[Detection.NAMED], counts[Detection.ACCIDENT], counts[Detection.MISSED]]
        drawn.add_row(layer.name, *(str(number) for number in numbers))
    suite = [
        len(matrix.with_detection(detection))
        for detection in (Detection.NAMED, Detection.ACCIDENT, Detection.MISSED)
    ]
    drawn.add_row("the suite", *(str(number) for number in suite), style="bold")
    return drawn


def show(matrix: Matrix, console: Console) -> None:
    """Print the matrix, its summary and what is wrong."""
    console.print(table(matrix))
    console.print(summary(matrix))
    for outcome in matrix.controls:
        cases = sum(verdict.cases for verdict in outcome.verdicts)
        console.print(f"{outcome.name}: {cases} cases in {outcome.seconds:.0f} s")
    for line in matrix.false_alarms:
        console.print(f"[yellow]false alarm, not counted[/] {escape(line)}", soft_wrap=True)
    for line in matrix.failures:
        console.print(f"[red]finding[/] {escape(line)}", soft_wrap=True)


def show_one(defect: Defect, outcome: ExperimentResult, console: Console) -> None:
    """Print what a developer would have seen of one defect, layer by layer."""
    heading(console, defect.id)
    console.print(f"{defect.story} ({defect.cwe}{', ' * bool(defect.owasp)}{defect.owasp})")
    for rewrite in defect.rewrites:
        console.print(f"{rewrite.module}:\n[red]{escape(_lines(rewrite.before, '-'))}[/]")
        console.print(f"[green]{escape(_lines(rewrite.after, '+'))}[/]")
    for statement in defect.statements:
        console.print(f"[green]{escape(_lines(statement.sql, '+'))}[/]")
    for verdict in outcome.verdicts:
        finding = verdict.claimed or verdict.first
        heading(console, f"{verdict.layer}: {verdict.detection}")
        console.print(f"{verdict.cases} cases, {verdict.seconds:.1f} s")
        if finding:
            console.print(f"{', '.join(finding.checks)} at {finding.where}", markup=False)
            console.print(finding.text, markup=False, highlight=False)
    if outcome.trouble:
        console.print(outcome.trouble, style="red", markup=False)


def _lines(text: str, sign: str) -> str:
    return "\n".join(f"{sign} {line}" for line in text.splitlines())


def write_json(matrix: Matrix, path: Path) -> None:
    """Write the matrix as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(matrix.as_dict(), indent=2) + "\n", encoding="utf-8")


def heat(verdict: Verdict | None) -> str:
    """Return the colour of a cell: the darker, the sooner."""
    if verdict is None or verdict.first is None:
        return "transparent"
    depth = 1 - _position(verdict.first.seconds)
    hue = 150 if verdict.claimed else 45
    return f"hsl({hue} 60% {92 - 45 * depth:.0f}%)"


def _position(seconds: float) -> float:
    """Place seconds between 0 and 1, on a logarithmic axis."""
    held = min(max(seconds, SHORTEST), LONGEST)
    return log10(held / SHORTEST) / log10(LONGEST / SHORTEST)


def path_of(curve: Curve, total: int) -> str:
    """Return a curve as the `d` of an SVG path, a step per defect."""
    steps = [f"M 0 {HEIGHT}"]
    for seconds, number in curve:
        x = _position(seconds) * WIDTH
        steps.append(f"H {x:.1f} V {HEIGHT * (1 - number / max(total, 1)):.1f}")
    return " ".join([*steps, f"H {WIDTH}"])


def write_html(matrix: Matrix, path: Path) -> None:
    """Write the matrix as one HTML file: a heat map, and defects caught against time."""
    from jinja2 import Environment, PackageLoader  # noqa: PLC0415 - only this report needs it

    environment = Environment(
        loader=PackageLoader("apiproof.faults", "."), autoescape=True, trim_blocks=True
    )
    total = len(matrix.rows)
    page = environment.get_template("matrix.html.jinja").render(
        matrix=matrix,
        detections=list(Detection)[:3],
        layers=[layer.name for layer in matrix.study.layers],
        cell=cell,
        heat=heat,
        ours=path_of(matrix.curve(matrix.ours), total),
        theirs=path_of(matrix.curve(matrix.yardsticks), total),
        ticks=[(each, _position(each) * WIDTH) for each in (0.01, 0.1, 1, 10, 100)],
        width=WIDTH,
        height=HEIGHT,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
