"""A Schemathesis run in the one report: its events, without their secrets."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from schemathesis.engine import events as engine
from schemathesis.reporting.ndjson import serialize

from apiproof.fuzzing.step import FINDING, IS_PROBED, Events, as_step, read_events
from apiproof.reporting import Severity, Status, StepResult
from apiproof.reporting.formats import adapter

SECRET = "Hidden-Password-1"


def encoded(text: str) -> dict[str, str]:
    return {"$base64": base64.b64encode(text.encode()).decode()}


def scenario(phase: str, status: str, *failures: dict[str, Any]) -> dict[str, Any]:
    """A finished scenario of one case, as Schemathesis 4.32 writes it."""
    request = {
        "method": "POST", "uri": "http://127.0.0.1:1/users?token=abcdef",
        "headers": {"Authorization": ["[Filtered]"], "Content-Type": ["application/json"]},
        "body": encoded(json.dumps({"username": "ada", "password": SECRET})),
    }  # fmt: skip
    response = {"status_code": 500, "headers": {"server": ["x"]}, "content": encoded('{"a": 1}')}
    checks = [
        {"name": each["check"], "status": "failure", "failure_info": {"failure": each}}
        for each in failures
    ]
    recorder = {
        "label": "POST /users",
        "cases": {"1": {"value": {"method": "POST", "path": "/users"}}},
        "checks": {"1": [{"name": "other", "status": "success"}, *checks]},
        "interactions": {"1": {"request": request, "response": response}},
    }
    return {
        "ScenarioFinished": {
            "phase": phase,
            "status": status,
            "elapsed_time": 0.5,
            "recorder": recorder,
        }
    }


FAILURE = {
    "check": "not_a_server_error", "title": "Server error", "severity": "critical",
    "operation": "POST /users", "message": f'Expected: 2xx\\n{{"password": "{SECRET}"}}',
}  # fmt: skip
ENDED = {"PhaseFinished": {"phase": {"name": "fuzzing"}, "status": "failure"}}


def events_of(folder: Path, *lines: Any, warnings: dict[str, list[str]] | None = None) -> Events:
    path, summary = folder / "events.ndjson", folder / "summary.json"
    path.write_text("\n".join(json.dumps(line) for line in lines) + '\n{"cut', "utf-8")
    summary.write_text(json.dumps({"warnings": warnings or {}}), "utf-8")
    return read_events(path, summary)


def text_of(step: StepResult) -> str:
    return str(adapter(StepResult).dump_json(step).decode())


def test_a_failure_becomes_a_finding_with_its_request_once(tmp_path: Path) -> None:
    lines = [
        scenario("fuzzing", "failure", FAILURE),
        scenario("coverage", "failure", FAILURE),
        ENDED,
    ]
    events = events_of(tmp_path, *lines)
    step = as_step(events, 1)
    [finding] = step.findings
    assert finding.id == "fuzzing/not_a_server_error/POST /users/Server error/500"
    assert finding.severity is Severity.CRITICAL
    assert finding.expected.startswith("Expected: 2xx")
    assert finding.request is not None
    assert finding.request.headers["Authorization"] == "Bearer $TOKEN"
    assert "ada" in finding.request.body
    assert '"$TOKEN"' in finding.curl
    assert events.counts[finding.id] == 2
    assert step.status is Status.FAILED
    assert step.evidence == {"scenarios": 2, "requests": 2}


def test_no_secret_of_a_request_or_an_answer_is_left(tmp_path: Path) -> None:
    step = as_step(events_of(tmp_path, scenario("fuzzing", "failure", FAILURE), ENDED), 1)
    assert SECRET not in text_of(step)
    assert "abcdef" not in text_of(step)


def test_a_run_without_failures_passes(tmp_path: Path) -> None:
    step = as_step(events_of(tmp_path, scenario("fuzzing", "success"), ENDED), 0)
    assert step.status is Status.PASSED
    assert [section.title for section in step.sections] == ["Fuzzing by phase"]


@pytest.mark.parametrize(("exit_code", "status"), [(0, Status.PASSED), (1, Status.FAILED)])
def test_warnings_fail_where_schemathesis_says_so(
    tmp_path: Path, exit_code: int, status: Status
) -> None:
    warnings = {"missing_test_data": ["PATCH /users"], "missing_auth": []}
    events = events_of(tmp_path, scenario("fuzzing", "success"), ENDED, warnings=warnings)
    step = as_step(events, exit_code)
    assert step.status is status
    [finding] = step.findings
    assert finding.id == "fuzzing/missing_test_data/PATCH /users/warning"
    assert finding.is_warning is (exit_code == 0)


def test_an_exit_code_that_nothing_explains_is_an_error(tmp_path: Path) -> None:
    step = as_step(events_of(tmp_path, scenario("fuzzing", "success"), ENDED), 1)
    assert step.status is Status.ERROR
    assert "exit code 1" in step.error


def test_a_run_that_sent_nothing_is_an_error(tmp_path: Path) -> None:
    assert as_step(read_events(tmp_path / "none.ndjson"), 0).status is Status.ERROR


def test_a_finding_of_the_access_checks_is_the_probes_own(tmp_path: Path) -> None:
    probed = {
        **FAILURE, "check": "anonymous_rejected", "title": "no credential: let in with 200",
        FINDING: "anonymous_rejected/read/none/let-in", IS_PROBED: True,
    }  # fmt: skip
    inspected = {**probed, FINDING: "secrets_not_leaked/read/a token-200", IS_PROBED: False}
    events = events_of(tmp_path, scenario("fuzzing", "failure", probed, inspected))
    first, second = events.findings.values()
    assert first.id == "access/anonymous_rejected/read/none/let-in"
    assert (first.message, first.severity) == ("no credential: let in with 200", Severity.CRITICAL)
    assert first.request is None  # what was fuzzed is not what was let in
    assert first.replay
    assert second.request is not None


def undeclared(operation: str, title: str = "Undocumented status code") -> dict[str, Any]:
    return {
        "check": "status_code_conformance", "title": title, "severity": "medium",
        "operation": operation, "message": "Received: 500\\nDocumented: 200, 422",
    }  # fmt: skip


def test_one_undeclared_status_of_all_operations_is_one_finding(tmp_path: Path) -> None:
    """Every FastAPI application that refuses by HTTPException has it everywhere."""
    places = [undeclared("POST /users"), undeclared("GET /users"), undeclared("GET /teams")]
    lines = [scenario("fuzzing", "failure", *places, FAILURE), ENDED]
    first, other = as_step(events_of(tmp_path, *lines), 1).findings
    assert first.operation == "GET /teams", "whichever was met first"
    assert first.message.endswith("answered 500, and at 2 more operations")
    assert first.details[-2:] == ("also at GET /users", "also at POST /users")
    ids = {f"fuzzing/status_code_conformance/{it['operation']}" for it in places}
    assert {each.rpartition("/Undocumented")[0] for each in first.ids} == ids
    assert other.check == "not_a_server_error"
    [alone] = as_step(events_of(tmp_path, scenario("fuzzing", "failure", places[1])), 1).findings
    assert alone.message.endswith("answered 500")
    assert alone.ids < first.ids


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            engine.NonFatalError(
                error=TimeoutError("no answer\n within 10 s"),
                phase=None, label="POST /users", related_to_operation=True,
            ),
            "POST /users: TimeoutError: no answer within 10 s",
        ),
        (engine.FatalError(exception=ValueError()), "ValueError"),
    ],
)  # fmt: skip
def test_what_could_not_be_tested_is_a_line_and_no_json(event: object, line: str) -> None:
    """As Schemathesis 4.32 writes its errors; what is of another shape is shown whole."""
    events = Events()
    events.add(type(event).__name__, json.loads(json.dumps(serialize(event, sanitization=None))))
    events.add("FatalError", {"exception": {"unknown": "shape"}})
    assert events.errors == [line, '{"unknown": "shape"}']
