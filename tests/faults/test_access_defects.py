"""Every guard that is taken away is missed by the check that is there for it."""

import pytest

from apiproof.access import THOROUGH, AccessReport, ProbeOptions, probe_of
from apiproof.environment import Environment
from tests.faults import ownership_defects, scope_defects, token_defects
from tests.faults.defect import AccessDefect
from tests.service import SERVICE

# They look at the answers to what other checks send.
INSPECTING = ("errors_conform", "secrets_not_leaked")
DEFECTS = (*token_defects.DEFECTS, *scope_defects.DEFECTS, *ownership_defects.DEFECTS)


def probed(
    env: Environment, operations: tuple[str, ...], options: ProbeOptions = THOROUGH
) -> AccessReport:
    probe = probe_of(SERVICE, env, options=options)
    for operation in probe.operations.values():
        if operation.operation_id in operations:
            probe.exercise(operation)
    return probe.report


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.id)
def test_a_missing_guard_is_found_by_its_check(env: Environment, defect: AccessDefect) -> None:
    asked = THOROUGH if defect.check in INSPECTING else ProbeOptions(checks=(defect.check,))
    with defect.apply():
        report = probed(env, defect.operations, asked)
    env.conformance.pop_violations()  # of a broken service: the probe judges them
    for operation in defect.operations:
        found = {finding.case.partition("@")[0] for finding in report.of(operation)}
        named = {finding.case.partition("@")[0] for finding in report.of(operation, defect.check)}
        assert defect.case in named, f"{operation}: found instead: {sorted(found)[:9]}"


def test_the_guards_in_place_are_found_wanting_nowhere(env: Environment) -> None:
    operations = tuple(dict.fromkeys(name for defect in DEFECTS for name in defect.operations))
    report = probed(env, operations)
    assert [finding.line for finding in report.findings] == []
    assert report.tried > 40 * len(operations) * 0.9
