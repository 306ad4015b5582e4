"""Applications of other shapes: nothing found on the right ones, each flaw found by its check."""

import pytest

from apiproof.access import THOROUGH, AccessReport, ProbeOptions
from apiproof.reporting import Status
from tests.access.demo_servers import FLAWS, STANDS, probed, running

INSPECTING = {"errors_conform", "secrets_not_leaked"}  # they look at what other checks send


@pytest.fixture(scope="module", params=STANDS)
def report(request: pytest.FixtureRequest) -> AccessReport:
    return probed(request.param)


def test_a_right_application_has_no_finding(report: AccessReport) -> None:
    assert [finding.line for finding in report.findings] == []


def test_every_secured_operation_is_entered_with_a_valid_credential(report: AccessReport) -> None:
    entered = {
        cell.operation_id
        for cell in report.cells
        if cell.case == "valid" and cell.status is Status.PASSED
    }
    public = {cell.operation_id for cell in report.cells if not cell.requirement} - entered
    assert entered | public == set(report.labels)
    assert len(entered) >= 6


@pytest.mark.parametrize("flawed", FLAWS)
def test_a_flaw_is_found_by_the_check_that_is_there_for_it(flawed: str) -> None:
    name, flaw, check, service = FLAWS[flawed]
    found: set[tuple[str, str]] = set()
    asked = THOROUGH if check in INSPECTING else ProbeOptions(checks=(check,))
    with running(name, flaw, asked) as (probe, _):
        for operation in probe.operations.values():
            probe.exercise(operation)
            found = {(item.check, item.case.partition("@")[0]) for item in probe.report.findings}
            if (check, service) in found:
                break
    assert (check, service) in found, sorted(found)


def test_a_shadowed_route_is_named() -> None:
    with running("boards", "me-shadowed") as (probe, _):
        [shadowed] = [one for one in probe.operations.values() if one.operation_id == "read_mine"]
        probe.exercise(shadowed)
    shown = probe.report.not_exercised["read_mine"]
    assert "GET /teams/{team_id}, declared before it, shadows it" in shown


def test_a_service_that_fetches_keys_where_a_token_says_is_caught_at_it() -> None:
    asked = ProbeOptions(checks=("forged_tokens_rejected",))
    with running("library", "jku-fetched", asked) as (probe, _):
        report = probe.run()
    assert "trap" in {finding.case for finding in report.findings}


def test_requests_per_operation_are_bounded(report: AccessReport) -> None:
    assert max(report.requests.values()) < 300
