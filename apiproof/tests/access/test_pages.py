"""Objects that are renamed, a word that only the service knows, and sessions that end unseen."""

import copy
from typing import Any

import pytest
import yaml

from apiproof.access import AccessReport, Impact, credentials
from apiproof.access.identities_file import identities_file
from tests.access.strangers import assert_found, probed
from tests.apps import pages
from tests.apps.members import LENT
from tests.apps.pages import PLAIN, Site


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def _probed(site: Site, **options: Any) -> AccessReport:
    """Probe with the file that `access init` writes, filled in as a user would."""
    site.people |= dict.fromkeys(LENT, PLAIN)
    app = pages.create_pages(site)
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    for entry, name in zip(document["auth"], LENT, strict=True):
        entry["name"] = name
        entry["fixedHeaders"] = [{"name": "X-Tenant-ID", "value": f"of-{name}"}]
        entry["loginEndpointAuth"]["payloadUserPwd"] = {"username": name, "password": PLAIN}
    return probed(app, document, **options)


def _tried(report: AccessReport, case: str) -> set[str]:
    return {cell.operation_id.partition("_")[0] for cell in report.cells if cell.case == case}


RIGHT = (Site(), Site(word="Bearer"), Site(word="JWT"), Site(shape="fading"), Site(shape="tenants"))


@pytest.mark.parametrize("site", RIGHT, ids=lambda site: f"{site.word}-{site.shape}")
def test_a_right_one_is_entered_everywhere_and_has_no_finding_beyond_deviations(
    site: Site,
) -> None:
    site = copy.deepcopy(site)
    report = _probed(site)
    assert not report.interrupted
    assert "no accounts of the run's own" not in report.note
    assert [one.line for one in report.findings if one.severity is not Impact.DEVIATION] == []
    assert {name: site.people[name] for name in LENT} == dict.fromkeys(LENT, PLAIN)
    # Everything was entered, although sessions end meanwhile.
    assert report.not_exercised == {}
    assert all("as ada" not in cell.note for cell in report.cells)  # one's own accounts serve
    opened = {cell.operation_id for cell in report.cells if cell.case == "valid" and cell.got}
    assert any(name.startswith("change_page") for name in opened)
    assert any(name.startswith("log_out") for name in opened)


@pytest.mark.parametrize("lasts", [7, 11, 13, 20])
def test_a_session_that_ends_in_between_is_no_change(
    lasts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LASTS", lasts)
    report = _probed(Site(shape="fading"), checks=("ownership_enforced",))
    assert [one.line for one in report.findings if one.severity is not Impact.DEVIATION] == []


def test_what_asks_for_a_credential_in_secret_is_tried_by_accounts_of_the_run() -> None:
    report = _probed(Site(), checks=("ownership_enforced",))
    cells = [cell for cell in report.cells if cell.operation_id.startswith("read_draft")]
    assert any(cell.case == "other-user" and cell.got for cell in cells)
    assert not any("no request succeeded as probe" in cell.note for cell in cells)


def test_what_is_renamed_and_not_named_is_no_finding() -> None:
    report = _probed(Site(shape="silent"), checks=("writes_are_readable", "ownership_enforced"))
    found = {one.check for one in report.findings} - {"public_is_declared"}
    assert found == set()


def test_accounts_of_a_sign_up_that_answers_200_are_counted_as_well() -> None:
    site = Site(shape="silent")
    report = _probed(site, checks=("ownership_enforced", "boundaries_handled"))
    [line] = [line for line in report.left_behind if line.startswith("accounts: ")]
    named = line.removeprefix("accounts: ").split(", ")
    count = sum(int(one.split()[0]) if "more that" in one else 1 for one in named)
    assert count == len(set(site.people) - set(LENT))


def test_what_is_renamed_is_followed_and_removed() -> None:
    site = Site()
    report = _probed(site, checks=("writes_are_readable", "ownership_enforced"))
    assert [one.line for one in report.findings if one.check == "writes_are_readable"] == []
    assert site.pages == {}
    assert not any("/pages/" in line for line in report.left_behind)


@pytest.mark.parametrize("flaw", pages.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = pages.FLAWS[flaw]
    assert_found(_probed(Site(flaw), checks=(expected.partition("/")[0],)), expected)


@pytest.mark.parametrize("flaw", ["", "draft-of-anyone"])
def test_accounts_that_are_to_be_confirmed_serve_by_the_token_of_their_sign_up(flaw: str) -> None:
    report = _probed(Site(flaw, shape="unconfirmed"), checks=("ownership_enforced",))
    assert "no accounts of the run's own" not in report.note
    found = {one.check for one in report.findings if one.severity is Impact.LET_IN}
    assert found == ({"ownership_enforced"} if flaw else set())
