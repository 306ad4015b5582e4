"""A sign-out that the document does not secure is sent the credential, and must end the session."""

from typing import Any

import pytest

from apiproof.access import AccessReport, credentials
from tests.access.strangers import assert_found, identities, probed
from tests.apps.cabins import Cabins, create_cabins


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def _probed(cabins: Cabins) -> AccessReport:
    document: dict[str, Any] = identities()
    if cabins.by_cookie:
        login = document["authTemplate"]["loginEndpointAuth"]
        del login["token"]
        login["expectCookies"] = True
    return probed(create_cabins(cabins), document)


def _cases(report: AccessReport) -> set[str]:
    return {cell.case for cell in report.cells if cell.got}


@pytest.mark.parametrize("by_cookie", [True, False])
def test_a_session_that_ends_is_no_finding(*, by_cookie: bool) -> None:
    report = _probed(Cabins(by_cookie=by_cookie))
    assert [finding.line for finding in report.findings] == []
    assert "signed-out" in _cases(report)


@pytest.mark.parametrize("by_cookie", [True, False])
def test_a_session_that_lives_on_is_found(*, by_cookie: bool) -> None:
    report = _probed(Cabins(by_cookie=by_cookie, lives_on=True))
    assert_found(report, "forged_tokens_rejected/signed-out")
    assert {finding.case.partition("@")[0] for finding in report.findings} == {"signed-out"}


def test_where_a_refresh_token_is_signed_out_an_access_token_may_serve_to_its_end() -> None:
    report = _probed(Cabins(by_cookie=False, refreshes=True))
    assert [finding.line for finding in report.findings] == []
    assert "signed-out" not in _cases(report)
    assert "refresh-after-sign-out" in _cases(report)
