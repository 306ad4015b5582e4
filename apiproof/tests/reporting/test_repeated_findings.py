"""What several steps tell of the same thing is one finding of the report."""

from datetime import UTC, datetime
from pathlib import Path

from apiproof.reporting import Finding, Report, Severity, StepResult, build_report, step_result
from apiproof.reporting.baseline import read_baseline, with_known, write_baseline

EMPTY = "access/anonymous_rejected/read/empty/let-in"
SITE = "errors/no_server_error/GET /x/app.py read/ValueError"


def finding(name: str, message: str = "let in with 200", operation: str = "GET /x") -> Finding:
    return Finding(name, name.split("/")[1], Severity.MEDIUM, operation, message)


def report_of(*steps: StepResult) -> Report:
    return build_report("x", datetime.now(UTC), steps)


def step(name: str, *findings: Finding) -> StepResult:
    return step_result(name, {"n": 1}, findings)


def ids(report: Report) -> list[str]:
    return [found.id for _, found in report.findings]


def test_fuzzing_and_the_probe_find_the_same() -> None:
    fuzzing = step("fuzzing", finding(EMPTY), finding("fuzzing/other/GET /x/200"))
    assert sorted(ids(report_of(fuzzing, step("access", finding(EMPTY))))) == [
        EMPTY, "fuzzing/other/GET /x/200",
    ]  # fmt: skip
    assert EMPTY in ids(report_of(fuzzing))  # where nobody else tells it


def test_who_gets_in_without_a_credential_is_told_by_the_probe() -> None:
    ignored = finding("fuzzing/ignored_auth/GET /x/API accepts requests without authentication/200")
    let_in = finding("access/anonymous_rejected/read/anonymous@bearer/let-in")
    fuzzing = step("fuzzing", ignored)
    assert ids(report_of(fuzzing, step("access", let_in))) == [let_in.id]
    others = [
        finding("access/anonymous_rejected/read/anonymous@bearer/answered-403"),
        finding("access/anonymous_rejected/read/wrong-scheme@bearer/let-in"),
        finding(let_in.id, operation="GET /y"),
    ]
    for other in others:
        assert ignored.id in ids(report_of(fuzzing, step("access", other)))
    known = with_known(step("access", let_in), {let_in.id})
    assert ignored.id in ids(report_of(fuzzing, known))


def test_a_500_is_told_by_its_place() -> None:
    tellings = [
        finding("fuzzing/not_a_server_error/GET /x/500", "Server error, answered 500"),
        finding("access/boundaries_handled/read/nul", "a NUL in the path: answered 500 (nul)"),
    ]
    steps = [step("fuzzing", tellings[0]), step("access", tellings[1])]
    site = step("errors", finding(SITE, "500 from ValueError at app.py:3 read"))
    assert ids(report_of(*steps, site)) == [SITE]
    elsewhere = step("errors", finding(SITE, operation="GET /y"))
    assert len(ids(report_of(*steps, elsewhere))) == 3


def test_a_new_finding_is_not_hidden_by_a_known_one() -> None:
    telling = finding("fuzzing/not_a_server_error/GET /x/500", "Server error, answered 500")
    site = finding(SITE, "500 from ValueError at app.py:3 read")
    known = with_known(step("errors", site), {SITE})
    report = report_of(step("fuzzing", telling), known)
    assert report.exit_code == 1
    assert ids(report) == [telling.id, SITE]


def test_a_baseline_lists_all_of_them(tmp_path: Path) -> None:
    steps = [
        step("fuzzing", finding(EMPTY), finding("fuzzing/server/GET /x/500", "answered 500")),
        step("access", finding(EMPTY)),
        step("errors", finding(SITE)),
    ]
    write_baseline(report_of(*steps), tmp_path / "known.txt")
    known = read_baseline(tmp_path / "known.txt")
    assert report_of(*(with_known(each, known) for each in steps)).exit_code == 0
