"""Purses: what no GET may do, and a token for a name."""

from tests.access.strangers import assert_found, probed
from tests.apps import purses
from tests.apps.members import LENT


def test_what_removes_everybody_is_left_alone() -> None:
    kept = purses.Purses()
    report = probed(purses.create_purses(kept), checks=("secrets_not_leaked",))
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    assert kept.removed == 0
    assert set(LENT) <= set(kept.members.people)


def test_a_token_for_whoever_is_named_is_found() -> None:
    app = purses.create_purses(purses.Purses(flaw="tokens-for-all"))
    assert_found(probed(app, checks=("secrets_not_leaked",)), purses.FLAWS["tokens-for-all"])
