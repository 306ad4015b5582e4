"""Every guard that is taken away is missed by the check that is there for it."""

import pytest

from apiproof.access import Matrix, probe_of
from apiproof.environment import Environment
from tests.faults import ownership_defects, scope_defects, token_defects
from tests.faults.defect import AccessDefect
from tests.service import SERVICE

DEFECTS = (*token_defects.DEFECTS, *scope_defects.DEFECTS, *ownership_defects.DEFECTS)


def probed(env: Environment, operations: tuple[str, ...]) -> Matrix:
    probe = probe_of(SERVICE, env)
    for operation in probe.operations.values():
        if operation.operation_id in operations:
            probe.exercise(operation)
    return probe.matrix


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.id)
def test_a_missing_guard_is_found_by_its_check(env: Environment, defect: AccessDefect) -> None:
    with defect.apply():
        matrix = probed(env, defect.operations)
    env.conformance.pop_violations()  # of a broken service: the probe judges them
    for operation in defect.operations:
        found = {finding.service.partition("@")[0] for finding in matrix.of(operation)}
        named = {
            finding.service.partition("@")[0] for finding in matrix.of(operation, defect.check)
        }
        assert defect.service in named, f"{operation}: found instead: {sorted(found)[:9]}"


def test_the_guards_in_place_are_found_wanting_nowhere(env: Environment) -> None:
    operations = tuple(dict.fromkeys(name for defect in DEFECTS for name in defect.operations))
    matrix = probed(env, operations)
    assert [finding.line for finding in matrix.findings] == []
    assert matrix.tried > 40 * len(operations) * 0.9
