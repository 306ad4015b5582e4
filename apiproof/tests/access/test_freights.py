"""A header that may be left out says for whom somebody acts: not everybody may say everything."""

from typing import Any

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps.freights import FLAWS, KEYS, create_freights


def _users(*agencies: str) -> dict[str, Any]:
    """Return every key, and once more those of agencies, which act for the bakery."""
    named = {name: key for key, name in KEYS.items()}

    def user(name: str, key: str, **further: str) -> dict[str, Any]:
        said = {"X-API-Key": key, **further}
        headers = [{"name": header, "value": value} for header, value in said.items()]
        return {"name": name, "fixedHeaders": headers}

    acting = [
        user(f"{name} for bakery", named[name], **{"X-Account": "bakery"}) for name in agencies
    ]
    return {"auth": [*(user(name, key) for name, key in named.items()), *acting]}


def test_whoever_may_act_for_another_account_is_no_finding() -> None:
    report = probed(create_freights(), _users("agency"))
    assert [finding.line for finding in report.findings] == []
    tried = {cell.operation_id for cell in report.cells if cell.case == "other-tenant" and cell.got}
    assert tried == {"read_account", "list_freights"}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    report = probed(create_freights(flaw), _users("agency"))
    assert_found(report, FLAWS[flaw])


def test_where_all_may_act_for_an_account_nobody_is_an_outsider() -> None:
    report = probed(create_freights("account-believed"), _users("cycles", "agency", "bakery"))
    assert not any(cell.case == "other-tenant" and cell.got for cell in report.cells)
