"""Logins in two steps: `access init` writes them where the document shows them, and they work."""

from typing import Any

import pytest
import requests
import yaml

from apiproof.access import AccessReport
from apiproof.access.identities_file import identities_file
from apiproof.access.login_steps import LoginFailed, one_time_password
from apiproof.access.users_wfc import users_of
from apiproof.http.client import AsgiClient
from tests.access.strangers import assert_found, probed
from tests.apps.members import LENT, PASSWORD
from tests.apps.vaults import CODE, TOTP_SECRET, Vaults, create_vaults


def _file(vaults: Vaults, **values: str) -> dict[str, Any]:
    """Return what `access init` writes, filled in."""
    document: dict[str, Any] = yaml.safe_load(identities_file(create_vaults(vaults).openapi()))
    for user, name in zip(document["auth"], LENT, strict=True):
        user["name"] = name
        asked = user["loginEndpointAuth"]["values"]
        assert {one for one, text in asked.items() if text == "FILL IN"} - {"code"} == {"password"}
        asked.update(username=name, password=PASSWORD, **values)
    return document


def _probed(vaults: Vaults, **values: str) -> AccessReport:
    return probed(create_vaults(vaults), _file(vaults, **values))


SHAPES: tuple[tuple[Vaults, dict[str, str]], ...] = (
    (Vaults(), {"code": CODE}),
    (Vaults(name_first=True), {}),
)


@pytest.mark.parametrize(("vaults", "values"), SHAPES)
def test_users_sign_in_by_both_steps(vaults: Vaults, values: dict[str, str]) -> None:
    report = _probed(vaults, **values)
    assert [finding.line for finding in report.findings] == []
    cases = {cell.case for cell in report.cells if cell.got}
    assert {"valid", "step-1-challenge_id-as-access"} <= cases


@pytest.mark.parametrize("name_first", [True, False])
def test_a_login_that_is_not_complete_opens_nothing(*, name_first: bool) -> None:
    report = _probed(Vaults(name_first=name_first, half_way=True), code=CODE)
    assert_found(report, "forged_tokens_rejected/step-1-challenge_id-as-access")


def test_codes_of_an_authenticator_are_made() -> None:
    vaults = Vaults(by_clock=True)
    document = _file(vaults, totpSecret=TOTP_SECRET)
    step = document["authTemplate"]["loginEndpointAuth"]["steps"][0]
    step["payloadRaw"] = step["payloadRaw"].replace("{code}", "{totp}")
    report = probed(create_vaults(vaults), document)
    assert "valid" in {cell.case for cell in report.cells if cell.got}


def test_one_time_passwords_are_those_of_the_rfc() -> None:
    """RFC 6238, appendix B, its last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    expected = {59: "287082", 1111111109: "081804", 20000000000: "353130"}
    assert {when: one_time_password(secret, when) for when in expected} == expected
    with pytest.raises(LoginFailed, match="no Base32"):
        one_time_password("1", 0)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"challenge_id": "{/challenge_id}", "code": "0"}', "Step 2 .*answered 401"),
        ('{"challenge_id": "{/other}", "code": "0"}', "Step 2 .*takes /other of an earlier answer"),
    ],
)
def test_a_step_that_fails_is_told(raw: str, said: str) -> None:
    vaults = Vaults()
    document = _file(vaults, code=CODE)
    document["authTemplate"]["loginEndpointAuth"]["steps"][0]["payloadRaw"] = raw
    client: requests.Session
    with AsgiClient(create_vaults(vaults)) as client:
        [user, _] = users_of(document, "identities")
        with pytest.raises(LoginFailed, match=said):
            user.credentials(client)
