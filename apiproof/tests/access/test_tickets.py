"""Tokens for other uses, used ones and those of ended sessions, wherever refresh tokens go."""

from typing import Any

import pytest

from apiproof.access import AccessReport, Impact, credentials
from tests.access.strangers import BEARER, assert_found, identities, probed
from tests.apps import tickets

PLACES = ("body", "cookie", "header")


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def _probed(desk: tickets.Desk, *, signs_up: bool = True, **options: Any) -> AccessReport:
    document = identities(token={**BEARER, "extractSelector": "/access_token"})
    document["authTemplate"]["loginEndpointAuth"]["endpoint"] = "/auth/login"
    return probed(tickets.create_tickets(desk, signs_up=signs_up), document, **options)


def _tried(report: AccessReport) -> set[str]:
    return {cell.case for cell in report.cells if cell.got}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("signs_up", [True, False])
def test_the_right_tickets_have_no_finding(place: str, *, signs_up: bool) -> None:
    report = _probed(tickets.Desk(place=place), signs_up=signs_up)
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    expected = {found.partition("/")[2] for found in tickets.FLAWS.values()}
    assert expected - _tried(report) == (set() if signs_up else {"confirm-as-access"})


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("flaw", tickets.FLAWS)
def test_a_flaw_is_found(flaw: str, place: str) -> None:
    expected = tickets.FLAWS[flaw]
    report = _probed(tickets.Desk(flaw, place), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
    assert all(one.case.startswith(expected.partition("/")[2]) for one in report.findings)


def test_tokens_that_nobody_keeps_serve_again_and_only_deviate() -> None:
    report = _probed(tickets.Desk(keeps=False), only=("refresh", "read_me"))
    found = {finding.case: finding.severity for finding in report.findings}
    assert found["used-refresh"] is Impact.DEVIATION


def test_tokens_in_findings_are_hidden() -> None:
    desk = tickets.Desk("serves-twice")
    report = _probed(desk)
    assert_found(report, "forged_tokens_rejected/used-refresh")
    assert "eyJ" not in repr(report.findings)
