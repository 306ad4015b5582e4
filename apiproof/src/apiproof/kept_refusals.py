"""Operations that refused every user once, and now let one in.

An operation for operators alone answers 403 to the users of a run, and so nothing of it is tried.
When its rule goes, all that shows is a success where there was none: a baseline remembers it.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from apiproof.coverage import CoverageLog
from apiproof.openapi.document import Operation, operations
from apiproof.reporting.finding import Finding, Severity

FORBIDDEN: Final = 403
REFUSAL_KEPT: Final = "refusal_kept"
REFUSED_LINE: Final = "refused "  # begins a line


def is_refused(operation: Operation, log: CoverageLog) -> bool:
    """Whether an operation answered 403, and never succeeded.

    Args:
        operation: which.
        log: the answers of a run.
    """
    forbidden = log.answers(operation.operation_id, [FORBIDDEN])
    return bool(forbidden) and not log.succeeded(operation)


def refused_lines(document: dict[str, Any], log: CoverageLog) -> list[str]:
    """Write the operations that refused everybody down, one a line: `refused GET /admin`."""
    return [refused_line(each) for each in operations(document) if is_refused(each, log)]


def refused_line(operation: Operation) -> str:
    """Write one down."""
    return REFUSED_LINE + operation.label


def refused_before(lines: Iterable[str]) -> set[str]:
    """Read what `refused_lines` wrote, and leave other lines alone."""
    return {line.removeprefix(REFUSED_LINE) for line in lines if line.startswith(REFUSED_LINE)}


def lost_refusals(
    before: AbstractSet[str], document: dict[str, Any], log: CoverageLog
) -> list[Finding]:
    """Return the operations that let somebody in, and refused everybody before.

    Args:
        before: their labels.
        document: the service's.
        log: the answers of this run.
    """
    return [
        Finding(
            id=f"coverage/{REFUSAL_KEPT}/{operation.operation_id}/let-in",
            check=REFUSAL_KEPT,
            severity=Severity.HIGH,
            operation=operation.label,
            message="lets a user in; it refused every user when the baseline was written",
            expected="403 to users without the role; or a new baseline, where this is meant",
        )
        for operation in operations(document)
        if operation.label in before and log.succeeded(operation)
    ]
