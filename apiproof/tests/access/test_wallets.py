"""What an account holds: nobody is given it at a sign-up, by less than nothing, or twice."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import wallets


def test_right_wallets_give_no_finding() -> None:
    report = probed(wallets.create_wallets())
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    tried = {one.case: one.got for one in report.cells if one.check == "privileges_enforced"}
    assert {"negative-amount": (400,), "redeemed-twice": (409,)}.items() <= tried.items()
    assert "sign-up-numbers" in tried


@pytest.mark.parametrize("flaw", wallets.FLAWS)
def test_what_nothing_was_paid_for_is_found(flaw: str) -> None:
    expected = wallets.FLAWS[flaw]
    report = probed(wallets.create_wallets(flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
