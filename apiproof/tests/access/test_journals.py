"""Filters by an author, exports and backups: what reading by itself refuses is not shown there."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import journals


@pytest.mark.parametrize("has_sign_up", [True, False])
def test_the_right_journal_gives_no_finding(has_sign_up: bool) -> None:  # noqa: FBT001
    report = probed(journals.create_journal(has_sign_up=has_sign_up))
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    tried = {c.operation_id for c in report.cells if c.case == "withheld-rows" and c.got}
    assert {"list_entries", "export_entries", "back_up"} <= tried


@pytest.mark.parametrize("has_sign_up", [True, False])
@pytest.mark.parametrize("flaw", journals.FLAWS)
def test_rows_of_others_are_found(flaw: str, has_sign_up: bool) -> None:  # noqa: FBT001
    app = journals.create_journal(flaw, has_sign_up=has_sign_up)
    report = probed(app, checks=("ownership_enforced",))
    assert_found(report, journals.FLAWS[flaw])
