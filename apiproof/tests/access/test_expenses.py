"""Functions of roles: approvals of one's own, and what the document's words keep for a role."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import expenses


def test_the_right_company_gives_no_finding() -> None:
    report = probed(expenses.create_company())
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    assert {"approve", "read_totals", "read_rules"} <= set(report.roles)


@pytest.mark.parametrize("flaw", expenses.FLAWS)
def test_a_function_of_managers_is_found_open_to_clerks(flaw: str) -> None:
    expected = expenses.FLAWS[flaw]
    report = probed(expenses.create_company(flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
