"""Answers of a JSON:API are compared by their attributes."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import gardens


def test_the_right_garden_gives_no_finding() -> None:
    report = probed(gardens.create_garden())
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"get_user", "change_user", "read_bed"} <= entered


@pytest.mark.parametrize("flaw", gardens.FLAWS)
def test_a_flaw_in_attributes_is_found(flaw: str) -> None:
    expected = gardens.FLAWS[flaw]
    report = probed(gardens.create_garden(flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
