"""Services that answer 200 to everything, and objects that only lists tell of."""

from typing import Any

import pytest

from apiproof.access.checks import Impact
from tests.access.strangers import assert_found, probed
from tests.apps import branches

USERS: dict[str, Any] = {
    "auth": [
        {"name": f"branch-{number}", "fixedHeaders": [{"name": "X-API-Token", "value": key}]}
        for key, number in branches.KEYS.items()
    ]
}


@pytest.mark.parametrize("refusal", branches.REFUSALS)
def test_a_refusal_in_a_200_is_one_deviation_and_lets_nobody_in(refusal: str) -> None:
    report = probed(branches.create_branches("", refusal), USERS)
    assert {one.severity for one in report.findings} <= {Impact.DEVIATION}
    refused = [one for one in report.findings if one.kind == "answered 200"]
    assert {one.operation_id for one in refused} == {"list_customers", "read_customer"}
    assert len({one.cause for one in refused}) == 1
    assert any(cell.case == "other-user" and cell.got for cell in report.cells)


@pytest.mark.parametrize("flaw", branches.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = branches.FLAWS[flaw]
    checks = (expected.partition("/")[0],)
    report = probed(branches.create_branches(flaw), USERS, checks=checks)
    assert_found(report, expected)
    assert any(one.severity is Impact.LET_IN for one in report.findings)
