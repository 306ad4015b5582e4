"""Roles inside groups: a plain member raises nobody and removes nobody, but in groups of equals."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import crews


@pytest.mark.parametrize("has_equals", [False, True])
def test_right_crews_give_no_finding(has_equals: bool) -> None:  # noqa: FBT001
    report = probed(crews.create_fleet(has_equals=has_equals))
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    tried = {cell.operation_id: cell.got for cell in report.cells if cell.case == "member"}
    assert tried == ({"dismiss": (204,)} if has_equals else {"rank": (403,), "dismiss": ()})


@pytest.mark.parametrize("flaw", crews.FLAWS)
def test_what_a_plain_member_may_do_to_members_is_found(flaw: str) -> None:
    expected = crews.FLAWS[flaw]
    report = probed(crews.create_fleet(flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
