"""The result of a run, as data: every step fills it in, and every report is drawn from it.

A step returns a `StepResult`, built with `step_result`, which decides its status by one rule. All
of it is plain JSON in `report.json`; `report.schema.json` beside this module describes that file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Final, Literal

from apiproof.reporting.finding import ALSO_AT, Finding

FORMAT = 1
"""The version of `report.json`; it grows when a field changes its meaning or goes."""


# Of what is counted: `operations`, `cells tried`, `successes`.
_PLURAL: Final = re.compile(r"(?<=ss)es\b|(?<!s)s\b")
_PLACES: Final = "errors"  # the step that lists where 500s come from
_IGNORED: Final = "ignored_auth"  # of Schemathesis: none, or one that is no token
_LET_IN: Final = re.compile(r"access/\w+/[^ ]+/(anonymous|garbage)@[^ /]+/let-in")
_SERVER_ERROR: Final = re.compile(r"\banswered 5\d\d\b")


class Status(StrEnum):
    """How a step or a case ended; `ERROR` means that the question could not be answered."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    """One thing that was tried; `group` is its class in JUnit, `message` why it did not pass."""

    name: str
    status: Status
    group: str = ""
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class GridCell:
    """A cell at a row and a column of a grid, counted from 0.

    Attributes:
        status: what it says.
        text: what stands in it, short.
        note: what is said when it is chosen.
        count: how often it was seen, for heat maps; None elsewhere.
    """

    row: int
    column: int
    status: Status
    text: str = ""
    note: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Grid:
    """Things against things: operations against credentials, or against statuses."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[GridCell, ...]
    row_name: str = "operation"
    column_name: str = ""
    note: str = ""
    kind: Literal["grid"] = "grid"


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; `statuses` colours the rows, one for each or none at all."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    statuses: tuple[Status, ...] = ()
    note: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Series:
    """Named points; x is a number, or a name in a bar chart."""

    name: str
    points: tuple[tuple[float | str, float], ...]


@dataclass(frozen=True)
class Chart:
    """Numbers to look at; the axes name what they show and its unit."""

    title: str
    x_axis: str
    y_axis: str
    series: tuple[Series, ...]
    shape: Literal["line", "bar", "dots"] = "line"
    note: str = ""
    kind: Literal["chart"] = "chart"


Section = Grid | Table | Chart


@dataclass(frozen=True)
class StepResult:
    """What one step of a run found, and what it looked at.

    Attributes:
        name: `fuzz`, `access`, `pacts`, ...
        status: see `step_result`.
        evidence: what was counted, by name: {"operations": 12, "requests": 1204}.
        findings: what is wrong.
        cases: everything that was tried, one by one.
        sections: tables, grids and charts for the page.
        seconds: how long it took.
        error: why the question could not be answered, if it could not.
        finished: when, ISO 8601 in UTC; filled in when the result is kept.
    """

    name: str
    status: Status
    evidence: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    cases: tuple[Case, ...] = ()
    sections: tuple[Section, ...] = ()
    seconds: float = 0.0
    error: str = ""
    finished: str = ""

    @property
    def looked_at(self) -> str:
        """The evidence in words: `12 operations, 1,204 requests`."""
        return ", ".join(
            f"{count:,} {name if count != 1 else _PLURAL.sub('', name, count=1)}"
            for name, count in self.evidence.items()
        )

    @property
    def new_findings(self) -> tuple[Finding, ...]:
        """The findings that fail it, the worst first."""
        new = (finding for finding in self.findings if finding.is_failing)
        return tuple(sorted(new, key=lambda finding: finding.severity.rank))


def step_result(  # noqa: PLR0913 - the fields of a result
    name: str,
    evidence: Mapping[str, int],
    findings: Iterable[Finding] = (),
    *,
    cases: Sequence[Case] = (),
    sections: Sequence[Section] = (),
    seconds: float = 0.0,
    error: str = "",
) -> StepResult:
    """Build a step's result; nothing is passed without evidence.

    New findings make it `failed`; without any, an `error` text, a case in error, or evidence
    that counts nothing makes it `error`.
    """
    found = tuple(findings)
    is_failed = any(finding.is_failing for finding in found)
    is_failed = is_failed or any(case.status is Status.FAILED for case in cases)
    if not error and not any(evidence.values()):
        error = f"{name} reached nothing"
    if not error and (first := next((c for c in cases if c.status is Status.ERROR), None)):
        error = f"{first.name}: {first.message}"
    status = Status.FAILED if is_failed else Status.ERROR if error else Status.PASSED
    return StepResult(
        name, status, dict(evidence), found, tuple(cases), tuple(sections), seconds, error
    )


def without_repeats(steps: Sequence[StepResult]) -> Iterator[tuple[StepResult, Finding]]:
    """Yield each finding with its step, without those that another one tells.

    Fuzzing asks the access checks as the probe does, and finds the same; an answer of 500 is told
    by the check that met it, as a status that nobody declared, and by the place that it came from.
    That a request gets in without its credential is told by the access checks, which try more.
    A step keeps all of its own: its status and a baseline stand on them.
    A new finding is never left out for the sake of one that a baseline lists.

    Args:
        steps: of one run.
    """
    every = [(step, finding) for step in steps for finding in step.findings]
    own = [finding for step, finding in every if _is_own(step, finding)]
    places = [finding for finding in own if finding.id.startswith(f"{_PLACES}/")]
    for step, finding in every:
        is_repeated = not _is_own(step, finding) and finding.ids <= {
            each for other in _as_new(finding, own) for each in other.ids
        }
        if finding not in places and _SERVER_ERROR.search(finding.message):
            met = {each for place in _as_new(finding, places) for each in _operations(place)}
            is_repeated = is_repeated or _operations(finding) <= met
        if finding.check == _IGNORED:
            let_in = [one for one in own if _LET_IN.search(" ".join(one.ids))]
            met = {each for one in _as_new(finding, let_in) for each in _operations(one)}
            is_repeated = is_repeated or _operations(finding) <= met
        if not is_repeated:
            yield step, finding


def _is_own(step: StepResult, finding: Finding) -> bool:
    """Whether a finding is its step's, and not what it has from another step's checks."""
    return finding.id.partition("/")[0] == step.name


def _as_new(finding: Finding, others: Iterable[Finding]) -> Iterator[Finding]:
    return (other for other in others if not finding.is_failing or other.is_failing)


def _operations(finding: Finding) -> set[str]:
    also = {it.removeprefix(ALSO_AT) for it in finding.details if it.startswith(ALSO_AT)}
    return {finding.operation, *also}


@dataclass(frozen=True)
class Report:
    """A whole run; see `build_report`.

    Attributes:
        service: the name of what was tested.
        status: failed where a step failed, error where one could not tell or none ran.
        started: when, ISO 8601 in UTC.
        seconds: how long it took.
        steps: in the order in which they ran.
        earlier: what other commands found before, shown beside it and counted in nothing.
        left_out: names of the steps that were not asked for.
        version: the kit's.
        format: of this document.
    """

    service: str
    status: Status
    started: str
    seconds: float
    steps: tuple[StepResult, ...]
    earlier: tuple[StepResult, ...] = ()
    left_out: tuple[str, ...] = ()
    version: str = ""
    format: int = FORMAT

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 error."""
        return {Status.PASSED: 0, Status.FAILED: 1}.get(self.status, 2)

    @property
    def findings(self) -> tuple[tuple[StepResult, Finding], ...]:
        """The findings of the run with their steps: what fails first, the worst first.

        What several steps tell of the same thing is one of them.
        """
        found = without_repeats(self.steps)
        return tuple(sorted(found, key=lambda each: each[1].rank))


def build_report(
    service: str,
    started: datetime,
    steps: Sequence[StepResult],
    earlier: Sequence[StepResult] = (),
    left_out: Sequence[str] = (),
) -> Report:
    """Put the steps of a run together.

    Args:
        service: the name of what was tested.
        started: when the run began, with its time zone.
        steps: what they found.
        earlier: results of other commands.
        left_out: names of the steps that were not asked for.
    """
    statuses = {step.status for step in steps}
    if Status.FAILED in statuses:
        status = Status.FAILED
    else:
        is_passed = Status.PASSED in statuses and Status.ERROR not in statuses
        status = Status.PASSED if is_passed else Status.ERROR
    began = started.astimezone(UTC)
    return Report(
        service=service,
        status=status,
        started=began.isoformat(timespec="seconds"),
        seconds=round((datetime.now(UTC) - began).total_seconds(), 1),
        steps=tuple(steps),
        earlier=tuple(earlier),
        left_out=tuple(left_out),
        version=version("apiproof"),
    )
