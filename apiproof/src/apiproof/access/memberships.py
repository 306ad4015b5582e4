"""Members of a group: what a user gets who is in all the groups of a run's users but one.

Where every user of a run has to be in a group to be let in at all, none of them shows whether the
group is asked for. That a user outside is let in is no flaw by itself: the operation may be for
everybody. That such a user was refused once, and is let in now, is one.
"""

from collections.abc import Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from apiproof.access.functions import CHECK
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import AccessFinding, AccessReport, Cell
from apiproof.access.requirements import is_session_ending
from apiproof.access.users import PoolUsers
from apiproof.jwt import SessionEnd
from apiproof.openapi.document import Operation
from apiproof.reporting import Status

REFUSED: Final = (401, 403)
MEMBERS_ONLY: Final = "members_only"
MEMBERS_LINE: Final = "members "  # begins a line
_CASE: Final = "outside-"


class MembershipProbe:
    """Repeats what a user may do after the user has left one of the groups."""

    def __init__(self, preparer: RequestPreparer, users: PoolUsers) -> None:
        self._preparer = preparer
        self._users = users

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to repeat.
        """
        if any(is_session_ending(operation, kind) for kind in SessionEnd):
            return
        for group in self._users.groups_of(self._preparer.prepared(operation).user):
            yield self._outside(operation, group), []

    def _outside(self, operation: Operation, group: str) -> Cell:
        prepared = self._preparer.prepared(operation)
        with self._users.outside(prepared.user, group):
            auth = self._preparer.credential(operation, prepared.user)
            answer = self._preparer.sender.send(prepared.request, auth)
        note = f"a user outside the group {group}"
        name = _CASE + group
        return Cell(
            operation.operation_id, "", name, "", (answer.status,), Status.PASSED, note, check=CHECK
        )


def members_lines(report: AccessReport) -> list[str]:
    """Write down what refused users outside a group, one a line: `members staff GET /orders`."""
    return [MEMBERS_LINE + f"{group} {label}" for group, label, _ in _cells(report, REFUSED)]


def members_before(lines: Iterable[str]) -> set[tuple[str, str]]:
    """Read what `members_lines` wrote, group and label, and leave other lines alone."""
    own = (line.removeprefix(MEMBERS_LINE) for line in lines if line.startswith(MEMBERS_LINE))
    words = [each.split(" ", 1) for each in own]
    return {(each[0], each[1]) for each in words if len(each) > 1}


def lost_members(
    before: AbstractSet[tuple[str, str]], report: AccessReport
) -> Iterator[AccessFinding]:
    """Yield what lets a user in from outside a group, and refused such users before.

    Args:
        before: Groups and labels.
        report: Of this run.
    """
    for group, label, name in _cells(report, range(200, 300)):
        if (group, label) in before:
            text = f"a user outside the group {group} is let in, and was refused before"
            yield AccessFinding(MEMBERS_ONLY, name, _CASE + group, text, kind="let in")


def _cells(report: AccessReport, statuses: Container[int]) -> Iterator[tuple[str, str, str]]:
    """Yield group, label and operationId of each trial that had one of these statuses."""
    for cell in report.cells:
        if cell.case.startswith(_CASE) and cell.got and cell.got[0] in statuses:
            group = cell.case.removeprefix(_CASE)
            yield group, report.labels[cell.operation_id], cell.operation_id
