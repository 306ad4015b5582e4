"""People whom everybody may name, and one's own photos, are put into albums: no others' photos."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps.albums import FLAWS, create_albums


def test_people_whom_everybody_may_read_are_invited_to_ones_own_album() -> None:
    report = probed(create_albums())
    assert [finding.line for finding in report.findings] == []
    tried = {(cell.operation_id, cell.case) for cell in report.cells if cell.got}
    assert {("invite", "other-user"), ("insert_photo", "own-parent")} <= tried


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    report = probed(create_albums(flaw), checks=("ownership_enforced",))
    assert_found(report, FLAWS[flaw])
