"""APIs of calls, where everything is a POST: whose things are whose, and what is removed."""

from typing import Any

import pytest
import yaml

from apiproof.access import AccessReport
from apiproof.access.identities_file import identities_file
from tests.access.strangers import assert_found, probed
from tests.apps import calls
from tests.apps.members import LENT, PASSWORD


def _probed(spelling: str, flaw: str = "") -> tuple[AccessReport, dict[int, dict[str, Any]]]:
    parcels: dict[int, dict[str, Any]] = {}
    app = calls.create_calls(spelling, parcels, flaw)
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    for user, name in zip(document["auth"], LENT, strict=True):
        user["name"] = name
        user["loginEndpointAuth"]["payloadUserPwd"].update(username=name, password=PASSWORD)
    return probed(app, document), parcels


@pytest.mark.parametrize("spelling", calls.SPELLINGS)
def test_right_calls_have_no_finding_and_leave_nothing_behind(spelling: str) -> None:
    report, parcels = _probed(spelling)
    assert [finding.line for finding in report.findings] == []
    assert report.not_exercised == {}
    tried = {(cell.operation_id, cell.case) for cell in report.cells if cell.got}
    expected = {(flaw, case.partition("/")[2]) for flaw, case in calls.FLAWS.items()}
    assert expected <= tried
    assert parcels == {}


@pytest.mark.parametrize("spelling", calls.SPELLINGS)
@pytest.mark.parametrize("flaw", calls.FLAWS)
def test_a_flaw_is_found(spelling: str, flaw: str) -> None:
    report, _ = _probed(spelling, flaw)
    assert_found(report, calls.FLAWS[flaw])
    assert {finding.operation_id for finding in report.findings} == {flaw}
