"""Exit codes say no more than is known: a verdict needs an answer for every interaction."""

import dataclasses

import pytest

from apiproof.contract_diff.pact import Finding, Severity
from apiproof.pacts.reading import parse_pact
from apiproof.pacts.verify.results import (
    Exchange,
    InteractionResult,
    Outcome,
    PactResult,
    Verification,
)
from tests.pacts.pacts import order, pact

[INTERACTION] = parse_pact(pact(order()), "pact.json").interactions
ANSWERED = Exchange("GET", "/order", {}, "", impersonated=False, status=200,
                    answer_headers={}, answer_body="")  # fmt: skip
UNANSWERED = dataclasses.replace(ANSWERED, status=None)


def verification(*results: tuple[Outcome, Exchange | None]) -> Verification:
    played = tuple(InteractionResult(INTERACTION, each, exchange=sent) for each, sent in results)
    return Verification("shop", "", (PactResult("p", "c", "shop", 4, played, len(played)),))


HONOURED = (Outcome.HONOURED, ANSWERED)
BROKEN = (Outcome.BROKEN, ANSWERED)
PENDING = (Outcome.PENDING, ANSWERED)
UNTOLD = (Outcome.UNTOLD, None)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([HONOURED], 0),
        ([HONOURED, PENDING], 0),
        ([HONOURED, BROKEN], 1),
        ([BROKEN, UNTOLD], 1),
        ([HONOURED, UNTOLD], 2),
        ([], 2),
        ([(Outcome.HONOURED, None)], 2),
        ([HONOURED, (Outcome.HONOURED, UNANSWERED)], 2),
    ],
)
def test_exit_codes(results: list[tuple[Outcome, Exchange | None]], code: int) -> None:
    assert verification(*results).exit_code == code


@pytest.mark.parametrize(("severity", "code"), [(Severity.ERROR, 1), (Severity.WARNING, 0)])
def test_the_document_has_a_say(severity: Severity, code: int) -> None:
    finding = Finding("rule", severity, "c", "an order", "$", "#", "it is so")
    found = dataclasses.replace(verification(HONOURED), findings=(finding,))
    assert found.exit_code == code


def test_the_summary_counts() -> None:
    text = verification(HONOURED, PENDING, UNTOLD).summary
    assert text.startswith("could not tell: 2 of 3 interactions of 1 pacts verified in 0.0 s")
    assert "1 honoured, 1 pending, 1 untold" in text
