"""Every guard that is taken away is missed by the check that is there for it."""

import pytest

from tests.sensitivity import ownership_defects, scope_defects, token_defects
from tests.sensitivity.defect import AccessDefect
from tests.subject import SUBJECT
from understudy.access import Matrix, probe_of
from understudy.world import World

DEFECTS = (*token_defects.DEFECTS, *scope_defects.DEFECTS, *ownership_defects.DEFECTS)


def probed(world: World, operations: tuple[str, ...]) -> Matrix:
    probe = probe_of(SUBJECT, world)
    for operation in probe.operations.values():
        if operation.operation_id in operations:
            probe.exercise(operation)
    return probe.matrix


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.id)
def test_a_missing_guard_is_found_by_its_check(world: World, defect: AccessDefect) -> None:
    with defect.apply():
        matrix = probed(world, defect.operations)
    world.departures.take()  # answers of a broken service, which are the probe's to judge here
    for operation in defect.operations:
        found = {finding.subject.partition("@")[0] for finding in matrix.of(operation)}
        named = {
            finding.subject.partition("@")[0] for finding in matrix.of(operation, defect.check)
        }
        assert defect.subject in named, f"{operation}: found instead: {sorted(found)[:9]}"


def test_the_guards_in_place_are_found_wanting_nowhere(world: World) -> None:
    operations = tuple(dict.fromkeys(name for defect in DEFECTS for name in defect.operations))
    matrix = probed(world, operations)
    assert [finding.line for finding in matrix.findings] == []
    assert matrix.tried > 40 * len(operations) * 0.9
