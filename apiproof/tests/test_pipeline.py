"""The steps of a run: one that raises is an error, and never a finding."""

import threading
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof import pipeline
from apiproof.access.report import INTERRUPTED, AccessReport
from apiproof.coverage import CoverageLog
from apiproof.errors import UserError
from apiproof.fuzzing.shard_result import ShardResult
from apiproof.http.child.server_errors import ErrorSite
from apiproof.pipeline import PipelineContext, run_step, verify_pacts
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


def interrupted(*_: object) -> StepResult:
    raise KeyboardInterrupt


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_the_run_and_keeps_what_was_found(
    monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    """The steps after it must not begin, and there is a report of those before."""
    monkeypatch.setattr(pipeline, "fuzz_beside", lambda *_: None)
    monkeypatch.setitem(pipeline.STEPS, "document", lambda _: step_result("document", {"n": 1}))
    monkeypatch.setitem(pipeline.STEPS, "access", interrupted)
    monkeypatch.setitem(pipeline.STEPS, "fuzzing", lambda _: step_result("fuzzing", {"n": 1}))
    ready = cast("Any", SimpleNamespace(service="tests:SERVICE"))
    nothing = cast("Any", None)
    context = PipelineContext(nothing, nothing, ready, Path("ready.json"), workers=workers)
    found = list(pipeline.run_all(context, ["document", "access", "errors"], frozenset()))
    assert [(each.name, each.status) for each in found] == [
        ("document", Status.PASSED), ("access", Status.ERROR),
    ]  # fmt: skip
    assert found[-1].error == INTERRUPTED


def test_an_interrupted_probe_is_an_error_with_its_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = AccessReport(labels={})
    monkeypatch.setattr(pipeline, "probe_service", lambda *_: report)
    monkeypatch.setattr(pipeline, "ControlClient", lambda _: None)
    gates = SimpleNamespace(service=None, ready=None, remembered=[], members=frozenset())
    context = cast("PipelineContext", gates)
    for reason in (INTERRUPTED, "The login of 'ada' answered 403"):
        report.interrupted = reason
        result = run_step("access", pipeline.probe_access, context)
        assert (result.status, result.error) == (Status.ERROR, reason)


@pytest.mark.parametrize(("states", "status"), [(None, Status.SKIPPED), ({}, Status.ERROR)])
def test_a_project_without_consumers_needs_no_pacts(
    tmp_path: Path, states: Any, status: Status
) -> None:
    """One that has provider states has lost its pacts, and must not pass."""
    context = SimpleNamespace(service=SimpleNamespace(pacts=tmp_path, states=states))
    assert verify_pacts(cast("PipelineContext", context)).status is status


def test_shards_run_beside_the_steps_that_need_nothing_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they saw counts for coverage and errors, which come after them."""
    begun, release = threading.Event(), threading.Event()
    site = ErrorSite("GET", "/x", 500, "ValueError", "app.py:1 read")

    def shards(*_: object) -> ShardResult:
        begun.set()
        assert release.wait(10)
        return ShardResult("all", 0, coverage=[("read", 200, True, 3)], server_errors=[site])

    def beside(_: PipelineContext) -> StepResult:
        assert begun.wait(10)
        release.set()  # or fuzzing never ends
        return step_result("access", {"cells": 1})

    def after(context: PipelineContext) -> StepResult:
        seen = context.env.coverage_log.answers("read", [200])
        return step_result("coverage", {"answers": seen, "sites": len(context.env.server_errors)})

    monkeypatch.setattr(pipeline, "fuzz_beside", shards)
    monkeypatch.setitem(pipeline.STEPS, "access", beside)
    monkeypatch.setitem(pipeline.STEPS, "coverage", after)
    context = PipelineContext(
        cast("Any", None),
        cast("Any", SimpleNamespace(coverage_log=CoverageLog(), server_errors=[])),
        cast("Any", SimpleNamespace(service="tests:SERVICE")),
        Path("ready.json"),
        workers=2,
    )
    names = ["fuzzing", "coverage", "access"]
    results = {step.name: step for step in pipeline.run_all(context, names, frozenset())}
    assert list(results) == ["access", "fuzzing", "coverage"]
    assert results["coverage"].evidence == {"answers": 3, "sites": 1}
