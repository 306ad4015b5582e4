"""Accounts that stand in the query, logins by name and address, documents without any scheme."""

from typing import Any

import pytest
import yaml

from apiproof.access.identities_file import identities_file
from tests.access.strangers import assert_found, probed
from tests.apps import rosters
from tests.apps.members import LENT, PASSWORD, Members


def filled_in(flaw: str) -> dict[str, Any]:
    """Return the file that `access init` writes, with the names of users who are there."""
    text = identities_file(rosters.create_roster(flaw).openapi())
    for name, lent in zip(("alice", "bob"), LENT, strict=True):
        text = text.replace(name, lent)
    document: dict[str, Any] = yaml.safe_load(text.replace("FILL IN", PASSWORD))
    return document


@pytest.mark.parametrize("flaw", ["", *rosters.FLAWS])
def test_an_account_is_found_in_the_query_and_lent_ones_stay(flaw: str) -> None:
    members = Members()
    report = probed(rosters.create_roster(flaw, members), filled_in(flaw))
    lent = {name: members.people[name] for name in LENT}
    assert [(one.password, one.email) for one in lent.values()] == [
        (PASSWORD, f"{name}@example.com") for name in LENT
    ]
    if flaw:
        assert_found(report, rosters.FLAWS[flaw])
    else:
        assert [one.line for one in report.findings] == []
        entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
        assert {"change_account", "delete_account"} <= entered
