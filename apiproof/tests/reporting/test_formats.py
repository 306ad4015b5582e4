"""The report for machines: JSON by its schema, JUnit as CI servers count, SARIF by its rules."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from apiproof.reporting import Case, Location, Severity, Status, build_report, step_result
from apiproof.reporting.formats import as_json, as_junit, as_sarif, json_schema
from tests.reporting.samples import finding, sample_report

SARIF_SCHEMA = Path(__file__).parent / "sarif-2.1.0.schema.json"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_the_json_is_valid_by_the_published_schema() -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(json_schema()))
    report = json.loads(as_json(sample_report()))
    assert [error.message for error in validator.iter_errors(report)] == []
    assert not validator.is_valid({**report, "status": "fine"})
    del report["steps"][0]["evidence"]
    report["steps"][0]["findings"] = "none"
    assert not validator.is_valid(report)


def test_the_published_schema_is_the_models() -> None:
    published = files("apiproof.reporting").joinpath("report.schema.json").read_text("utf-8")
    assert published == json_schema(), "write it anew: see reporting/formats.py"


def test_junit_lists_every_case_of_every_step() -> None:
    report = sample_report()
    root = ET.fromstring(as_junit(report))  # noqa: S314  # our own text
    assert [suite.get("name") for suite in root] == [step.name for step in report.steps]
    for suite in root:
        tags = [child.tag for case in suite for child in case]
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(tags.count("failure"))
        assert suite.get("errors") == str(tags.count("error"))
        assert suite.get("skipped") == str(tags.count("skipped"))
    assert int(root.get("tests", "0")) == sum(len(suite) for suite in root)
    assert "no study" in str(root[-1][0][0].get("message"))


def test_junit_shows_findings_where_a_step_lists_no_cases() -> None:
    step = step_result(
        "x", {"n": 1}, [finding(Severity.HIGH, 1), finding(Severity.LOW, 2, is_known=True)]
    )
    [suite] = ET.fromstring(as_junit(build_report("s", NOW, [step])))  # noqa: S314  # our own text
    assert [[child.tag for child in case] for case in suite] == [["failure"], ["skipped"]]


def test_sarif_names_rules_places_and_fingerprints() -> None:
    report = sample_report()
    [run] = json.loads(as_sarif(report))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["not_a_server_error", "scopes_enforced"]
    assert len(run["results"]) == len(report.findings)
    for result, (_, found) in zip(run["results"], report.findings, strict=True):
        assert result["ruleId"] in rules
        assert result["level"] in {"error", "warning", "note"}
        assert result["partialFingerprints"] == {"apiproof/v1": found.id}
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert ("suppressions" in result) == found.is_known


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("app/my file.py", "app/my%20file.py"),
        ("a:b/{id}#?%20.py", "a%3Ab/%7Bid%7D%23%3F%2520.py"),
        ("https://x.test/openapi.json?a=%20b", "https://x.test/openapi.json?a=%20b"),
    ],
)
def test_sarif_is_valid_by_its_published_schema(file: str, uri: str) -> None:
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    known = finding(Severity.LOW, 1, is_known=True)
    odd = replace(finding(Severity.HIGH, 2), location=Location(file, line=3), expected="")
    steps = [step_result("x", {"n": 1}, [known, odd, replace(odd, id="y", location=None)])]
    for report in (sample_report(), build_report("s", NOW, steps), build_report("s", NOW, [])):
        sarif = json.loads(as_sarif(report, file))
        assert [error.message for error in validator.iter_errors(sarif)] == []
    places = json.dumps(json.loads(as_sarif(build_report("s", NOW, steps), file)))
    assert places.count(f'"uri": "{uri}"') == 2
    del sarif["runs"][0]["tool"]["driver"]["name"]
    assert not validator.is_valid(sarif)


@pytest.mark.parametrize(
    ("findings", "evidence", "cases", "error", "status"),
    [
        ([], {"n": 1}, [], "", Status.PASSED),
        ([], {}, [], "", Status.ERROR),
        ([], {"n": 0}, [], "", Status.ERROR),
        ([], {"n": 1}, [], "why", Status.ERROR),
        ([], {"n": 1}, [Case("c", Status.ERROR)], "", Status.ERROR),
        ([], {"n": 1}, [Case("c", Status.FAILED)], "", Status.FAILED),
        ([finding(Severity.LOW, 1)], {"n": 1}, [], "", Status.FAILED),
        ([finding(Severity.LOW, 1)], {"n": 1}, [], "why", Status.FAILED),
        ([finding(Severity.LOW, 1, is_known=True)], {"n": 1}, [], "", Status.PASSED),
    ],
)
def test_nothing_is_passed_without_evidence(
    findings: list[object], evidence: dict[str, int], cases: list[Case], error: str, status: Status
) -> None:
    step = step_result("x", evidence, findings, cases=cases, error=error)  # type: ignore[arg-type]  # findings
    assert step.status is status
    assert (
        build_report("s", NOW, [step]).exit_code == {"passed": 0, "failed": 1, "error": 2}[status]
    )


def test_a_run_of_nothing_is_an_error() -> None:
    assert build_report("s", NOW, []).exit_code == 2
