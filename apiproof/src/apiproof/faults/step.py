"""A study of faults as a step of the one report: who caught how many, and how soon.

It is read from the study's JSON, so that an earlier study can be shown as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from apiproof.reporting import (
    Case,
    Chart,
    Finding,
    Series,
    Severity,
    Status,
    StepResult,
    Table,
    step_result,
)


def as_step(study: Mapping[str, Any]) -> StepResult:
    """The study as a step.

    Args:
        study: `matrix.json`, or what is written there.
    """
    failures: Sequence[str] = study["failures"]
    findings = [
        Finding(
            id=f"faults/{line.partition(':')[0]}",
            check="faults_are_caught",
            severity=Severity.HIGH,
            operation="",
            message=line,
            expected="every fault is caught by a check that claims to, and nothing else is red",
        )
        for line in failures
    ]
    sent = sum(control["cases"] for control in study["controls"])
    return step_result(
        "faults",
        {"faults": len(study["defects"]), "requests without a fault": sent},
        findings,
        cases=[_case(defect, failures) for defect in study["defects"]],
        sections=[_curve(study), _layers(study)],
        seconds=float(study["seconds"]),
    )


def _case(defect: Mapping[str, Any], failures: Sequence[str]) -> Case:
    name = str(defect["id"])
    why = next((line for line in failures if line.startswith(f"{name}:")), "")
    status = Status.FAILED if why else Status.PASSED
    return Case(name, status, str(defect.get("area", "")), float(defect.get("seconds", 0)), why)


def _curve(study: Mapping[str, Any]) -> Chart:
    """Faults caught against the seconds since each was injected."""
    series = [
        Series(name, tuple((float(seconds), float(count)) for seconds, count in points))
        for name, points in study["curves"].items()
        if points
    ]
    return Chart("Faults caught against time", "seconds", "faults caught", tuple(series))


def _layers(study: Mapping[str, Any]) -> Table:
    """How the faults fared with each layer."""
    statuses = sorted({status for counts in study["summary"].values() for status in counts})
    rows = [
        (name, *(str(counts.get(status, 0)) for status in statuses))
        for name, counts in study["summary"].items()
    ]
    return Table("Faults by layer", ("layer", *statuses), tuple(rows))
