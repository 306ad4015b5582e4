"""Baselines: what is known fails nothing, what is worse is new."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apiproof.pipeline import StepsUnknown, chosen_steps
from apiproof.reporting import Case, Severity, Status, build_report, step_result
from apiproof.reporting.baseline import (
    BaselineUnusable,
    no_longer_found,
    read_baseline,
    with_known,
    write_baseline,
)
from tests.reporting.samples import finding

ONE, TWO = finding(Severity.HIGH, 1), finding(Severity.HIGH, 2)
FAILED = Case("c", Status.FAILED, message="it is so")


def test_what_was_written_as_known_fails_nothing_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    step = step_result("fuzzing", {"n": 1}, [ONE, TWO], cases=[FAILED])
    assert write_baseline(build_report("s", datetime.now(UTC), [step]), path) == 2
    known = read_baseline(path)
    assert known == {ONE.id, TWO.id}
    again = with_known(step, known)
    assert again.status is Status.PASSED
    assert [case.status for case in again.cases] == [Status.SKIPPED]
    assert again.cases[0].message == "known: it is so"


def test_a_warning_needs_no_line_and_what_the_new_memory_accepts_needs_none_either(
    tmp_path: Path,
) -> None:
    """`document/security_kept/...` in a baseline is no longer found in the very next run."""
    path = tmp_path / "baseline.txt"
    lost = replace(TWO, id="document/security_kept/read/open", check="security_kept")
    step = step_result("x", {"n": 1}, [ONE, replace(TWO, is_warning=True), lost])
    report = build_report("s", datetime.now(UTC), [step])
    assert write_baseline(report, path, ["secured GET /x"], accepted=["security_kept"]) == 1
    assert read_baseline(path) == {ONE.id, "secured GET /x"}


def test_a_finding_that_is_not_listed_fails_although_others_are() -> None:
    step = step_result("fuzzing", {"n": 1}, [ONE, TWO], cases=[FAILED])
    again = with_known(step, {ONE.id})
    assert again.status is Status.FAILED
    assert again.new_findings == (TWO,)
    assert [case.status for case in again.cases] == [Status.FAILED]


def test_a_finding_that_stands_for_others_is_known_only_if_all_of_them_are(tmp_path: Path) -> None:
    """Otherwise a fault that spreads to another operation would hide behind its first place."""
    whole = replace(ONE, also=(TWO.id,))
    path = tmp_path / "baseline.txt"
    step = step_result("fuzzing", {"n": 1}, [whole])
    write_baseline(build_report("s", datetime.now(UTC), [step]), path)
    assert read_baseline(path) == {ONE.id, TWO.id}
    assert with_known(step, {ONE.id, TWO.id}).status is Status.PASSED
    assert with_known(step, {ONE.id}).status is Status.FAILED
    assert no_longer_found({TWO.id}, [step], bool) == []


@pytest.mark.parametrize("end", [" ", "\n", " \t", "\r", "\u2028x", "\x1cx"])
def test_an_id_that_ends_or_breaks_in_white_space_is_known_the_next_time(
    tmp_path: Path, end: str
) -> None:
    """Ids hold text of the project's own, cut at some length."""
    cut = replace(ONE, id=f"errors/no_server_error/GET /x/rows = db.exec(query, limit ={end}")
    path = tmp_path / "baseline.txt"
    step = step_result("errors", {"n": 1}, [cut])
    write_baseline(build_report("s", datetime.now(UTC), [step]), path)
    assert with_known(step, read_baseline(path)).status is Status.PASSED
    assert no_longer_found(read_baseline(path), [step], bool) == []


def test_a_baseline_covers_no_error_and_no_failed_case_without_a_finding() -> None:
    error = with_known(step_result("fuzzing", {"n": 1}, [ONE], error="cut off"), {ONE.id})
    assert error.status is Status.ERROR
    case = with_known(step_result("fuzzing", {"n": 1}, cases=[FAILED]), {ONE.id})
    assert case.status is Status.FAILED


def test_what_is_no_longer_found_is_said_of_what_was_looked_for() -> None:
    step = step_result("fuzzing", {"n": 1}, [ONE])
    known = {ONE.id, "fuzzing/gone", "access/not run", "secured GET /x/{id} read"}
    asked = no_longer_found(known, [step], lambda line: not line.startswith("access/"))
    assert asked == ["fuzzing/gone"]


def test_comments_and_empty_lines_are_no_ids(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text("# a comment\n\nan id with # in it\n", "utf-8")
    assert read_baseline(path) == {"an id with # in it"}
    assert read_baseline(None) == set()


def test_a_baseline_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BaselineUnusable, match="write one with --write-baseline"):
        read_baseline(tmp_path / "none.txt")
    report = build_report("s", datetime.now(UTC), [step_result("x", {"n": 1})])
    (tmp_path / "file").touch()
    with pytest.raises(BaselineUnusable, match="cannot be written"):
        write_baseline(report, tmp_path / "file" / "known.txt")


def test_steps_can_be_chosen() -> None:
    assert chosen_steps(["pacts", "access"]) == ["access", "pacts"]
    rest = ["document", "access", "pacts", "coverage", "errors"]  # these look at all answers
    assert chosen_steps(skip=["fuzzing"]) == rest
    with pytest.raises(StepsUnknown, match="No step fuzz: choose from document, fuzzing, "):
        chosen_steps(["fuzz"])
    with pytest.raises(StepsUnknown, match="No step is left"):
        chosen_steps(["access"], ["access"])
