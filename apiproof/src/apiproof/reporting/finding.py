"""What a run finds wrong: one fault, how bad it is, and what it is counted as."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from apiproof.reporting.exchange import HttpRequest, HttpResponse

ALSO_AT: Final = "also at "


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


KNOWN: Final = "known"
WARNING: Final = "warning"
WEIGHTS: Final = (*(severity.value for severity in Severity), WARNING, KNOWN)
"""What findings are counted as, the worst first; see `Finding.weight`."""


@dataclass(frozen=True)
class Location:
    """A place in a file of the project: its path, and a JSON path or line in it."""

    file: str
    where: str = ""
    line: int = 1


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        id: stays the same from run to run, and holds operation, check, case and outcome class:
            `access/forged_tokens_rejected/read_user/expired/accepted`.
        check: the check that found it.
        severity: how bad it is.
        operation: as in the document, `GET /users/{id}`; empty where it concerns no operation.
        message: what is wrong, in one sentence.
        expected: what would have been right, in words.
        request: what was sent, with secrets replaced.
        response: what came.
        curl: a command that sends the same request, the token as `$TOKEN`.
        details: more lines, such as a difference.
        location: where the expectation is written.
        is_known: a baseline lists it, so that it fails nothing.
        is_warning: it fails nothing by itself: a doubt, or what is pending.
        also: ids of findings of the same cause, for which this one stands.
    """

    id: str
    check: str
    severity: Severity
    operation: str
    message: str
    expected: str = ""
    request: HttpRequest | None = None
    response: HttpResponse | None = None
    curl: str = ""
    details: tuple[str, ...] = ()
    location: Location | None = None
    is_known: bool = False
    is_warning: bool = False
    also: tuple[str, ...] = ()

    @property
    def ids(self) -> set[str]:
        """Its id and those that it stands for, as a baseline has them: each a line, stripped."""
        return {" ".join(each.splitlines()).strip() for each in (self.id, *self.also)}

    @property
    def is_failing(self) -> bool:
        """Whether it fails its step."""
        return not (self.is_known or self.is_warning)

    @property
    def weight(self) -> str:
        """What it is counted as: `known`, `warning`, or its severity."""
        if self.is_known:
            return KNOWN
        return WARNING if self.is_warning else self.severity.value

    @property
    def rank(self) -> tuple[bool, int]:
        """By what to sort: what fails first, and the worst of it."""
        return not self.is_failing, self.severity.rank

    @property
    def replay(self) -> str:
        """The command that tries it again; empty where it is about no request."""
        is_about_requests = self.request is not None or self.id.startswith("access/")
        return f"apiproof replay {shlex.quote(self.id)}" if is_about_requests else ""


def standing_for(first: Finding, others: Sequence[Finding]) -> Finding:
    """Return a finding as the one for all of the same cause, each at an operation of its own.

    Args:
        first: which is shown.
        others: those that it stands for.
    """
    if not others:
        return first
    places = tuple(f"{ALSO_AT}{other.operation}" for other in others)
    return replace(
        first,
        message=f"{first.message}, and at {len(others)} more operations",
        details=(*first.details, *places),
        also=(*first.also, *(each for other in others for each in (other.id, *other.also))),
    )


def alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings grouped by severity, operation and check, in the order of the first of each."""
    groups: dict[tuple[Severity, str, str, str], list[Finding]] = {}
    for each in findings:
        key = (each.severity, each.operation, each.check, each.weight)
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def others_of(findings: Iterable[Finding]) -> list[str]:
    """In words, how many findings fail nothing: `2 warnings`, `6 known`."""
    counts = Counter(finding.weight for finding in findings)
    warnings = counts[WARNING]
    return [
        *([counted(warnings, "warning")] if warnings else []),
        *([f"{counts[KNOWN]} known"] if counts[KNOWN] else []),
    ]


def counted(number: int, noun: str) -> str:
    """Return how many of a thing there are, in words: `1 pact`, `1,200 pacts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
