"""The shapes that public APIs have, as a stranger tries them: with a file that names two users."""

from typing import Any

import pytest
import yaml

from apiproof.access import AccessReport, Impact, Probe, ProbeOptions, compare_to_baseline
from apiproof.access.abroad_run import AbroadRun
from apiproof.access.accounts import Accounts
from apiproof.access.identities_file import identities_file
from apiproof.access.step import curl_of
from apiproof.access.users_wfc import users_of
from apiproof.http.client import AsgiClient
from tests.apps import notes

SENT = {
    "cookies": {"sendIn": "cookie", "sendName": "sid"},
    "query-keys": {"sendIn": "query", "sendName": "api_key"},
}
TENANT = {"name": "X-Tenant", "value": "acme"}
BEARER = {"sendIn": "header", "sendName": "Authorization", "sendTemplate": "Bearer {token}"}


def identities(shape: str) -> dict[str, Any]:
    token = {
        "extractFrom": "body",
        "extractSelector": "/token",
        **SENT.get(shape, BEARER),
    }
    login = {"verb": "POST", "endpoint": "/login", "contentType": "application/json"}
    names = ["ada", "grace", *(["root"] if shape in {"roles", "path-ignored"} else [])]
    return {
        "authTemplate": {
            "loginEndpointAuth": {
                **login,
                "payloadUserPwd": {"usernameField": "username", "passwordField": "password"},
                "token": token,
            },
            **({"fixedHeaders": [TENANT]} if shape == "tenants" else {}),
        },
        "auth": [
            {
                "name": name,
                "loginEndpointAuth": {
                    "payloadUserPwd": {"username": name, "password": notes.PASSWORD}
                },
            }
            for name in names
        ],
    }


def probed(
    shape: str, flaw: str = "", without: tuple[str, str] = ("", ""), **options: Any
) -> tuple[AccessReport, notes.Store]:
    store = notes.Store()
    for name in ("ada", "grace", "root"):
        store.add(name, "admin" if name == "root" else "member")
    app = notes.create_notes(shape, flaw, store)
    with AsgiClient(app) as client:
        accounts = Accounts(users_of(identities(shape), "identities"), client)
        chosen = ProbeOptions(quick=True, is_strict=False, **options)
        document = app.openapi()
        document["paths"].get(without[0], {}).pop(without[1], None)
        return Probe(document, accounts, client, options=chosen).run(), store


@pytest.mark.parametrize("shape", notes.FLAWS)
def test_a_right_application_has_no_finding_and_lent_accounts_stay(shape: str) -> None:
    report, store = probed(shape)
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"read_me", "list_notes", "read_note"} <= entered
    lent = {name: store.users[name] for name in ("ada", "grace", "root")}
    assert all(user.email == f"{name}@example.com" for name, user in lent.items())
    assert all(user.password == notes.PASSWORD for user in lent.values())


@pytest.mark.parametrize(
    ("shape", "flaw"), [(shape, flaw) for shape, flaws in notes.FLAWS.items() for flaw in flaws]
)
def test_a_flaw_is_found_by_its_check(shape: str, flaw: str) -> None:
    check, _, case = notes.FLAWS[shape][flaw].partition("/")
    report, _ = probed(shape, flaw, checks=(check,))
    found = {finding.id for finding in report.findings}
    assert any(
        finding.check == check and finding.case.startswith(case) for finding in report.findings
    ), sorted(found)


def test_a_wrong_status_that_is_known_hides_nobody_who_is_let_in() -> None:
    checks = ("keys_are_strong", "forged_tokens_rejected")
    report, _ = probed("own-jwt", "forbids", checks=checks)
    assert {finding.severity for finding in report.findings} == {Impact.DEVIATION}
    known = {finding.id for finding in report.findings}
    guessable, _ = probed("own-jwt", "forbids weak", checks=checks)
    failing = compare_to_baseline(guessable.findings, known).failing(Impact.LEAK)
    assert {"guessed", "weak-secret"} <= {finding.case.partition("@")[0] for finding in failing}


def test_what_nothing_removes_is_listed_whatever_status_made_it() -> None:
    options: dict[str, Any] = {"checks": ("ownership_enforced",)}
    report, store = probed("jobs", without=("/notes/{note_id}", "delete"), **options)
    assert f"{len(store.notes)} by POST /notes" in report.left_behind
    report, store = probed("jobs", **options)
    assert not store.notes
    assert not any("notes" in line for line in report.left_behind)


def test_a_guessed_key_shows_the_request_that_it_opens_without_the_token() -> None:
    report, _ = probed("own-jwt", "weak", checks=("keys_are_strong",))
    [guessed] = [finding for finding in report.findings if finding.case == "guessed"]
    assert guessed.response is not None
    assert guessed.response.ok
    command = curl_of(guessed, "$URL")
    assert "curl" in command
    assert "eyJ" not in command


def test_an_interrupted_run_still_removes_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = []

    def interrupt(self: AbroadRun, *_: object) -> None:
        interrupted.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(AbroadRun, "beyond_operations", interrupt)
    options: dict[str, Any] = {"checks": ("ownership_enforced",)}
    report, store = probed("jobs", **options)
    assert interrupted
    assert report.interrupted
    assert not store.notes


def test_a_second_interruption_lists_what_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    request = AsgiClient.request

    def interrupted_at_removal(self: Any, method: str, url: str, **more: Any) -> Any:
        if method == "DELETE":
            raise KeyboardInterrupt
        return request(self, method, url, **more)

    monkeypatch.setattr(AsgiClient, "request", interrupted_at_removal)
    report, store = probed("jobs", checks=("ownership_enforced",))
    assert report.interrupted
    assert any("notes" in line for line in report.left_behind)
    assert store.notes


def test_a_document_that_asks_for_a_credential_at_its_login_is_not_believed() -> None:
    store = notes.Store()
    for name in ("ada", "grace"):
        store.add(name)
    app = notes.create_notes("wrapped", "", store)
    document = app.openapi()
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = [{"HTTPBearer": []}]
    written = yaml.safe_load(identities_file(document))
    assert written["authTemplate"]["loginEndpointAuth"]["endpoint"] == "/login"
    with AsgiClient(app) as client:
        accounts = Accounts(users_of(identities("wrapped"), "identities"), client)
        options = ProbeOptions(quick=True, is_strict=False)
        report = Probe(document, accounts, client, options=options).run()
    assert [finding.line for finding in report.findings] == []
    assert report.note == ""
    assert any(cell.case == "sign-up" for cell in report.cells)
