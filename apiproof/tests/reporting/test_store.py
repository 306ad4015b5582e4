"""Reports on disk: whole files, a history of runs, and what single commands kept."""

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from apiproof.reporting import step_result
from apiproof.reporting.store import (
    KEPT_RUNS,
    ReportUnusable,
    read_report,
    save_step,
    saved_steps,
    trend,
    write_atomically,
    write_report,
)
from tests.reporting.samples import sample_report

STEPS = {step.name: step.status.value for step in sample_report().steps}
NAMES = {"index.html", "report.json", "report.schema.json", "report.junit.xml", "report.sarif"}


def test_a_run_writes_its_files_and_can_be_read_again(tmp_path: Path) -> None:
    report = sample_report()
    assert write_report(report, tmp_path) == tmp_path / "index.html"
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == NAMES
    assert read_report(tmp_path / "report.json") == report


def test_the_history_is_drawn_from_the_second_run_on_and_has_an_end(tmp_path: Path) -> None:
    history = tmp_path / "history"
    write_report(sample_report(), tmp_path)
    assert trend(history) is None
    for number in range(KEPT_RUNS + 3):
        entry = {
            "started": f"2026-01-01T00:00:{number:02}",
            "findings": {"high": number},
            "steps": STEPS,
        }
        (history / f"2026-01-01T0000{number:02}Z.json").write_text(json.dumps(entry), "utf-8")
    write_report(sample_report(), tmp_path)
    drawn = trend(history)
    assert drawn is not None
    assert len(drawn.series[0].points) == KEPT_RUNS == len(list(history.iterdir()))
    assert {series.name for series in drawn.series} == {
        "critical",
        "high",
        "medium",
        "low",
        "known",
    }


def test_the_trend_is_of_runs_that_looked_at_the_same(tmp_path: Path) -> None:
    """A run of one step must not seem to have mended what the others find."""
    for day, steps, medium in (
        (1, {"access": "failed", "fuzzing": "failed"}, 30),
        (2, {"access": "passed", "pacts": "skipped"}, 1),
        (3, {"access": "failed", "fuzzing": "failed"}, 29),
        (4, {"access": "failed"}, 2),
    ):
        entry = {"started": f"2026-01-0{day}", "findings": {"medium": medium}, "steps": steps}
        (tmp_path / f"{day}.json").write_text(json.dumps(entry), "utf-8")
    drawn = trend(tmp_path)
    assert drawn is not None
    assert [each.points for each in drawn.series] == [((1, 1), (2, 2))]
    assert drawn.note == "From 2026-01-02 to 2026-01-04."
    (tmp_path / "2.json").unlink()
    assert trend(tmp_path) is None


def test_what_stands_among_the_history_and_is_none_is_left_out(tmp_path: Path) -> None:
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"findings": 1}')):
        (tmp_path / name).write_text(text, "utf-8")
    assert trend(tmp_path) is None


def test_the_results_of_single_commands_are_shown_beside_the_run(tmp_path: Path) -> None:
    save_step(step_result("faults", {"defects": 48}), tmp_path)
    save_step(step_result("access", {"cells": 5}), tmp_path)
    (tmp_path / "steps" / "old.json").write_text("{}", "utf-8")
    [step] = saved_steps(tmp_path, besides=["access"])
    assert (step.name, step.evidence) == ("faults", {"defects": 48})
    assert step.finished


@pytest.mark.parametrize("text", [None, "{", "[]", '{"service": 1}'])
def test_a_report_that_is_none_is_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(ReportUnusable) as refusal:
        read_report(path)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file", "utf-8")
    with pytest.raises(ReportUnusable, match="No report can be written to"):
        write_report(sample_report(), tmp_path / "reports")


def test_a_full_disk_leaves_what_is_there_and_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tmp_path / "openapi.json"
    known.write_text("whole", encoding="utf-8")

    def fill(path: Path, _text: str, **_: object) -> None:
        path.open("w", encoding="utf-8").close()
        raise OSError(errno.ENOSPC, "No space left on device")  # a write knows no name

    monkeypatch.setattr(Path, "write_text", fill)
    for path in (known, tmp_path / "new.txt"):
        with pytest.raises(OSError, match="No space") as raised:
            write_atomically(path, "more")
        assert raised.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["openapi.json"]
    assert known.read_text(encoding="utf-8") == "whole"


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "openapi.json"
    link.symlink_to("docs.json")
    write_atomically(link, "{}")
    assert link.is_symlink()
    assert (tmp_path / "docs.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("why", [errno.EBUSY, errno.EACCES, errno.EROFS])
def test_a_file_whose_place_no_other_may_take_is_written_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: int
) -> None:
    """A single file that is mounted into a container, say (rename(2), EBUSY)."""

    def refused(*_: Any) -> None:
        raise OSError(why, os.strerror(why))

    path = tmp_path / "baseline.txt"
    path.write_text("old", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refused)
        write_atomically(path, "new")
        with pytest.raises(OSError, match=re.escape(str(tmp_path / "other.txt"))):
            write_atomically(tmp_path / "other.txt", "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["baseline.txt"]
