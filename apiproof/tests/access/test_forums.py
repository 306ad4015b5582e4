"""Posts that everybody may read, whether the document says so or not, and what is nobody else's."""

import pytest

from apiproof.access import AccessReport, ProbeOptions
from apiproof.access.checks import Impact
from apiproof.access.report import by_cause
from tests.access.demo_servers import running
from tests.apps import forums

CREDENTIALS = ("anonymous_rejected", "forged_tokens_rejected")


def report_of(flaw: str, *checks: str) -> AccessReport:
    with running("forum", flaw, ProbeOptions(checks=checks)) as (probe, _):
        return probe.run()


def test_a_credential_that_is_optional_is_a_deviation_of_the_document_told_once() -> None:
    [[first, *_]] = by_cause(report_of("optional", *CREDENTIALS).findings)
    assert (first.operation_id, first.severity) == ("read_post", Impact.DEVIATION)
    assert "a list without security shows it, but not answers, mine, so" in first.text


@pytest.mark.parametrize("flaw", ["unlisted", "withheld", "unsigned", "draft-of-nobody"])
def test_what_no_open_list_shows_to_everybody_lets_in(flaw: str) -> None:
    check, _, case = forums.FLAWS[flaw].partition("/")
    worst = {
        (one.check, one.case.partition("@")[0])
        for one in report_of(flaw, *CREDENTIALS).findings
        if one.severity is Impact.LET_IN
    }
    assert (check, case) in worst


def test_a_list_that_others_fill_meanwhile_has_shown_what_it_has_shown() -> None:
    found = report_of(forums.BUSY, "ownership_enforced").findings
    assert [one.line for one in found] == []
