"""`apiproof run` that is interrupted: there is a report, whenever it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from apiproof import pipeline, service
from apiproof.access.report import INTERRUPTED
from apiproof.cli import main
from apiproof.reporting import Finding, Severity, StepResult, step_result

SERVICE = """
from fastapi import FastAPI
from apiproof.service import Service

app = FastAPI()
SERVICE = Service(lambda: app, name="x", database=False)
"""


def interrupt(*_: Any) -> StepResult:
    raise KeyboardInterrupt


def interrupted(*arguments: str) -> dict[str, Any]:
    """Run until the interrupt, and return what is in `report.json`."""
    with pytest.raises(SystemExit) as ended:
        main(["run", *arguments])
    assert ended.value.code == 2
    return dict(json.loads(Path("reports/report.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("where", "name"), [(pipeline, "chosen_steps"), (service, "load_service")])
def test_before_anything_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APIPROOF_SERVICE", "x:SERVICE")
    monkeypatch.setattr(where, name, interrupt)
    report = interrupted()
    assert [(step["name"], step["error"]) for step in report["steps"]] == [
        ("environment", INTERRUPTED)
    ]


def test_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before is in it, and no later step has begun; a baseline keeps its lines."""
    (tmp_path / "own_service.py").write_text(SERVICE, encoding="utf-8")
    (tmp_path / "known.txt").write_text("access/a/b\npacts/c/d\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = Finding("document/x", "x", Severity.HIGH, "", "it is so")
    failed = step_result("document", {"n": 1}, [found])
    monkeypatch.setitem(pipeline.STEPS, "document", lambda _: failed)
    monkeypatch.setitem(pipeline.STEPS, "access", interrupt)
    arguments = ("--only", "errors", "--only", "access", "--only", "document", "--workers", "1")
    baseline = ("--write-baseline", "known.txt")
    report = interrupted("--service", "own_service:SERVICE", *arguments, *baseline)
    assert [(step["name"], step["status"]) for step in report["steps"]] == [
        ("document", "failed"), ("access", "error"), ("reports", "passed"),
    ]  # fmt: skip
    assert report["steps"][1]["error"] == INTERRUPTED
    assert {"access/a/b", "pacts/c/d", "document/x"} <= set(
        Path("known.txt").read_text("utf-8").splitlines()
    )
