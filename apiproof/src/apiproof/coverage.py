"""The coverage log: which answers were really seen, so that no gate is green without evidence.

An ASGI layer records (operation, status, authenticated) for every answer of the application; it
must not know who sends the requests. Processes write their coverage logs as files, which are
summed.
"""

import io
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from rich.console import Console
from rich.table import Table

from apiproof.errors import UserError
from apiproof.http import ASGIApp, Message
from apiproof.jwt import Scheme, schemes
from apiproof.monitoring import ResponseObserver, observe_responses
from apiproof.openapi.document import Operation, operations
from apiproof.reporting import Grid, GridCell, Status
from apiproof.reporting.terminal import line_of, print_line

SUCCESS = range(200, 300)
REDIRECTS = range(300, 400)


@dataclass(frozen=True)
class Entry:
    """One kind of answer: which operation, which status, and whether a credential was sent."""

    operation_id: str
    status: int
    authenticated: bool


@dataclass
class CoverageLog:
    """Counts of answers by `Entry`."""

    counts: Counter[Entry] = field(default_factory=Counter)

    def record(self, entry: Entry) -> None:
        """Count one answer."""
        self.counts[entry] += 1

    def statuses(self, operation_id: str) -> set[int]:
        """Return the statuses that an operation was seen to answer."""
        return {entry.status for entry in self.counts if entry.operation_id == operation_id}

    def answers(self, operation_id: str, statuses: Iterable[int]) -> int:
        """Count the answers of an operation with one of the statuses."""
        wanted = set(statuses)
        return sum(
            count
            for entry, count in self.counts.items()
            if entry.operation_id == operation_id and entry.status in wanted
        )

    def succeeded(self, operation: Operation) -> bool:
        """Tell whether the operation answered 2xx, to a credential where it asks for one.

        A redirect that the document declares is a success as well; another may lead to a login.
        """
        redirects = [int(each) for each in operation.statuses if re.fullmatch(r"3\d\d", each)]
        return any(
            (entry.status in SUCCESS or entry.status in redirects)
            and (entry.authenticated or not operation.secured)
            for entry in self.counts
            if entry.operation_id == operation.operation_id
        )

    def rows(self) -> list[list[str | int | bool]]:
        """Return the coverage log as JSON rows: operationId, status, authenticated, count."""
        return [
            [entry.operation_id, entry.status, entry.authenticated, count]
            for entry, count in sorted(self.counts.items(), key=str)
        ]

    def add(self, rows: Iterable[tuple[str, int, bool, int]]) -> None:
        """Add the rows of another coverage log."""
        for operation_id, status, authenticated, count in rows:
            self.counts[Entry(operation_id, status, authenticated)] += count

    def write(self, folder: Path) -> Path:
        """Write this process's coverage log into a folder and return the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"coverage-{os.getpid()}-{os.urandom(4).hex()}.json"
        path.write_text(json.dumps(self.rows()), encoding="utf-8")
        return path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Sum the coverage logs in a folder; an empty or missing folder gives an empty one."""
        coverage_log = cls()
        for path in sorted(folder.glob("coverage-*.json")):
            coverage_log.add(json.loads(path.read_text("utf-8")))
        return coverage_log


def record_responses(app: ASGIApp, document: dict[str, Any], coverage_log: CoverageLog) -> ASGIApp:
    """Wrap an ASGI application so that every answer of a declared operation is recorded."""
    carriers = [scheme for scheme in schemes(document).values() if scheme.kind == "apiKey"]

    def begin(operation: Operation, scope: Message) -> ResponseObserver:
        headers = [(name.decode("latin-1"), value) for name, value in scope["headers"]]
        authenticated = any(name == "authorization" for name, _ in headers) or any(
            _is_carried(scheme, headers, scope["query_string"]) for scheme in carriers
        )

        def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                coverage_log.record(Entry(operation.operation_id, message["status"], authenticated))

        return note

    return observe_responses(app, document, begin)


def _is_carried(scheme: Scheme, headers: Sequence[tuple[str, bytes]], query: bytes) -> bool:
    """Whether a request has anything where an API key stands."""
    if scheme.place == "header":
        return any(name == scheme.field.lower() for name, _ in headers)
    if scheme.place == "query":
        return scheme.field in parse_qs(query.decode("latin-1"))
    cookies = [value.decode("latin-1") for name, value in headers if name == "cookie"]
    names = [part.partition("=")[0].strip() for text in cookies for part in text.split(";")]
    return scheme.field in names


@dataclass(frozen=True)
class Gap:
    """Something the document declares and nobody saw, or a pending entry that was seen."""

    operation_id: str
    missing: str

    @property
    def text(self) -> str:
        """The gap as one line."""
        return f"{self.operation_id}: {self.missing}"


Exclusions = dict[str, dict[str, str]]


def read_exclusions(path: Path | None) -> Exclusions:
    """Read the pending list: `[operationId]` tables of status = "reason" in TOML.

    Raises:
        UserError: The file is missing or not such a list.
    """
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The pending list {path} cannot be read: {error}.") from None


def gaps(document: dict[str, Any], coverage_log: CoverageLog, pending: Exclusions) -> list[Gap]:
    """List what the document declares and the coverage log never saw.

    Args:
        document: The OpenAPI document.
        coverage_log: What was seen.
        pending: operationId -> status -> the reason why nothing can provoke it offline. An entry
            whose status was seen after all is a gap too: the list must not lie.
    """
    return [
        gap
        for operation in operations(document)
        for gap in _gaps_of(operation, coverage_log, pending)
    ]


def _gaps_of(operation: Operation, coverage_log: CoverageLog, pending: Exclusions) -> Iterator[Gap]:
    name = operation.operation_id
    excused = pending.get(name, {})
    seen = {str(status) for status in coverage_log.statuses(name)}
    if not coverage_log.succeeded(operation):
        yield Gap(name, "2xx to an authenticated caller" if operation.secured else "2xx")
    for status in operation.statuses:
        if status in seen and status in excused:
            yield Gap(name, f"{status} was seen, so take it off the pending list")
        elif status not in seen and status not in excused:
            yield Gap(name, f"status {status}")


def table(document: dict[str, Any], coverage_log: CoverageLog, pending: Exclusions) -> Table:
    """Draw the coverage log: an operation a row, its declared statuses with their counts."""
    drawn = Table("operation", "2xx", "declared statuses, answers seen", title="Evidence")
    for operation in operations(document):
        name = operation.operation_id
        cells = []
        for status in operation.statuses:
            count = coverage_log.answers(name, [int(status)]) if status.isdigit() else 0
            excused = status in pending.get(name, {})
            style = "green" if count else "yellow" if excused else "red"
            cells.append(f"[{style}]{status}[/]:{count}")
        reached = coverage_log.answers(name, SUCCESS)
        drawn.add_row(line_of(name), str(reached), "  ".join(cells))
    return drawn


def evaluate(document: dict[str, Any], folder: Path, excused: Exclusions) -> tuple[str, list[Gap]]:
    """Sum the coverage logs in a folder, write `coverage.json` beside them and describe the result.

    Returns:
        The table and one line per gap, as text for a terminal, and the gaps.
    """
    coverage_log = CoverageLog.read(folder)
    found = gaps(document, coverage_log, excused)
    report = {"rows": coverage_log.rows(), "pending": excused, "gaps": [gap.text for gap in found]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coverage.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    console = Console(record=True, width=140, file=io.StringIO(), force_terminal=True)
    console.print(table(document, coverage_log, excused))
    for gap in found:
        print_line(console, (f"never seen: {gap.text}", "red"))
    if not found:
        console.print(
            "Every operation succeeded, and every declared status was seen or is pending."
        )
    return console.export_text(styles=True), found


def as_grid(
    document: dict[str, Any], coverage_log: CoverageLog, excluded: Exclusions | None = None
) -> Grid:
    """Draw operations against statuses as a heat map for the report.

    Args:
        document: The OpenAPI document.
        coverage_log: What was seen.
        excluded: As for `gaps`; their reasons are shown.
    """
    found = list(operations(document))
    seen = {str(entry.status) for entry in coverage_log.counts}
    statuses = sorted({*seen, *(status for operation in found for status in operation.statuses)})
    cells = []
    for row, operation in enumerate(found):
        for column, status in enumerate(statuses):
            numbers = [int(status)] if status.isdigit() else []
            count = coverage_log.answers(operation.operation_id, numbers)
            reason = (excluded or {}).get(operation.operation_id, {}).get(status, "")
            if count and status in operation.statuses:
                cells.append(GridCell(row, column, Status.PASSED, note="times seen", count=count))
            elif count:
                note = "times seen, but not declared"
                cells.append(GridCell(row, column, Status.FAILED, f"{count}", note))
            elif status in operation.statuses:
                cells.append(GridCell(row, column, Status.SKIPPED, "0", reason or "never seen"))
    return Grid(
        title="Coverage: operations and statuses",
        rows=tuple(operation.label for operation in found),
        columns=tuple(statuses),
        cells=tuple(cells),
        column_name="status",
        note="How often each declared status was answered in this run.",
    )
