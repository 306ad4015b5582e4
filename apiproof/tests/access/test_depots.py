"""Lists of ids, things of users under their numbers, and what is said of administrators."""

import pytest

from apiproof.access import Impact, credentials
from tests.access.strangers import assert_found, probed
from tests.apps import depots
from tests.apps.depots import Depot
from tests.apps.members import LENT


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


@pytest.mark.parametrize("is_quiet", [True, False])
def test_a_right_one_has_no_finding(*, is_quiet: bool) -> None:
    depot = Depot(is_quiet=is_quiet)
    report = probed(depots.create_depot(depot))
    assert not report.interrupted
    assert [one.line for one in report.findings if one.severity is not Impact.DEVIATION] == []
    tried = {cell.operation_id for cell in report.cells if cell.case == "bulk-ids" and cell.got}
    assert len(tried) == 3
    assert set(LENT) <= set(depot.members.people)


@pytest.mark.parametrize("flaw", depots.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = depots.FLAWS[flaw]
    report = probed(depots.create_depot(Depot(flaw)), checks=(expected.partition("/")[0],))
    assert_found(report, expected)


@pytest.mark.parametrize("flaw", ["dropped-by-ids", "exported-by-ids", "listed-by-ids"])
def test_parcels_of_lent_users_are_not_named(flaw: str) -> None:
    depot = Depot(flaw)
    app = depots.create_depot(depot)
    depot.parcels[1] = {"id": 1, "owner": LENT[0], "label": "old", "views": 0}
    probed(app, checks=("ownership_enforced",))
    assert depot.parcels[1] == {"id": 1, "owner": LENT[0], "label": "old", "views": 0}
