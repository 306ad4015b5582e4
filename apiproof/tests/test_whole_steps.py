"""A baseline that a part of a run writes loses nothing that the part did not look at."""

from collections.abc import Iterable
from typing import Any

import pytest

from apiproof.coverage import CoverageLog
from apiproof.pipeline import STEPS
from apiproof.reporting import step_result
from apiproof.whole_steps import is_answered, lines_to_keep, whole_steps

LINES = {
    "document/document_is_current/openapi.json",
    "fuzzing/not_a_server_error/read/x/500",
    "access/object_ownership/read/other/let-in",
    "pacts/matched/web/one",
    "coverage/success_seen/read/none",
    "errors/no_server_error/GET /x/app.py read",
    "reports/no_secret/reports/fuzz.har/a token",
    "secured GET /x/{id} read",
    "refused GET /admin",
    "members staff GET /orders",
}
ADMIN = {"operationId": "admin", "responses": {}, "security": [{"token": []}]}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {},
    "paths": {"/admin": {"get": ADMIN}},
}


def kept(names: Iterable[str], log: CoverageLog | None = None, *arguments: str) -> set[str]:
    """What a run of some steps keeps of `LINES`."""
    results = [step_result(name, {"n": 1}) for name in (*names, "reports")]
    whole = whole_steps(results, arguments)
    return set(lines_to_keep(LINES, whole, DOCUMENT, log or CoverageLog()))


def of(*words: str) -> set[str]:
    """The lines that begin so."""
    return {line for line in LINES if line.startswith(words)}


def test_a_whole_run_keeps_nothing_but_who_was_refused() -> None:
    """Unless somebody was let in meanwhile, or the operation is gone."""
    assert kept(STEPS) == {"refused GET /admin"}
    let_in = CoverageLog()
    let_in.add([("admin", 200, True, 1)])
    assert kept(STEPS, let_in) == set()
    whole = whole_steps([step_result(name, {"n": 1}) for name in STEPS])
    gone = {**DOCUMENT, "paths": {}}
    assert lines_to_keep({"refused GET /admin"}, whole, gone, CoverageLog()) == []


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("document", ("document/", "secured", "refused")),
        ("fuzzing", ("fuzzing/", "access/", "coverage/", "errors/", "refused")),
        ("access", ("access/", "members", "coverage/", "errors/", "refused")),
        ("pacts", ("pacts/", "coverage/", "errors/", "refused")),
        ("coverage", ("coverage/", "refused")),
        ("errors", ("errors/", "refused")),
    ],
)
def test_a_step_that_was_left_out_keeps_its_lines(left_out: str, words: tuple[str, ...]) -> None:
    """And those of the steps that look at what it sends; who was refused is kept anyway."""
    assert kept(set(STEPS) - {left_out}) == of(*words)


def test_one_step_alone_takes_off_its_own_lines() -> None:
    assert LINES - kept(["pacts"]) == of("pacts/", "reports/")
    assert LINES - kept(["access"]) == of("members", "reports/")
    assert LINES - kept(["document"]) == of("document/", "secured", "reports/")


@pytest.mark.parametrize(
    "option", ["--include-path=/x", "--exclude-method", "--phases", "--max-time", "-c"]
)
def test_fuzzing_that_tries_less_keeps_its_lines(option: str) -> None:
    assert kept(STEPS, None, option) == of("fuzzing/", "access/", "coverage/", "errors/", "refused")
    assert kept(STEPS, None, "--max-examples", "5", "--seed", "1") == of("refused")


def test_a_step_that_ended_in_an_error_found_less_than_there_is() -> None:
    results = [step_result(name, {"n": 1}) for name in STEPS if name != "pacts"]
    whole = whole_steps([*results, step_result("pacts", {"n": 1}, error="no database")])
    assert not is_answered("pacts/matched/web/one", whole)
    assert not is_answered("errors/no_server_error/GET /x/app.py read", whole)
    assert is_answered("access/object_ownership/read/other/let-in", whole)
