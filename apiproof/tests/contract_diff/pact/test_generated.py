"""Pacts drawn from a document itself pass; with one mistake put in they do not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apiproof.pacts.reading import parse_pact
from tests.contract_diff.pact.corpus_cases import comparison, document
from tests.contract_diff.pact.examples import Examples, Exchange

DOCUMENTS = st.sampled_from(["randomizer", "zoo", "shop"])
VERSIONS = st.sampled_from([2, 3, 4])


def rules(name: str, exchange: Exchange, version: int) -> list[str]:
    pact = parse_pact(exchange.as_pact(version), "drawn.json")
    return [finding.rule for finding in comparison(name).findings(pact)]


@given(data=st.data(), name=DOCUMENTS, version=VERSIONS)
def test_pact_drawn_from_the_document_itself_has_no_findings(
    data: st.DataObject, name: str, version: int
) -> None:
    exchange = data.draw(Examples.exchanges(Examples(document(name))))
    assert rules(name, exchange, version) == []


def unknown_path(exchange: Exchange) -> None:
    exchange.path += "/nowhere/at/all"


def unknown_method(exchange: Exchange) -> None:
    exchange.method = "TRACE"


def unknown_query(exchange: Exchange) -> None:
    assume(exchange.status not in {"400", "422"})
    exchange.query["zz"] = ["1"]


def unknown_status(exchange: Exchange) -> None:
    assume("default" not in exchange.codes)
    exchange.status = "599"


def no_credentials(exchange: Exchange) -> None:
    assume(exchange.is_guarded and exchange.status not in {"401", "403"})
    exchange.headers = {
        k: v for k, v in exchange.headers.items() if k in {"Content-Type", "X-Tenant"}
    }
    exchange.query.pop("key", None)


def unknown_answer_type(exchange: Exchange) -> None:
    assume(exchange.answer_type)
    exchange.answer_type = "application/x-nowhere"


def unknown_answer_property(exchange: Exchange) -> None:
    listed = {
        "/randoms/{random_id}",
        "/users/me",
        "/users",
        "/animals/{id}",
        "/orders",
        "/categories",
    }
    assume(isinstance(exchange.answer, dict) and exchange.template in listed)
    exchange.answer = {**exchange.answer, "zz": 1}


def answer_of_another_type(exchange: Exchange) -> None:
    assume(isinstance(exchange.answer, list | dict))
    exchange.answer = {"zz": 1} if isinstance(exchange.answer, list) else [exchange.answer]


def request_without_body(exchange: Exchange) -> None:
    about = {"400", "413", "415", "422"}
    assume(
        exchange.body is not None and exchange.status not in about and exchange.template != "/note"
    )
    exchange.body = None


def body_of_another_type(exchange: Exchange) -> None:
    assume(isinstance(exchange.body, dict) and exchange.status not in {"400", "413", "415", "422"})
    exchange.body = [exchange.body]


PLANTED: list[tuple[Callable[[Exchange], None], str]] = [
    (unknown_path, "request-path-undeclared"),
    (unknown_method, "request-method-undeclared"),
    (unknown_query, "request-query-undeclared"),
    (unknown_status, "response-status-undeclared"),
    (no_credentials, "request-security-missing"),
    (unknown_answer_type, "response-content-type-undeclared"),
    (unknown_answer_property, "response-property-unknown"),
    (answer_of_another_type, "response-body-type"),
    (request_without_body, "request-body-missing"),
    (body_of_another_type, "request-body-invalid"),
]


@pytest.mark.parametrize(
    ("plant", "rule"), PLANTED, ids=lambda each: getattr(each, "__name__", each)
)
@given(data=st.data(), name=DOCUMENTS, version=VERSIONS)
def test_planted_mistake_is_found(
    data: st.DataObject, name: str, version: int, plant: Callable[[Exchange], None], rule: str
) -> None:
    exchange: Any = copy.deepcopy(data.draw(Examples.exchanges(Examples(document(name)))))
    plant(exchange)
    assert rule in rules(name, exchange, version)
