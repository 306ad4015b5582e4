"""The steps of a run: one that raises is an error, and never a finding."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof.errors import UserError
from apiproof.pipeline import PipelineContext, lost_security, run_step, verify_pacts
from apiproof.reporting import Status, StepResult, step_result

NOTHING = cast("PipelineContext", None)
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0xx.c2lnbmF0dXJl"


@dataclass
class Raising:
    """A step that raises."""

    error: Exception

    def __call__(self, _context: PipelineContext) -> StepResult:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UserError("the database is away: start it"), "the database is away: start it"),
        (RecursionError("too deep"), "RecursionError: too deep; please report this"),
        (ValueError(f"what about {TOKEN}?"), "what about [Filtered]?"),
    ],
)
def test_a_step_that_raises_is_an_error(error: Exception, expected: str) -> None:
    result = run_step("x", Raising(error), NOTHING)
    assert result.status is Status.ERROR
    assert expected in result.error
    assert result.findings == ()
    assert TOKEN not in result.error


def test_a_step_is_timed_and_printed(capfd: pytest.CaptureFixture[str]) -> None:
    result = run_step("x", lambda _context: step_result("x", {"things": 1234}), NOTHING)
    assert result.status is Status.PASSED
    assert capfd.readouterr().out == f"x passed in {result.seconds:.1f} s: 1,234 things\n"


@pytest.mark.parametrize(("states", "status"), [(None, Status.SKIPPED), ({}, Status.ERROR)])
def test_a_project_without_consumers_needs_no_pacts(
    tmp_path: Path, states: Any, status: Status
) -> None:
    """One that has provider states has lost its pacts, and must not pass."""
    context = SimpleNamespace(service=SimpleNamespace(pacts=tmp_path, states=states))
    assert verify_pacts(cast("PipelineContext", context)).status is status


def secured(*security: dict[str, list[str]]) -> dict[str, Any]:
    operation = {"operationId": "read", "security": list(security), "responses": {}}
    return {"openapi": "3.1.0", "info": {}, "paths": {"/x": {"get": operation}}}


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        (secured({"token": ["a"]}), []),
        (secured({"token": ["a", "b"]}), []),
        (secured(), ["document/security_kept/read/open"]),
        (secured({}), ["document/security_kept/read/open"]),
        (secured({"token": []}), ["document/security_kept/read/scopes"]),
    ],
)
def test_security_that_was_removed_is_found(after: dict[str, Any], lost: list[str]) -> None:
    before = secured({"token": ["a"]})
    assert [finding.id for finding in lost_security(before, after)] == lost
