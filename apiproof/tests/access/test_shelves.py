"""Bodies and credentials of further shapes: JSON:API, HAL, JSON Patch, CSRF, tenants, keys."""

from typing import Any

import pytest
from fastapi import FastAPI

from apiproof.access import AccessReport, credentials
from apiproof.access.users_file import FileUsers
from apiproof.access.users_wfc import users_of
from apiproof.http.client import AsgiClient
from tests.access.strangers import assert_found, identities, probed
from tests.apps import shelves

CASES = [(shape, flaw) for shape, flaws in shelves.FLAWS.items() for flaw in flaws]


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def _probed(shape: str, app: FastAPI, **options: Any) -> AccessReport:
    document = identities()
    if shape == "csrf":
        del document["authTemplate"]["loginEndpointAuth"]["token"]
    return probed(app, document, **options)


@pytest.mark.parametrize("shape", shelves.FLAWS)
def test_a_right_service_has_no_finding(shape: str) -> None:
    report = _probed(shape, shelves.create_shelves(shape), checks=("ownership_enforced",))
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"read_note", "change_note", "drop_note"} <= entered


@pytest.mark.parametrize(("shape", "flaw"), CASES)
def test_a_flaw_is_found(shape: str, flaw: str) -> None:
    expected = shelves.FLAWS[shape][flaw]
    app = shelves.create_shelves(shape, flaw)
    assert_found(_probed(shape, app, checks=(expected.partition("/")[0],)), expected)


def test_the_csrf_token_is_that_of_the_newest_login() -> None:
    """Of a user who was handed out before, too: an old one is refused after a renewal."""
    document = identities()
    del document["authTemplate"]["loginEndpointAuth"]["token"]
    with AsgiClient(shelves.create_shelves("csrf")) as client:
        source = FileUsers(users_of(document, "identities"), client)
        user = next(source.users())
        assert user.csrf is not None
        first = user.csrf().headers
        assert first
        source.invalidate(user)
        next(source.users())  # signs in again
        assert user.csrf().headers.keys() == first.keys()
        assert user.csrf().headers != first
