"""A thing of one's own whose id a login tells, and administrators named in brackets."""

import pytest

from apiproof.access import credentials
from tests.access.strangers import assert_found, probed
from tests.apps import baskets


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def test_the_right_baskets_have_no_finding() -> None:
    report = probed(baskets.create_baskets())
    assert [finding.line for finding in report.findings] == []
    tried = {(cell.operation_id, cell.case) for cell in report.cells if cell.got}
    assert ("read_basket", "other-account") in tried


@pytest.mark.parametrize("flaw", baskets.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = baskets.FLAWS[flaw]
    report = probed(baskets.create_baskets(flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
