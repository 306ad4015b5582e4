"""A bank of verbs without `/me`, with envelopes, account numbers, short passwords and followers."""

import pytest

from apiproof.access import AccessReport, credentials
from tests.access.strangers import assert_found, identities, probed
from tests.apps import banks
from tests.apps.members import LENT, PASSWORD


def _probed(flaw: str = "", **options: object) -> tuple[AccessReport, banks.Bank]:
    bank = banks.Bank()
    document = identities(("ada", "grace"))
    for user in document["auth"]:
        user["loginEndpointAuth"]["payloadUserPwd"]["password"] = PASSWORD[:15]
    return probed(banks.create_bank(flaw, bank), document, **options), bank


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def test_the_right_bank_has_no_finding() -> None:
    report, bank = _probed()
    assert not report.interrupted
    assert not report.note
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"balance", "history", "freeze", "read_loan", "set_profile", "unfollow"} <= entered
    fresh = banks.Bank()
    assert [bank.customers[name] for name in LENT] == [fresh.customers[name] for name in LENT]


@pytest.mark.parametrize("flaw", banks.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = banks.FLAWS[flaw]
    report, _ = _probed(flaw, checks=(expected.partition("/")[0],))
    assert_found(report, expected)
