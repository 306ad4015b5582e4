"""`nox -s bench -- outages`: each fault of each dependency, met by each operation that can meet it.

For each fault: what the operations answered, the longest answer, how many were 500, and what those
saw meanwhile who need the dependency not at all; and for each operation what it answered in all.
`--write FILE` writes both tables as Markdown.
"""

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import HOSTILE_ANSWERS, Answer, NetworkFault
from apiproof.reporting.terminal import console
from tests.contract.live.crowd import Timed, at_once, fresh, send, until_success
from tests.contract.live.test_broken_off import read_only
from tests.contract.live.test_network_faults import (
    ASK_COGNITO,
    FAULTS,
    MAY_BE_COGNITOS,
    NEED,
    as_cognitos,
)
from tests.contract.valid_requests import OPERATIONS, SECURED, Valid
from tests.service import SERVICE

DEADLINE = 2.0  # seconds
COLUMNS = (
    *("dependency", "fault", "operations", "answers", "longest", "500s"),
    *("others", "others' longest"),
)
DEPENDENCIES = ("database", "cognito", "keys")
Fault = Callable[[Deployment], AbstractContextManager[object]]


@dataclass(frozen=True)
class Row:
    """What came of a fault; times are seconds.

    Attributes:
        answers: of those who needed the dependency.
        others: of those who did not, meanwhile.
    """

    dependency: str
    fault: str
    answers: Sequence[Timed]
    others: Sequence[Timed]

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, one cell for each of COLUMNS."""
        return (
            self.dependency,
            self.fault,
            str(len(self.answers)),
            _statuses(self.answers),
            f"{max(answer.seconds for answer in self.answers):.2f} s",
            str(sum(answer.status == 500 for answer in self.answers)),
            _statuses(self.others),
            f"{max(answer.seconds for answer in self.others):.2f} s",
        )


def _statuses(answers: Sequence[Timed]) -> str:
    counts = Counter(answer.status for answer in answers)
    return ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(counts.items()))


def _faults() -> Iterator[tuple[str, str, Fault]]:
    hostile = {name: Answer(content) for name, content in HOSTILE_ANSWERS.items()}
    signed = {
        f"{name}, with Cognito's header": Answer(as_cognitos(content))
        for name, content in HOSTILE_ANSWERS.items()
        if name not in MAY_BE_COGNITOS
    }
    faults: dict[str, dict[str, NetworkFault]] = {
        "database": {**FAULTS, "accepts and hangs up": Answer(b"")},
        "cognito": {**FAULTS, **hostile, **signed},
        "keys": {**FAULTS, **hostile},
    }
    for dependency, each in faults.items():
        for name, fault in each.items():
            yield dependency, name, _at(dependency, fault)
    yield "database", "read-only", read_only


def _at(dependency: str, fault: NetworkFault) -> Fault:
    return lambda deployed: getattr(deployed, dependency).fault(fault)


def _requests(deployed: Deployment, dependency: str) -> list[Valid]:
    """Build what needs a dependency; tokens are of a key that is not at hand where it is that."""
    names = {
        "database": [name for name in OPERATIONS if name in NEED["database"]],
        "cognito": sorted(ASK_COGNITO),
        "keys": [*SECURED, "login_user", "refresh_session"],
    }[dependency]
    if dependency == "keys":
        deployed.env.cognito.keys.rotate()
    return [fresh(deployed, name) for name in names]


@contextmanager
def _others(deployed: Deployment, request: Valid) -> Iterator[list[Timed]]:
    """Send a request again and again, until the end of the block; at least once."""
    answers: list[Timed] = []
    over = threading.Event()

    def ask() -> None:
        with HttpClient(deployed.url) as client:
            while not (answers and over.is_set()):
                answers.append(send(client, request))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def _row(deployed: Deployment, dependency: str, name: str, fault: Fault) -> Row:
    other = fresh(deployed, "check_health" if dependency == "database" else "list_randoms")
    until_success(deployed.url, other)
    requests = _requests(deployed, dependency)
    with fault(deployed), _others(deployed, other) as others:
        answers = at_once(deployed.url, [[request] for request in requests])
    for request in requests[:2]:
        until_success(deployed.url, fresh(deployed, request.operation_id))
    return Row(dependency, name, answers, others)


def _by_operation(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """What became of each operation under all faults of each dependency, one cell for each."""
    for name in OPERATIONS:
        cells = [name]
        for dependency in DEPENDENCIES:
            of_it = [row for row in rows if row.dependency == dependency]
            met = [one for row in of_it for one in row.answers if one.operation_id == name]
            longest = max((answer.seconds for answer in met), default=0.0)
            cells.append(f"{_statuses(met)}; {longest:.2f} s" if met else "")
        if any(cells[1:]):
            yield tuple(cells)


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- outages")
    parser.add_argument("--write", type=Path, help="write the table to a file, as Markdown")
    options = parser.parse_args(arguments)
    if options.write and not options.write.parent.is_dir():
        parser.error(f"--write {options.write}: there is no folder {options.write.parent}")
    with Deployment.start(SERVICE, REQUEST_DEADLINE=str(DEADLINE)) as deployed:
        rows = [_row(deployed, *fault) for fault in _faults()]
    tables = {
        COLUMNS: [row.cells for row in rows],
        ("operation", *DEPENDENCIES): list(_by_operation(rows)),
    }
    for columns, lines in tables.items():
        table = Table(*columns, title=f"Faults; a request has {DEADLINE:.0f} s")
        for line in lines:
            table.add_row(*line)
        console.print(table)
    if options.write:
        written = (_markdown(columns, lines) for columns, lines in tables.items())
        options.write.write_text("\n".join(written), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
