"""Pacts drawn from a document itself pass; with one mistake put in they do not."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apiproof.pacts.reading import parse_pact
from tests.contract_diff.pact.corpus_cases import comparison, document
from tests.contract_diff.pact.examples import Examples, Exchange, Wanted, any_exchange

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
    exchange.query["zz"] = ["1"]


def unknown_status(exchange: Exchange) -> None:
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
    assume(isinstance(exchange.answer, dict))
    exchange.answer = {**exchange.answer, "zz": 1}


def answer_of_another_type(exchange: Exchange) -> None:
    assume(isinstance(exchange.answer, list | dict))
    exchange.answer = {"zz": 1} if isinstance(exchange.answer, list) else [exchange.answer]


def request_without_body(exchange: Exchange) -> None:
    assume(exchange.body is not None)
    exchange.body = None


def body_of_another_type(exchange: Exchange) -> None:
    assume("json" in exchange.headers["Content-Type"])
    exchange.body = {"zz": 1} if isinstance(exchange.body, list) else [exchange.body]


ABOUT_BODIES = {"400", "411", "413", "415", "422"}
LISTED = {
    "/randoms/{random_id}",
    "/users/me",
    "/users",
    "/animals/{id}",
    "/orders",
    "/categories",
}


def has_answer(_path: str, operation: Mapping[str, Any], code: str) -> bool:
    return "content" in operation["responses"][code] or "$ref" in operation["responses"][code]


def has_listed_answer(path: str, operation: Mapping[str, Any], code: str) -> bool:
    return path in LISTED and code[0] == "2" and has_answer(path, operation, code)


def has_body(path: str, operation: Mapping[str, Any], code: str) -> bool:
    return "requestBody" in operation and code not in ABOUT_BODIES and path != "/note"


def has_json_body(path: str, operation: Mapping[str, Any], code: str) -> bool:
    body = operation.get("requestBody", {})
    is_json = any("json" in media for media in body.get("content", {}))
    return has_body(path, operation, code) and (is_json or "$ref" in body)


def is_about_no_query(_path: str, _operation: Mapping[str, Any], code: str) -> bool:
    return code not in {"400", "422"}


def lists_its_statuses(_path: str, operation: Mapping[str, Any], _code: str) -> bool:
    return "default" not in operation["responses"]


def is_no_refusal(_path: str, _operation: Mapping[str, Any], code: str) -> bool:
    return code not in {"401", "403"}


PLANTED: list[tuple[Callable[[Exchange], None], str, Wanted]] = [
    (unknown_path, "request-path-undeclared", any_exchange),
    (unknown_method, "request-method-undeclared", any_exchange),
    (unknown_query, "request-query-undeclared", is_about_no_query),
    (unknown_status, "response-status-undeclared", lists_its_statuses),
    (no_credentials, "request-security-missing", is_no_refusal),
    (unknown_answer_type, "response-content-type-undeclared", has_answer),
    (unknown_answer_property, "response-property-unknown", has_listed_answer),
    (answer_of_another_type, "response-body-type", has_answer),
    (request_without_body, "request-body-missing", has_body),
    (body_of_another_type, "request-body-invalid", has_json_body),
]


@pytest.mark.parametrize(
    ("plant", "rule", "wanted"), PLANTED, ids=lambda each: getattr(each, "__name__", each)
)
@given(data=st.data(), name=DOCUMENTS, version=VERSIONS)
def test_planted_mistake_is_found(  # noqa: PLR0917 - what is drawn and what is parametrized
    data: st.DataObject,
    name: str,
    version: int,
    plant: Callable[[Exchange], None],
    rule: str,
    wanted: Wanted,
) -> None:
    drawn = data.draw(Examples.exchanges(Examples(document(name)), wanted))
    exchange: Any = copy.deepcopy(drawn)
    plant(exchange)
    assert rule in rules(name, exchange, version)
