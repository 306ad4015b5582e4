"""Objects that have to be in a state, wares by their numbers, and payments between two users."""

from typing import Any

import pytest

from apiproof.access import AccessReport
from tests.access.strangers import assert_found, probed
from tests.apps import stalls
from tests.apps.members import LENT


def _probed(flaw: str = "", **options: Any) -> tuple[AccessReport, stalls.Stalls]:
    kept = stalls.Stalls(flaw=flaw)
    return probed(stalls.create_stalls(kept), **options), kept


def test_right_stalls_have_no_finding_and_lent_users_pay_nothing() -> None:
    report, kept = _probed()
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    assert report.not_exercised == {}
    assert {order["state"] for order in kept.orders.values()} >= {"refunded"}
    assert kept.payments
    assert not {payment["payer"] for payment in kept.payments.values()} & set(LENT)


@pytest.mark.parametrize("flaw", stalls.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    operation, expected = stalls.FLAWS[flaw]
    report, _ = _probed(flaw, checks=(expected.partition("/")[0],), only=(operation,))
    assert_found(report, expected)
