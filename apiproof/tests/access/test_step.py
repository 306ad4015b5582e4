"""An access report in the one report: causes as findings, and a matrix by operation and scheme."""

from io import StringIO

from rich.console import Console

from apiproof.access.rendering import print_report
from apiproof.access.report import (
    AccessFinding,
    AccessReport,
    BaselineDiff,
    Cell,
    compare_to_baseline,
)
from apiproof.access.step import as_step
from apiproof.reporting import Grid, Status
from apiproof.reporting.baseline import with_known

LABELS = {"read": "GET /x", "write": "POST /x"}


def report(*operations: str) -> AccessReport:
    """A report in which an expired token is accepted by some operations."""
    found = AccessReport(LABELS)
    for name in LABELS:
        is_wrong = name in operations
        status = Status.FAILED if is_wrong else Status.PASSED
        got = (200,) if is_wrong else (401,)
        found.cells.append(Cell(name, "Bearer", "expired", "401", got, status))
        found.cells.append(Cell(name, "", "read back", "as written", (200,)))
        found.requests[name] += 2
    text = "a token whose time is over: let in with 200, 401 is due"
    found.add(
        AccessFinding("forged_tokens_rejected", name, "expired@Bearer", text) for name in operations
    )
    return found


def test_the_matrix_has_a_row_for_each_operation_and_scheme() -> None:
    [grid] = as_step(report("read"), set()).sections
    assert isinstance(grid, Grid)
    assert grid.rows == ("GET /x", "POST /x")
    assert grid.columns == ("expired", "read back")
    places = [(cell.row, cell.column, cell.status) for cell in grid.cells]
    assert sorted(places) == [
        (0, 0, Status.FAILED), (0, 1, Status.PASSED), (1, 0, Status.PASSED), (1, 1, Status.PASSED),
    ]  # fmt: skip


def test_a_fault_that_spreads_is_new_against_a_baseline_of_its_first_place() -> None:
    first = as_step(report("read"), set())
    known = {each for finding in first.findings for each in finding.ids}
    assert with_known(first, known).status is Status.PASSED
    assert with_known(as_step(report("read", "write"), set()), known).status is Status.FAILED


def test_square_brackets_of_a_service_are_printed_as_they_are() -> None:
    found = report("read")
    found.interrupted, found.note = "ended at a[/b]", "dict[str, Any]"
    found.labels = {**found.labels, "read": "GET /x[/dim]"}  # a copy: all tests share the other
    found.left_behind = ["1 by POST /x[/]"]
    out = StringIO()
    diff: BaselineDiff = compare_to_baseline(found.findings, ())
    print_report(found, diff, Console(file=out, width=80))
    for text in ("a[/b]", "dict[str, Any]", "GET /x[/dim]", "POST /x[/]"):
        assert text in out.getvalue()
