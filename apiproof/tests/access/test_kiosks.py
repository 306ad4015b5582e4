"""What stands below somebody's number, where the document asks for a credential and where not."""

import pytest

from apiproof.access.checks import Impact
from tests.access.strangers import assert_found, probed
from tests.apps import kiosks
from tests.apps.kiosks import Kiosk
from tests.apps.members import LENT, PASSWORD


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_right_kiosk_has_no_finding(*, is_silent: bool) -> None:
    kiosk = Kiosk(is_silent=is_silent)
    report = probed(kiosks.create_kiosk(kiosk))
    worse = [one.line for one in report.findings if one.severity is not Impact.DEVIATION]
    assert worse == []
    assert is_silent or [one.line for one in report.findings] == []
    full = {number for (_, number), kept in kiosk.kept.items() if kept}
    assert not full & {5001, 5002}  # those lent


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("flaw", kiosks.FLAWS)
def test_a_flaw_is_found_and_no_lent_account_is_touched(flaw: str, *, is_public: bool) -> None:
    kiosk = Kiosk(flaw, is_public=is_public)
    report = probed(kiosks.create_kiosk(kiosk), checks=("ownership_enforced",))
    assert_found(report, "ownership_enforced/other-account")
    lent = [kiosk.members.people[name] for name in LENT]
    assert [(one.number, one.password) for one in lent] == [(5001, PASSWORD), (5002, PASSWORD)]
