"""Session cookies of which a document says nothing, and rooms that keep strangers out."""

from typing import Any

import pytest

from apiproof.access import credentials
from tests.access.strangers import assert_found, probed
from tests.apps import lounges
from tests.apps.members import LENT, PASSWORD

USERS: dict[str, Any] = {
    "authTemplate": {
        "loginEndpointAuth": {
            "verb": "POST",
            "endpoint": "/session",
            "contentType": "application/json",
            "payloadUserPwd": {"usernameField": "username", "passwordField": "password"},
            "expectCookies": True,
        }
    },
    "auth": [
        {
            "name": name,
            "loginEndpointAuth": {"payloadUserPwd": {"username": name, "password": PASSWORD}},
        }
        for name in LENT
    ],
}


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


@pytest.mark.parametrize("private", [True, False])
def test_the_right_lounges_have_no_finding(*, private: bool) -> None:
    report = probed(lounges.create_lounges(private=private), USERS)
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"read_me", "add_room", "write", "read_messages", "unsend"} <= entered
    tried = {(cell.operation_id, cell.case) for cell in report.cells if cell.got}
    assert ("unsend", "other-user") in tried


@pytest.mark.parametrize("flaw", lounges.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = lounges.FLAWS[flaw]
    report = probed(lounges.create_lounges(flaw), USERS, checks=(expected.partition("/")[0],))
    assert_found(report, expected)
