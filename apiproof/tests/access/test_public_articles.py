"""An application whose objects are for everybody to read and for their makers to change."""

from typing import Any

import pytest
import yaml

from apiproof.access import AccessReport, Impact, credentials
from apiproof.access.identities_file import identities_file
from tests.access.strangers import assert_found, probed
from tests.apps import articles
from tests.apps.members import LENT, PASSWORD


def _probed(flaw: str = "", grace: float = 0.0, **options: Any) -> tuple[AccessReport, Any]:
    store = articles.Store()
    for name in LENT:
        store.members.add(name)
    author = store.members.add("earlier")
    app = articles.create_articles(flaw, store, grace)
    for number in range(30):  # a first page that shows nothing of what the probe makes
        text = f"old {number}"
        store.articles[number] = {
            "id": number,
            "author": author.name,
            "text": text,
            "status": "open",
            "comments": [],
            "likings": set(),
        }
    return probed(app, _identities(app), **options), store


def _identities(app: Any) -> dict[str, Any]:
    """Return the file that `access init` writes, filled in as a user would."""
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    for entry, name in zip(document["auth"], LENT, strict=True):
        entry["loginEndpointAuth"]["basicUserPwd"] = {"username": name, "password": PASSWORD}
    return document


def test_what_everybody_may_read_and_add_to_is_no_finding() -> None:
    report, store = _probed()
    assert not report.interrupted
    worse = [one.line for one in report.findings if one.severity is not Impact.DEVIATION]
    assert worse == []
    # The document asks for a credential where none is needed, and says so once.
    assert {one.case.partition("@")[0] for one in report.findings} <= {
        *("anonymous", "gateway-headers", "empty")
    }
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert any("comment" in name for name in entered)
    assert all(store.members.people[name].password == PASSWORD for name in LENT)
    assert len(store.articles) == 30


@pytest.mark.parametrize("flaw", articles.FLAWS)
def test_a_flaw_is_found(flaw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)
    check = articles.FLAWS[flaw].partition("/")[0]
    report, _ = _probed(flaw, checks=(check,))
    assert_found(report, articles.FLAWS[flaw])


def test_a_session_that_ends_a_moment_later_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.6)
    report, _ = _probed(grace=0.5, checks=("forged_tokens_rejected",))
    assert [one.line for one in report.findings if one.severity is Impact.LET_IN] == []


def test_a_session_that_outlives_its_end_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)
    report, _ = _probed("token-lives-on", checks=("forged_tokens_rejected",))
    lives = [one for one in report.findings if one.case.startswith("signed-out")]
    assert len(lives) > 1
    assert len({one.cause_key for one in lives}) == 1


def test_accounts_that_stay_are_listed_once() -> None:
    report, _ = _probed(checks=("ownership_enforced",))
    lines = [line for line in report.left_behind if "account" in line or "/users" in line]
    assert len(lines) == 1
    assert lines[0].startswith("accounts: probe")


def test_a_basic_login_and_a_token_by_another_word_are_learnt_from_the_document() -> None:
    document = yaml.safe_load(identities_file(articles.create_articles().openapi()))
    login = document["authTemplate"]["loginEndpointAuth"]
    assert login["endpoint"] == "/tokens"
    assert login["token"]["sendTemplate"] == "Token {token}"
    assert document["auth"][0]["loginEndpointAuth"]["basicUserPwd"]["username"] == "alice"
