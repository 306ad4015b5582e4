"""An operation that refused every user, and lets one in, is a finding against a baseline."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof.coverage import CoverageLog
from apiproof.kept_refusals import lost_refusals, refused_before, refused_lines
from apiproof.pipeline import PipelineContext, check_coverage
from apiproof.reporting import Status

SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/admin": {"get": {"operationId": "admin", "security": SECURITY, "responses": {"200": {}}}},
        "/mine": {"get": {"operationId": "mine", "security": SECURITY, "responses": {"200": {}}}},
    }
}


def log(*rows: tuple[str, int, bool]) -> CoverageLog:
    found = CoverageLog()
    found.add([(name, status, authenticated, 3) for name, status, authenticated in rows])
    return found


BEFORE = log(("admin", 403, True), ("admin", 401, False), ("mine", 200, True), ("mine", 403, True))


def test_what_refused_everybody_is_written_down_and_read_again() -> None:
    lines = refused_lines(DOCUMENT, BEFORE)
    assert lines == ["refused GET /admin"]
    assert refused_before(["coverage/x", *lines, "secured GET /mine"]) == {"GET /admin"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("admin", 403, True), []),
        (("admin", 200, False), []),  # nobody's: that is the access probe's to tell
        (("admin", 200, True), ["coverage/refusal_kept/admin/let-in"]),
    ],
)
def test_a_success_where_there_was_none(row: tuple[str, int, bool], found: list[str]) -> None:
    findings = lost_refusals({"GET /admin"}, DOCUMENT, log(row))
    assert [finding.id for finding in findings] == found


def test_the_step_says_who_takes_the_requests_of_what_never_succeeds() -> None:
    routes: dict[str, Any] = {
        path: {"get": {"operationId": path, "responses": {}}} for path in ("/{id}", "/me")
    }
    answered = log(("/{id}", 200, False))
    env = SimpleNamespace(document={"paths": routes}, coverage_log=answered)
    step = check_coverage(cast("PipelineContext", SimpleNamespace(env=env, refused=frozenset())))
    text = "no request succeeded (2xx): GET /{id}, declared before it, takes its requests"
    assert [finding.message for finding in step.findings] == [text]


def test_the_step_says_what_a_refused_operation_may_need() -> None:
    env = SimpleNamespace(document=DOCUMENT, coverage_log=BEFORE)
    step = check_coverage(cast("PipelineContext", SimpleNamespace(env=env, refused=frozenset())))
    (missed,) = step.findings
    assert missed.message == "no request succeeded (2xx): 403 to every user"
    assert "groups" in missed.details[0]
    later = SimpleNamespace(document=DOCUMENT, coverage_log=log(("admin", 200, True)))
    context = SimpleNamespace(env=later, refused=frozenset({"GET /admin"}))
    after = check_coverage(cast("PipelineContext", context))
    assert after.status is Status.FAILED
    assert "coverage/refusal_kept/admin/let-in" in {finding.id for finding in after.findings}
