"""Exit codes say no more than is known: a verdict needs an answer for every interaction."""

import dataclasses

import pytest

from apiproof.pacts.reading import parse_pact
from apiproof.pacts.verify.results import (
    InteractionResult,
    InteractionStatus,
    PactResult,
    RecordedExchange,
    Verification,
)
from apiproof.reporting import Finding, Severity
from tests.pacts.pacts import order, pact

[INTERACTION] = parse_pact(pact(order()), "pact.json").interactions
ANSWERED = RecordedExchange("GET", "/order", {}, "", token_replaced=False, status=200,
                    answer_headers={}, answer_body="")  # fmt: skip
UNANSWERED = dataclasses.replace(ANSWERED, status=None)


def verification(*results: tuple[InteractionStatus, RecordedExchange | None]) -> Verification:
    executed = tuple(InteractionResult(INTERACTION, each, exchange=sent) for each, sent in results)
    return Verification("shop", "", (PactResult("p", "c", "shop", 4, executed, len(executed)),))


PASSED = (InteractionStatus.PASSED, ANSWERED)
FAILED = (InteractionStatus.FAILED, ANSWERED)
PENDING = (InteractionStatus.PENDING, ANSWERED)
ERROR = (InteractionStatus.ERROR, None)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([PASSED], 0),
        ([PASSED, PENDING], 0),
        ([PASSED, FAILED], 1),
        ([FAILED, ERROR], 1),
        ([PASSED, ERROR], 2),
        ([], 2),
        ([(InteractionStatus.PASSED, None)], 2),
        ([PASSED, (InteractionStatus.PASSED, UNANSWERED)], 2),
    ],
)
def test_exit_codes(
    results: list[tuple[InteractionStatus, RecordedExchange | None]], code: int
) -> None:
    assert verification(*results).exit_code == code


@pytest.mark.parametrize(("is_warning", "code"), [(False, 1), (True, 0)])
def test_the_document_has_a_say(is_warning: bool, code: int) -> None:  # noqa: FBT001 - a parameter of the test
    finding = Finding("id", "rule", Severity.HIGH, "", "it is so", is_warning=is_warning)
    found = dataclasses.replace(verification(PASSED), findings=(finding,))
    assert found.exit_code == code


def test_the_summary_counts() -> None:
    text = verification(PASSED, PENDING, ERROR).summary
    assert text.startswith("error: 2 of 3 interactions of 1 pact verified in 0.0 s")
    assert "1 passed, 1 pending, 1 error" in text
