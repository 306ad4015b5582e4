"""A study of faults in the one report."""

from typing import Any

import pytest

from apiproof.faults.step import as_step
from apiproof.reporting import Chart, Status

STUDY: dict[str, Any] = {
    "seconds": 12.5,
    "summary": {"contract": {"named": 1}, "stock": {"missed": 1}},
    "curves": {"suite": [[0.5, 1], [2.0, 2]], "stock": []},
    "failures": [],
    "controls": [{"cases": 40}, {"cases": 2}],
    "defects": [{"id": "a", "area": "auth", "seconds": 1.5}, {"id": "b"}],
}


def test_a_study_without_failures_passes_with_its_evidence() -> None:
    step = as_step(STUDY)
    assert step.status is Status.PASSED
    assert step.evidence == {"faults": 2, "requests without a fault": 42}
    chart = step.sections[0]
    assert isinstance(chart, Chart)
    assert [(series.name, series.points) for series in chart.series] == [
        ("suite", ((0.5, 1.0), (2.0, 2.0)))
    ]


def test_a_fault_that_is_missed_is_a_finding_and_a_failed_case() -> None:
    step = as_step({**STUDY, "failures": ["b: missed; meant for x"]})
    assert step.status is Status.FAILED
    assert [case.status for case in step.cases] == [Status.PASSED, Status.FAILED]
    assert [finding.id for finding in step.findings] == ["faults/b"]


@pytest.mark.parametrize("controls", [[], [{"cases": 0}]])
def test_a_study_of_nothing_is_an_error(controls: list[dict[str, int]]) -> None:
    assert as_step({**STUDY, "defects": [], "controls": controls}).status is Status.ERROR
