"""`apiproof access` against a running service that the kit knows nothing of."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from apiproof.access import Probe
from apiproof.access.login_entries import bare
from apiproof.cli import main
from apiproof.http.server import run_server
from apiproof.jwt import CREDENTIAL_CASES, CredentialContext, Scheme
from tests.apps import boards, planner, tokens
from tests.apps.planner_shapes import Store


def login(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "loginEndpointAuth": {"payloadUserPwd": {"username": name, "password": planner.PASSWORD}},
    }


WFC = {
    "authTemplate": {
        "loginEndpointAuth": {
            "verb": "POST",
            "endpoint": "/sessions",
            "contentType": "application/json",
            "payloadUserPwd": {"usernameField": "username", "passwordField": "password"},
            "token": {
                "extractFrom": "body",
                "extractSelector": "/token",
                "sendIn": "header",
                "sendName": "Authorization",
                "sendTemplate": "Bearer {token}",
            },
        }
    },
    "auth": [login("ada"), login("grace")],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wfc.json").write_text(json.dumps(WFC))
    return tmp_path


def planner_at(flaw: str = "") -> Any:
    store = Store(users={"ada": planner.PASSWORD, "grace": planner.PASSWORD})
    return run_server(planner.create_planner(flaw, store))


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["access", *arguments])
    return int(ended.value.code or 0)


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "reports" / "access.json").read_text())
    return found


def test_users_who_sign_in_are_enough_for_a_right_service(folder: Path) -> None:
    with planner_at() as url:
        assert run("--url", url, "--identities", "wfc.json") == 0
    found = report(folder)
    assert found["findings"] == []
    tried = {cell["case"] for cell in found["cells"] if cell["status"] == "passed"}
    assert {"valid", "anonymous", "nearly", "other-user", "listing", "owner-field"} <= tried
    endings = {cell["case"]: cell["note"] for cell in found["cells"]}
    assert not endings["signed-out"]  # of a session that the run has opened
    assert endings["deleted"] == "no account can be deleted without losing it for other probes"


def test_a_finding_ends_with_1_and_names_no_secret(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with planner_at("read-unowned") as url:
        assert run("--url", url, "--identities", "wfc.json") == 1
    shown = capsys.readouterr().out
    assert "another user gets 200 for what somebody else made" in shown
    page = (folder / "reports" / "access.html").read_text()
    assert "<table" in page
    for text in (shown, page, json.dumps(report(folder))):
        assert planner.PASSWORD not in text
        shown_tokens = re.findall(r"Authorization\W{1,12}Bearer\s+(\S+)", text)
        assert all("$TOKEN" in token for token in shown_tokens), shown_tokens


def test_who_is_refused_everywhere_is_named_and_the_run_is_not_green(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def user(name: str, token: str) -> dict[str, Any]:
        return {
            "name": name,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}],
        }

    with planner_at() as url:
        said = {"username": "ada", "password": planner.PASSWORD}
        token = requests.post(f"{url}/sessions", json=said, timeout=5).json()["token"]
        for users in ([user("ada", token), user("old", "of-last-year")], [user("old", "wrong")]):
            (folder / "wfc.json").write_text(json.dumps({"auth": users}))
            assert run("--url", url, "--identities", "wfc.json") == 2
            shown = capsys.readouterr().out
            assert "Refused wherever a credential is asked for (401): old." in shown
            assert report(folder)["refused_users"] == {"old": [401]}


def test_known_findings_do_not_block_and_new_ones_do(folder: Path) -> None:
    with planner_at("read-unowned") as url:
        here = ("--url", url, "--identities", "wfc.json")
        assert run(*here, "--write-baseline", "known.json") == 0
        assert run(*here, "--baseline", "known.json") == 0
    with planner_at("list-leaks") as url:
        assert run("--url", url, "--identities", "wfc.json", "--baseline", "known.json") == 1
        assert report(folder)["new"] == ["ownership_enforced/list_projects_projects_get/listing"]
        known = json.loads((folder / "known.json").read_text())
        assert "secured GET /account" in known["secured"]
        known["secured"].append("secured POST /sessions")  # as if it had asked for a token once
        (folder / "known.json").write_text(json.dumps(known))
        only = ("--operation", "POST /sessions")
        assert run("--url", url, *here[2:], *only, "--baseline", "known.json") == 1
    lost = [each for each in report(folder)["new"] if each.startswith("security_kept/")]
    assert lost == ["security_kept/open_session_sessions_post/document/open"]


def test_a_narrower_run_takes_nothing_off_the_baseline(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it did not look for may still be there: not lost, and not said to be gone."""
    with planner_at("read-unowned") as url:
        here = ("--url", url, "--identities", "wfc.json")
        assert run(*here, "--write-baseline", "known.json") == 0
        before = json.loads((folder / "known.json").read_text())["known"]
        assert [one["id"] for one in before] == report(folder)["new"]
        assert before[0]["text"]
        for narrow in (("--check", "keys_are_strong"), ("--operation", "POST /sessions")):
            assert run(*here, *narrow, "--write-baseline", "known.json") == 0
            assert json.loads((folder / "known.json").read_text())["known"] == before
            capsys.readouterr()
            assert run(*here, *narrow, "--baseline", "known.json") == 0
            assert "no longer found" not in capsys.readouterr().out
            other = ("--baseline", "known.json", "--write-baseline", "2.json")
            assert run(*here, *narrow, *other) == 0
            assert json.loads((folder / "2.json").read_text())["known"] == before
    with planner_at() as url:
        here = ("--url", url, "--identities", "wfc.json")
        assert run(*here, "--baseline", "known.json", "--write-baseline", "known.json") == 0
        assert "no longer found" in capsys.readouterr().out
        assert json.loads((folder / "known.json").read_text())["known"] == []


def test_an_issuers_key_makes_every_forgery(folder: Path) -> None:
    key = tokens.issuer_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(key)
    users = [
        {
            "name": name,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {tokens.mint(name, ())}"}],
        }
        for name in ("ada", "grace")
    ]
    (folder / "fixed.yaml").write_text(json.dumps({"auth": users}))  # JSON is YAML
    with run_server(boards.create_boards()) as url:
        here = ("--url", url, "--identities", "fixed.yaml")
        assert run(*here) == 0
        skipped = {c["case"] for c in report(folder)["cells"] if c["status"] == "skipped"}
        assert {"expired", "wrong-issuer"} <= skipped
        assert run(*here, "--signing-key", "key.pem") == 0
    tried = {cell["case"] for cell in report(folder)["cells"] if cell["status"] == "passed"}
    assert {"expired", "wrong-issuer", "unknown-kid", "alg-none", "jwk-injection"} <= tried


def test_a_token_that_names_no_key_is_the_issuers_all_the_same() -> None:
    """RFC 7515, 4.1.4: services of one key need no key id; only a stranger's signature tells."""
    genuine = {}
    for must in (True, False):
        material = replace(tokens.forgery(""), must_name_key=must)
        context = CredentialContext(
            Scheme("bearer", "bearer"), tokens.mint("ada", ()), material=material
        )
        shown = CREDENTIAL_CASES["missing-kid"].make(context)
        sent = [bare(one.headers["Authorization"]) for one in shown]
        genuine[must] = [one for one in sent if tokens.verify(one, "kid-ignored") is not None]
    assert len(genuine[True]) == 1
    assert genuine[False] == []


def test_a_roles_file_about_nobody_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "roles.yaml").write_text("GET /projects: [chair]")
    with planner_at() as url:
        given = ("--url", url, "--identities", "wfc.json", "--roles", "roles.yaml")
        assert run(*given, "--operation", "GET /projects") == 2
    assert "names chair, and nobody is that" in " ".join(capsys.readouterr().out.split())


@pytest.fixture
def nobody() -> Iterator[str]:
    with planner_at() as url:
        yield url


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "--identities"),
        (("--identities", "absent.json"), "absent.json"),
        (("--identities", "empty.json"), "names nobody"),
        (("--identities", "nameless.json"), "auth[0] has no name"),
        (("--identities", "both.json"), "needs fixedHeaders, loginEndpointAuth or both"),
        (("--identities", "wfc.json", "--signing-key", "wfc.json"), "not an RSA private key"),
        (("--identities", "wfc.json", "--baseline", "absent.json"), "--write-baseline"),
        (("--identities", "wfc.json", "--openapi", "absent.json"), "No OpenAPI document"),
        (("--identities", "wrong.json"), "answered 401"),
    ],
)
def test_wrong_input_is_one_line_and_2(
    folder: Path,
    nobody: str,
    arguments: tuple[str, ...],
    text: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "empty.json").write_text("{}")
    (folder / "nameless.json").write_text('{"auth": [{}]}')
    (folder / "both.json").write_text('{"auth": [{"name": "a"}]}')
    (folder / "wrong.json").write_text(json.dumps({**WFC, "auth": [login("mallory")]}))
    assert run("--url", nobody, *arguments) == 2
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1


def test_a_service_that_is_gone_is_one_line_and_2_also_with_a_document_at_hand(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with planner_at() as url:
        document = requests.get(f"{url}/openapi.json", timeout=10).text
    (folder / "openapi.json").write_text(document)
    assert run("--url", url, "--identities", "wfc.json", "--openapi", "openapi.json") == 2
    said = capsys.readouterr().err
    assert "cannot be reached" in said
    assert "unexpected" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", ["--identities", "--roles", "--baseline", "--jwks"])
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[" * 100_000, b"[1, 2", b""], ids=["bytes", "deep", "half", "empty"]
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(
    folder: Path, nobody: str, option: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "odd").write_bytes(content)
    identities = ("--identities", "wfc.json") if option != "--identities" else ()
    assert run("--url", nobody, *identities, option, "odd") == 2
    said = capsys.readouterr().err
    assert "odd" in said
    assert "unexpected" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("early", ["read_baseline", "probe"])
def test_an_interrupt_before_the_first_request_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, early: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"apiproof.access.{early}", interrupt)
    with planner_at() as url:
        code = run("--url", url, "--identities", "wfc.json", "--write-baseline", "known.json")
    assert code == 2
    assert not (folder / "known.json").exists()
    assert report(folder)["interrupted"]


def test_half_a_run_is_no_baseline_and_its_reports_are_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Probe, "exercise", interrupt)
    with planner_at() as url:
        code = run("--url", url, "--identities", "wfc.json", "--write-baseline", "known.json")
    assert code == 2
    assert not (folder / "known.json").exists()
    assert report(folder)["interrupted"]
