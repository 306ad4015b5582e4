"""Accounts under their numbers, a sign-up that runs out, and an exit that takes any token."""

import pytest

from apiproof.access import AccessReport, credentials, http
from apiproof.access.checks import Impact
from tests.access.strangers import assert_found, probed
from tests.apps import clubs
from tests.apps.clubs import Club
from tests.apps.members import LENT


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)
    monkeypatch.setattr(http, "_wait", lambda _response: 0.0)


def _worse_than_deviating(report: AccessReport) -> list[str]:
    assert not report.interrupted
    return [one.line for one in report.findings if one.severity is not Impact.DEVIATION]


@pytest.mark.parametrize("places", [0, 1, 2, 3, 1000])
def test_a_sign_up_that_runs_out_costs_lent_accounts_nothing(places: int) -> None:
    club = Club(places=places)
    numbers = {name: number for number, name in enumerate(LENT, 5001)}
    report = probed(clubs.create_club(club))
    assert _worse_than_deviating(report) == []
    assert ("POST /signup answered 429" in report.note) is (places < 1000)
    assert {name: club.members.people[name].number for name in LENT} == numbers
    assert not set(club.chaired) & set(numbers.values())


@pytest.mark.parametrize("flaw", clubs.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = clubs.FLAWS[flaw]
    app = clubs.create_club(Club(flaw))
    assert_found(probed(app, checks=(expected.partition("/")[0],)), expected)


@pytest.mark.parametrize("places", [0, 1])
@pytest.mark.parametrize("flaw", clubs.RATIONED)
def test_what_only_reads_is_found_with_the_accounts_of_the_file(flaw: str, places: int) -> None:
    expected = clubs.FLAWS[flaw]
    app = clubs.create_club(Club(flaw, places=places))
    assert_found(probed(app, checks=(expected.partition("/")[0],)), expected)


def test_an_exit_that_takes_any_token_is_one_deviation() -> None:
    report = probed(clubs.create_club(Club()), checks=("forged_tokens_rejected",))
    assert {one.operation_id for one in report.findings} == {"log_out"}
    assert {one.cause for one in report.findings} == {"signing out takes any token"}
    assert _worse_than_deviating(report) == []
