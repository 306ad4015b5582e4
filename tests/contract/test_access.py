"""Access: every passport at every operation, every object as somebody else, from the document."""

import pytest

from tests.subject import SUBJECT
from understudy.access import Matrix, Outcome, probe_subject
from understudy.document import operations
from understudy.tokens import PASSPORTS
from understudy.world import World

# A key's near misses are passports of schemes without tokens.
NOT_FOR_TOKENS = {"nearly"}


@pytest.fixture
def matrix(world: World) -> Matrix:
    return probe_subject(SUBJECT, world)


def test_every_passport_gets_the_answer_that_is_due(matrix: Matrix) -> None:
    assert [finding.line for finding in matrix.findings] == []
    tried = {(cell.operation_id, cell.passport): cell.outcome for cell in matrix.cells}
    secured = [found.operation_id for found in operations(SUBJECT.document()) if found.secured]
    assert len(secured) >= 10
    for operation_id in secured:
        for passport in {"valid", *PASSPORTS} - NOT_FOR_TOKENS:
            assert tried[operation_id, passport] is Outcome.OK, (operation_id, passport)
    for operation_id in ("read_random", "update_random", "delete_random"):
        assert tried[operation_id, "other-user"] is Outcome.OK
        assert tried[operation_id, "other-admin"] is Outcome.OK
    assert tried["list_randoms", "listing"] is Outcome.OK
    assert {cell.evidence != "" for cell in matrix.cells if cell.got} == {True}
