"""What a run can answer for: a baseline keeps each line that the run did not look at again.

A step that was left out, that ended in an error or that was narrowed (`--include-path`, `--phases`)
did not look at everything, so that what it did not find is not gone.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from apiproof.access import MEMBERS_LINE
from apiproof.coverage import CoverageLog
from apiproof.declared_security import SECURED_LINE
from apiproof.kept_refusals import REFUSED_LINE, refused_before, refused_line
from apiproof.openapi.document import operations
from apiproof.reporting import Status, StepResult

_SENDING: Final = frozenset({"fuzzing", "access", "pacts"})
_NEEDED: Final[dict[str, AbstractSet[str]]] = {
    "access": {"access", "fuzzing"},  # fuzzing asks the same checks
    "coverage": {"coverage", *_SENDING},  # these two look at all answers
    "errors": {"errors", *_SENDING},
    SECURED_LINE.strip(): {"document"},
    REFUSED_LINE.strip(): {"coverage"},
    MEMBERS_LINE.strip(): {"access"},
}
"""Steps without which a line that begins so is not looked for again; by default its own."""

_NARROWING: Final = (
    *("--include-", "--exclude-", "--phases", "--checks", "-c", "--mode", "-m"),
    *("--max-failures", "--max-time"),
)
"""Options of `schemathesis run` by which it tries less."""


def whole_steps(results: Iterable[StepResult], arguments: Iterable[str] = ()) -> set[str]:
    """Return the names of the steps that looked at everything.

    Args:
        results: of the steps that ran.
        arguments: those that went to `schemathesis run`.
    """
    whole = {result.name for result in results if result.status is not Status.ERROR}
    if any(argument.startswith(_NARROWING) for argument in arguments):
        whole.discard("fuzzing")
    return whole


def is_answered(line: str, whole: AbstractSet[str]) -> bool:
    """Whether a run would have found what a line of a baseline says, if it were still there.

    Args:
        line: an id, or a further line.
        whole: the steps that looked at everything.
    """
    word = line.split(" ", 1)[0].partition("/")[0]
    return _NEEDED.get(word, {word}) <= whole


def lines_to_keep(
    before: AbstractSet[str], whole: AbstractSet[str], document: dict[str, Any], log: CoverageLog
) -> list[str]:
    """Return the lines of a baseline that the next one has to have as well.

    An operation that refused everybody before is remembered until it lets somebody in: that it
    answered nothing this time, or 404, says nothing about whom it lets in.

    Args:
        before: the lines.
        whole: the steps that looked at everything.
        document: the service's.
        log: the answers of the run.
    """
    refused = refused_before(line for line in before if is_answered(line, whole))
    still = (each for each in operations(document) if each.label in refused)
    return [
        *(line for line in before if not is_answered(line, whole)),
        *(refused_line(each) for each in still if not log.succeeded(each)),
    ]
