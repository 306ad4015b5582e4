"""A machine of a Cognito user pool, with its token by client credentials, is an identity."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apiproof.access.users_file import read_users
from apiproof.access.users_wfc import UsersUnreadable
from apiproof.cli import main
from apiproof.cognito import Cognito
from apiproof.http.server import run_server
from tests.apps.reports import READ, WRITE, create_reports
from tests.cognito.oauth_pool import MACHINE_CLIENT, App, OAuthPool


@pytest.fixture(scope="module")
def pool() -> Iterator[OAuthPool]:
    with Cognito.start(http=True) as cognito:
        yield OAuthPool(cognito)


@contextmanager
def reports(pool: OAuthPool, flaw: str = "") -> Iterator[str]:
    cognito = pool.cognito
    token_url = f"{pool.base_url}/oauth2/token"
    with run_server(create_reports(cognito.jwks_url, cognito.issuer, token_url, flaw)) as url:
        yield url


def machine(pool: OAuthPool, name: str, scope: str) -> tuple[App, dict[str, Any]]:
    app = pool.app(**MACHINE_CLIENT)
    client = {
        "tokenUrl": f"{pool.base_url}/oauth2/token",
        "clientId": app.id,
        "clientSecret": app.secret,
        "scope": scope,
    }
    return app, {"name": name, "clientCredentials": client}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: OAuthPool) -> Path:
    monkeypatch.chdir(tmp_path)
    entries = [machine(pool, name, READ)[1] for name in ("reader", "other")]
    (tmp_path / "machines.json").write_text(json.dumps({"auth": entries}))
    return tmp_path


def access(url: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["access", "--url", url, "--identities", "machines.json"])
    return int(ended.value.code or 0)


def cells(folder: Path) -> dict[str, str]:
    found = json.loads((folder / "reports" / "access.json").read_text())
    return {cell["case"]: cell["status"] for cell in found["cells"]}


def test_right_service_passes(pool: OAuthPool, folder: Path) -> None:
    with reports(pool) as url:
        assert access(url) == 0
    assert cells(folder)["valid"] == "passed"


def test_unverified_signature_is_found(
    pool: OAuthPool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with reports(pool, "signature") as url:
        assert access(url) == 1
    shown = capsys.readouterr().out + (folder / "reports" / "access.html").read_text()
    for entry in json.loads((folder / "machines.json").read_text())["auth"]:
        assert entry["clientCredentials"]["clientSecret"] not in shown


def test_machine_without_the_scope_is_refused(pool: OAuthPool, folder: Path) -> None:
    """The control: the same machine with another scope is no identity for the operation."""
    entries = [machine(pool, name, WRITE)[1] for name in ("writer", "other")]
    (folder / "machines.json").write_text(json.dumps({"auth": entries}))
    with reports(pool) as url:
        assert access(url) != 0


def test_fuzzing_sends_the_machines_token(pool: OAuthPool, folder: Path) -> None:
    def run(url: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = ["-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--max-examples", "2"]
        variables |= {"SCHEMATHESIS_HOOKS": "apiproof.fuzzing.hooks"}
        return subprocess.run(  # noqa: S603 - our own
            [sys.executable, *command, "--phases", "fuzzing", "--mode", "positive"],
            env=os.environ | variables,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    with reports(pool) as url:
        with_token = run(url, APIPROOF_IDENTITIES="machines.json")
        assert with_token.returncode == 0, with_token.stdout + with_token.stderr
        assert not re.search(r"\b401\b", with_token.stdout)  # a seed may hold these digits
    with reports(pool, "signature") as url:
        assert run(url, APIPROOF_IDENTITIES="machines.json").returncode == 1


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ({}, "without clientId, clientSecret, tokenUrl"),
        ({"tokenUrl": "x", "clientId": "x"}, "without clientSecret"),
        ("secret", "clientCredentials: it is not of type"),
    ],
)
def test_incomplete_machines_are_told(tmp_path: Path, client: Any, said: str) -> None:
    file = tmp_path / "machines.json"
    file.write_text(json.dumps({"auth": [{"name": "reader", "clientCredentials": client}]}))
    with pytest.raises(UsersUnreadable, match=said):
        read_users(file)


def test_refused_machine_is_told(
    pool: OAuthPool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, entry = machine(pool, "reader", "api/unheard")
    (folder / "machines.json").write_text(json.dumps({"auth": [entry]}))
    with reports(pool) as url:
        assert access(url) == 2
    said = capsys.readouterr()
    assert "The login of 'reader' answered 400" in said.err + said.out
    assert str(app.secret) not in said.err + said.out
