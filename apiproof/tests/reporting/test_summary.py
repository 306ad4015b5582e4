"""The end of a run on the terminal: the worst first, alike ones together, and where the rest is."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from apiproof.reporting import Report, Severity, build_report, step_result
from apiproof.reporting.summary import print_report
from apiproof.reporting.terminal import Terminal
from tests.reporting.samples import finding, sample_report


def printed(report: Report) -> str:
    output = io.StringIO()
    print_report(report, Path("reports/index.html"), Terminal(file=output))
    return output.getvalue()


def test_the_worst_is_first_and_each_says_how_to_try_it_again() -> None:
    lines = printed(sample_report()).splitlines()
    found = [line.split()[0] for line in lines if "[not_a_server_error]" in line]
    assert found == ["critical", "high", "high", "medium", "low"]
    assert sum("apiproof replay 'fuzzing/not_a_server_error/" in line for line in lines) == 8


def test_many_of_a_kind_are_three_lines_and_a_count() -> None:
    text = printed(sample_report())
    assert text.count("[scopes_enforced]") == 3
    assert "... and 2 more like it: see reports/index.html" in text


def test_a_warning_is_not_called_known_where_there_is_no_baseline() -> None:
    doubt = replace(finding(Severity.LOW, 1), is_warning=True)
    report = build_report("s", datetime.now(UTC), [step_result("fuzzing", {"n": 1}, [doubt])])
    text = printed(report)
    assert "known" not in text
    assert "0 (1 warning)" in text
    assert "passed: 1 of 1 steps passed; 1 warning." in text


def test_steps_that_were_not_asked_for_are_named() -> None:
    steps = [step_result("access", {"cells": 1})]
    report = build_report("s", datetime.now(UTC), steps, left_out=["document", "pacts"])
    assert "passed: 1 of 1 steps passed; left out: document, pacts." in printed(report)


def test_checks_in_brackets_and_foreign_text_are_shown_as_they_are() -> None:
    hostile = replace(finding(Severity.HIGH, 1), message="[red]x[/] [check: reason] \x1b[2J")
    steps = [step_result("x [a]", {"n [b]": 1}, [hostile])]
    text = printed(build_report("s [c]", datetime.now(UTC), steps))
    for words in ("[red]x[/] [check: reason] \\x1b[2J", "x [a]", "n [b]", "s [c]"):
        assert words in text
    assert "\x1b" not in text


def test_an_error_is_said_with_its_reason() -> None:
    text = printed(sample_report())
    assert "faults: no study: see --help" in text
    assert "could not tell" in text
    assert text.rstrip().endswith("Report: reports/index.html")


def test_one_of_a_thing_is_not_told_in_the_plural() -> None:
    counts = {"secured operations": 1, "cells tried": 1, "successes": 1, "places": 2, "files": 1200}
    assert step_result("errors", counts).looked_at == (
        "1 secured operation, 1 cell tried, 1 success, 2 places, 1,200 files"
    )
