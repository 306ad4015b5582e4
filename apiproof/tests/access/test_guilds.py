"""A sign-up that takes an invitation is said in the identities file, and tried with it."""

import json
from typing import Any

import pytest
import yaml

from apiproof.access import AccessReport, credentials
from apiproof.access.identities_file import identities_file
from tests.access.strangers import assert_found, probed
from tests.apps.guilds import FLAWS, INVITATION, create_guilds
from tests.apps.members import LENT, PASSWORD


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def _probed(flaw: str = "", **invitation: str) -> AccessReport:
    """Probe with the file that `init` writes, filled in, and with an invitation if there is one."""
    app = create_guilds(flaw)
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    for entry, name in zip(document["auth"], LENT, strict=True):
        entry["loginEndpointAuth"]["payloadUserPwd"] = {"username": name, "password": PASSWORD}
    assert document["authTemplate"]["signUp"] == {"invite_code": "FILL IN"}
    document["authTemplate"]["signUp"] |= invitation
    return probed(app, document)


def test_accounts_are_signed_up_with_the_invitation_and_a_right_service_has_no_finding() -> None:
    report = _probed(invite_code=INVITATION)
    assert [finding.line for finding in report.findings] == []
    assert "no accounts of the run's own" not in report.note
    assert INVITATION not in json.dumps(report.as_json())


def test_without_it_the_lent_users_are_tried_alone_and_a_sign_out_leaves_nothing_behind() -> None:
    report = _probed()
    assert [finding.line for finding in report.findings] == []
    assert "POST /signup answered 404" in report.note
    assert any(cell.case == "signed-out" and cell.got for cell in report.cells)
    assert report.left_behind == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    report = _probed(flaw, invite_code=INVITATION)
    assert_found(report, FLAWS[flaw])
    assert INVITATION not in json.dumps(report.as_json())
