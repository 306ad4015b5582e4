"""Applications of other shapes: nothing found on the right ones, each flaw found by its check."""

import pytest

from apiproof.access import Matrix, Outcome
from tests.access.stands import FLAWS, STANDS, probed, running


@pytest.fixture(scope="module", params=STANDS)
def matrix(request: pytest.FixtureRequest) -> Matrix:
    return probed(request.param)


def test_a_right_application_has_no_finding(matrix: Matrix) -> None:
    assert [finding.line for finding in matrix.findings] == []


def test_every_secured_operation_is_entered_with_a_valid_credential(matrix: Matrix) -> None:
    entered = {
        cell.operation_id
        for cell in matrix.cells
        if cell.passport == "valid" and cell.outcome is Outcome.OK
    }
    public = {cell.operation_id for cell in matrix.cells if not cell.gate} - entered
    assert entered | public == set(matrix.labels)
    assert len(entered) >= 6


@pytest.mark.parametrize("flawed", FLAWS)
def test_a_flaw_is_found_by_the_check_that_is_there_for_it(flawed: str) -> None:
    name, flaw, check, service = FLAWS[flawed]
    found: set[tuple[str, str]] = set()
    with running(name, flaw) as (probe, _):
        for operation in probe.operations.values():
            probe.exercise(operation)
            found = {(item.check, item.service.partition("@")[0]) for item in probe.matrix.findings}
            if (check, service) in found:
                break
    assert (check, service) in found, sorted(found)


def test_a_shadowed_route_is_named() -> None:
    matrix = probed("boards", "me-shadowed")
    assert "GET /teams/{team_id}, declared before it, shadows it" in matrix.unexercised["read_mine"]


def test_a_service_that_fetches_keys_where_a_token_says_is_caught_at_it() -> None:
    matrix = probed("library", "jku-fetched")
    assert "lure" in {finding.service for finding in matrix.findings}


def test_requests_per_operation_are_bounded(matrix: Matrix) -> None:
    assert max(matrix.requests.values()) < 300
