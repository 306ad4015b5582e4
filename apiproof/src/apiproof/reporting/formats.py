"""A report for machines: `report.json` and its JSON Schema, JUnit XML, SARIF 2.1.0."""

import functools
import json
import re
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pydantic import TypeAdapter

from apiproof.reporting.finding import Finding, Severity
from apiproof.reporting.model import Case, Report, Status, StepResult

# XML 1.0, 2.2: the characters that a document cannot hold, those that it advises against, and those
# that turn a line around (Unicode, UAX 9) wherever it is shown.
_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LEVELS: Final = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "7.5"),
    Severity.MEDIUM: ("warning", "5.0"),
    Severity.LOW: ("note", "2.0"),
}
"""SARIF's level, and the score that GitHub's code scanning reads as security-severity."""


@functools.cache
def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """What turns one of the model's classes into JSON and back."""
    return TypeAdapter(kind)


def as_json(report: Report) -> str:
    """The report as a JSON document with a final newline."""
    return adapter(Report).dump_json(report, indent=2).decode() + "\n"


def json_schema() -> str:
    """The JSON Schema (2020-12) of `report.json`, with a final newline."""
    schema = adapter(Report).json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "apiproof report"}
    return json.dumps({**head, **schema, "title": head["title"]}, indent=2) + "\n"


def as_junit(report: Report) -> str:
    """The report as JUnit XML: a suite for each step, a case for everything that it tried."""
    root = ET.Element("testsuites", name=_clean(report.service), time=f"{report.seconds:.3f}")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for step in report.steps:
        suite = _suite(step)
        root.append(suite)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    for name, count in totals.items():
        root.set(name, str(count))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(step: StepResult) -> ET.Element:
    cases = [*step.cases, *_finding_cases(step)]
    is_shown = any(case.status is Status.ERROR for case in cases)
    if not cases or (step.error and not is_shown):
        status = Status.ERROR if step.error else step.status
        cases.append(Case(step.name, status, message=step.error))
    counts = {status: sum(case.status is status for case in cases) for status in Status}
    suite = ET.Element(
        "testsuite",
        name=_clean(step.name),
        tests=str(len(cases)),
        failures=str(counts[Status.FAILED]),
        errors=str(counts[Status.ERROR]),
        skipped=str(counts[Status.SKIPPED]),
        time=f"{step.seconds:.3f}",
    )
    suite.extend(_case(step, case) for case in cases)
    return suite


def _finding_cases(step: StepResult) -> list[Case]:
    """A case for each finding, where the step does not list failed cases itself."""
    if any(case.status is Status.FAILED for case in step.cases):
        return []
    return [
        Case(
            name=finding.id,
            status=Status.FAILED if finding.is_failing else Status.SKIPPED,
            group=finding.check,
            message="\n".join([finding.message, *finding.details, finding.curl]).strip(),
        )
        for finding in step.findings
    ]


def _case(step: StepResult, case: Case) -> ET.Element:
    element = ET.Element(
        "testcase",
        classname=_clean(f"{step.name}.{case.group}" if case.group else step.name),
        name=_clean(case.name),
        time=f"{case.seconds:.3f}",
    )
    tags = {Status.FAILED: "failure", Status.ERROR: "error", Status.SKIPPED: "skipped"}
    if tag := tags.get(case.status):
        first = case.message.partition("\n")[0]
        ET.SubElement(element, tag, message=_clean(first)).text = _clean(case.message)
    return element


def as_sarif(report: Report, document: str = "openapi.json") -> str:
    """The report as SARIF 2.1.0, for code scanning.

    Args:
        report: the report.
        document: the path of the OpenAPI document, where findings without a place are put.
    """
    found = report.findings
    rules = {finding.check: finding for _, finding in reversed(found)}
    driver = {
        "name": "apiproof",
        "version": report.version,
        "rules": [_rule(check, rules[check]) for check in sorted(rules)],
    }
    results = [_result(finding, document) for _, finding in found]
    sarif = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(sarif, indent=2) + "\n"


def _rule(check: str, example: Finding) -> dict[str, Any]:
    level, score = _LEVELS[example.severity]
    return {
        "id": check,
        "name": check,
        "shortDescription": {"text": check.replace("_", " ").replace("-", " ")},
        "defaultConfiguration": {"level": level},
        "properties": {"security-severity": score, "tags": ["api"]},
    }


def _result(finding: Finding, document: str) -> dict[str, Any]:
    place = finding.location
    text = "\n".join(
        [finding.message, *([f"Expected: {finding.expected}"] if finding.expected else [])]
    )
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "level": _LEVELS[finding.severity][0],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.file if place else document)},
                    "region": {"startLine": place.line if place else 1},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.operation or finding.id}],
            }
        ],
        "partialFingerprints": {"apiproof/v1": finding.id},
    }
    if finding.is_known:
        result["suppressions"] = [{"kind": "external", "justification": "listed in a baseline"}]
    return result


def _uri(file: str) -> str:
    """Return a path as a relative reference (RFC 3986, 4.2); URLs stay as they are."""
    return file if "://" in file else quote(file)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
