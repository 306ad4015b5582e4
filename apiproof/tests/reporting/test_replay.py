"""A finding's request, sent again: still there, gone, or not to be told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apiproof import cli
from apiproof.reporting import (
    Finding,
    HttpRequest,
    HttpResponse,
    Severity,
    build_report,
    step_result,
)
from apiproof.reporting.formats import as_json

SERVICE = "tests.apps.fuzzed:SERVICE"
JSON = {"content-type": "application/json"}


def replayed(folder: Path, request: HttpRequest) -> int | str | None:
    """The exit code of `replay` for a request that was answered 500."""
    finding = Finding(
        id="errors/no_server_error/here",
        check="no_server_error",
        severity=Severity.HIGH,
        operation="",
        message="500",
        request=request,
        response=HttpResponse(500),
    )
    report = build_report("x", datetime.now(UTC), [step_result("errors", {"n": 1}, [finding])])
    path = folder / "report.json"
    path.write_text(as_json(report), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", finding.id, "--report", str(path), "--service", SERVICE])
    return ended.value.code


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (HttpRequest("POST", "http://t/things", JSON, '{"name": "a", "size": 950}'), 1),
        (HttpRequest("POST", "http://t/things", JSON, '{"name": "a", "size": 1}'), 0),
        (HttpRequest("GET", "http://t/things/999999"), 2),  # it was there when it was reported
    ],
)
def test_a_request_is_sent_again(tmp_path: Path, request_: HttpRequest, code: int) -> None:
    assert replayed(tmp_path, request_) == code
