"""Ids in bodies, queries and headers, versions, PUTs, links, jobs, accounts and invitations."""

from typing import Any

import pytest

from apiproof.access import AccessReport, jobs
from tests.access.strangers import assert_found, probed
from tests.apps import desks
from tests.apps.members import LENT

DEVIATES = {"list_news"}  # a credential is optional there, and declared like any other


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PAUSE", 0.01)


def _probed(flaw: str = "", **options: Any) -> tuple[AccessReport, desks.Store]:
    store = desks.Store(flaw=flaw)
    for key, name in enumerate(LENT, 1):
        member = store.members.add(name)
        store.keep("slips", key, member, text=name, done=False)
        store.keep("records", key, member, finding=name)
    return probed(desks.create_desks(store), **options), store


def test_right_desks_have_no_finding_and_lent_slips_stay_as_they_are() -> None:
    report, store = _probed()
    assert not report.interrupted
    found = [one for one in report.findings if one.operation_id not in DEVIATES]
    assert [finding.line for finding in found] == []
    assert {one.severity.name for one in report.findings} <= {"DEVIATION"}
    assert report.not_exercised == {}
    assert not store.rows["slips"][1]["done"]
    assert not store.rows["slips"][2]["done"]


@pytest.mark.parametrize("flaw", desks.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    operation, expected = desks.FLAWS[flaw]
    asked: dict[str, Any] = {"only": (operation,)} if operation else {}
    report, _ = _probed(flaw, checks=(expected.partition("/")[0],), **asked)
    assert_found(report, expected)
