"""Keys that can be exchanged, things named in queries, and lists that are shown to one role."""

from typing import Any

import pytest

from apiproof.access import AccessReport
from tests.access.strangers import assert_found, probed
from tests.apps import hives

ROLES = {"ivy": "inspector", "max": "inspector"}


def _probed(flaw: str = "", **options: Any) -> tuple[AccessReport, hives.Apiary]:
    apiary = hives.Apiary(flaw=flaw)
    users = [
        {"name": name, "fixedHeaders": [{"name": "X-Hive-Key", "value": key}], "role": role}
        for name, key in hives.KEYS.items()
        for role in [ROLES.get(name, "keeper")]
    ]
    return probed(hives.create_hives(apiary), {"auth": users}, **options), apiary


def test_right_hives_have_no_finding_and_lent_keys_stay_as_they_are() -> None:
    report, apiary = _probed()
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    assert apiary.keys == {key: name for name, key in hives.KEYS.items()}
    assert apiary.paid == []
    assert report.not_exercised.keys() == {"rotate_key", "pay_out", "add_webhook"}


@pytest.mark.parametrize("flaw", hives.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    operation, expected = hives.FLAWS[flaw]
    report, _ = _probed(flaw, checks=(expected.partition("/")[0],), only=(operation,))
    assert_found(report, expected)
