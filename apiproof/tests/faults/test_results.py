"""Results: kept on disk until the sources change, drawn as a matrix, judged."""

import dataclasses
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from apiproof.faults import Access, Stock, Study
from apiproof.faults.experiment_result import (
    Detection,
    ExperimentResult,
    ExperimentResults,
    Verdict,
)
from apiproof.faults.injection import Defect, Rewrite
from apiproof.faults.matrix import Matrix
from apiproof.faults.observer import LayerFinding, Unit
from apiproof.faults.rendering import show, show_one, write_html, write_json
from apiproof.faults.study import StudyMissing
from apiproof.result_lines import JsonLines

DEFECT = Defect(
    "door-open",
    "The <door> stood open.",
    "access",
    "CWE-306",
    "API2",
    (Rewrite("house.door", "shut", "open"),),
    ("guard",),
)
OTHER = dataclasses.replace(DEFECT, id="window-open")
LAYERS = (Stock(), Access())
STUDY = Study((DEFECT, OTHER), LAYERS)
BY_GUARD = LayerFinding(("guard",), "test_guard", "the door is open", 7, 0.5)
BY_CHANCE = LayerFinding(("other",), "test_other", "a crash", 3, 0.25)
NAMED = Verdict("access", 9, 1.0, first=BY_GUARD, claimed=BY_GUARD)
ACCIDENT = Verdict("access", 9, 1.0, first=BY_CHANCE)
MISSED = Verdict("schemathesis", 90, 4.0)
GREEN = Verdict("access", 50, 2.0, units={"read": Unit(0.1, ("read",))})


def matrix(*verdicts: Verdict, control: Verdict = GREEN) -> Matrix:
    rows = tuple(
        (defect, ExperimentResult(defect.id, (MISSED, verdict)))
        for defect, verdict in zip((DEFECT, OTHER), verdicts, strict=False)
    )
    return Matrix(STUDY, (ExperimentResult("control access 0", (control,)),), rows, 12.0)


def test_an_outcome_survives_the_way_to_disk_and_back() -> None:
    for verdict in (NAMED, ACCIDENT, MISSED, GREEN):
        outcome = ExperimentResult("x", (verdict,), "trouble", 3.0)
        assert ExperimentResult.from_dict(json.loads(json.dumps(outcome.as_dict()))) == outcome


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    first = ExperimentResults(JsonLines(path, "same"))
    first.add(ExperimentResult("done", (NAMED,)))
    first.add(ExperimentResult("failed", (), trouble="no database"))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"name": "cut o')
    second = ExperimentResults(JsonLines(path, "same"))
    assert second.get("done") == ExperimentResult("done", (NAMED,))
    assert second.get("failed") is None
    assert second.get("cut off") is None
    second.add(ExperimentResult("after", (NAMED,)))
    third = ExperimentResults(JsonLines(path, "same"))
    assert third.get("done") == ExperimentResult("done", (NAMED,))
    assert third.get("after") == ExperimentResult("after", (NAMED,))


def test_results_of_other_sources_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    ExperimentResults(JsonLines(path, "before")).add(ExperimentResult("done", (NAMED,)))
    assert ExperimentResults(JsonLines(path, "after")).get("done") is None
    ExperimentResults(JsonLines(path, "after")).add(ExperimentResult("done", (NAMED,)))
    assert ExperimentResults(JsonLines(path, "after", fresh=True)).get("done") is None


def test_a_defect_that_its_check_caught_is_no_failure() -> None:
    found = matrix(NAMED, NAMED)
    assert found.failures == []
    assert found.detection(found.rows[0][1]) is Detection.NAMED


def test_accidents_and_misses_are_failures() -> None:
    found = matrix(ACCIDENT, Verdict("access", 9, 1.0))
    assert found.failures == [
        "door-open: caught by accident only; meant for guard",
        "window-open: missed; meant for guard",
    ]


def test_a_yardstick_does_not_count_for_the_suite() -> None:
    lucky = Verdict("schemathesis", 9, 1.0, first=BY_GUARD, claimed=BY_GUARD)
    outcome = ExperimentResult(DEFECT.id, (lucky, Verdict("access", 9, 1.0)))
    found = Matrix(STUDY, (), ((DEFECT, outcome),))
    assert found.detection(outcome) is Detection.MISSED
    assert found.curve(found.yardsticks) == [(0.5, 1)]
    assert found.curve(found.ours) == []


def test_a_red_or_idle_layer_without_a_defect_is_a_failure() -> None:
    red = Verdict("access", 9, 1.0, first=BY_CHANCE, findings=(BY_CHANCE,))
    idle = Verdict("access", 0, 1.0)
    assert matrix(NAMED, control=red).failures == [
        "without a defect, control access 0: test_other fails"
    ]
    assert matrix(NAMED, control=idle).failures == [
        "without a defect, control access 0: the layer sent nothing"
    ]


def test_nothing_planted_is_a_failure() -> None:
    assert matrix().failures == ["no defect was planted"]


def test_time_to_detection_adds_up_over_layers_in_turn() -> None:
    outcome = ExperimentResult("x", (MISSED, NAMED))
    assert outcome.time_to_detection(["schemathesis", "access"]) == 4.5
    assert outcome.time_to_detection(["access"]) == 0.5
    assert outcome.time_to_detection(["schemathesis"]) is None


def test_reports_tell_the_same(tmp_path: Path) -> None:
    found = matrix(NAMED, ACCIDENT)
    write_json(found, tmp_path / "matrix.json")
    write_html(found, tmp_path / "matrix.html")
    report = json.loads((tmp_path / "matrix.json").read_text(encoding="utf-8"))
    assert report["suite"] == {"named": 1, "accident": 1}
    assert report["failures"] == found.failures
    page = (tmp_path / "matrix.html").read_text(encoding="utf-8")
    assert "The &lt;door&gt; stood open." in page
    assert 'class="accident"' in page
    assert "guard at test_guard, 7 cases" in page
    assert page.count("<path d=") >= 3
    assert "http" not in page  # one file, which loads nothing
    console = Console(record=True, width=120, file=io.StringIO())
    show(found, console)
    show_one(DEFECT, found.rows[0][1], console)
    text = console.export_text()
    for part in ("door-open", "0.5 s", "window-open: caught by accident only", "- shut", "+ open"):
        assert part in text


def test_a_defect_is_chosen_by_a_part_of_its_id_or_by_all_of_it() -> None:
    assert STUDY.chosen("open") == (DEFECT, OTHER)
    assert STUDY.chosen("door-open") == (DEFECT,)
    with pytest.raises(StudyMissing, match="see --list"):
        STUDY.chosen("roof")
