"""Callbacks are compared as webhooks are: the service sends, clients answer."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import Change, diff

EXPRESSION = "{$request.body#/told}"
TEXT = {"type": "string"}


def _document(callbacks: dict[str, Any]) -> dict[str, Any]:
    answers = {"200": {"description": ""}}
    operation = {"responses": answers, "callbacks": callbacks}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": operation}},
    }


def _told(schema: Any, expression: str = EXPRESSION) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    call = {"requestBody": body, "responses": {"204": {"description": ""}}}
    return _document({"told": {expression: {"post": call}}})


def _breaking(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return [change for change in diff(old, new) if change.breaking]


def test_a_body_that_a_client_does_not_know_is_breaking() -> None:
    old, new = _told({"enum": ["made"]}), _told({"enum": ["made", "gone"]})
    (change,) = _breaking(old, new)
    operation = change.occurrences[0].operation
    assert operation == f"POST {EXPRESSION} (callback told of POST /things)"
    assert _breaking(new, old) == []


def test_a_property_that_is_no_longer_sent_is_breaking_and_one_more_is_not() -> None:
    less, more = ({"properties": dict.fromkeys(names, TEXT)} for names in ("a", "ab"))
    assert _breaking(_told(more), _told(less))
    assert _breaking(_told(less), _told(more)) == []


def test_a_callback_that_goes_or_is_sent_elsewhere_is_breaking() -> None:
    old, none = _told(TEXT), _document({})
    assert [change.rule for change in _breaking(old, none)] == ["callback-removed"]
    assert [change.rule for change in diff(none, old)] == ["callback-added"]
    elsewhere = _told(TEXT, "{$request.query.told}")
    assert [change.rule for change in _breaking(old, elsewhere)] == ["callback-removed"]
    assert diff(old, old) == []


def _nested(schema: Any, *, in_webhook: bool) -> dict[str, Any]:
    """Return a document whose clients call back after they were called back."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    call = {"requestBody": body, "responses": {"204": {"description": ""}}}
    outer = {"callbacks": {"back": {EXPRESSION: {"post": call}}}, "responses": {}}
    if in_webhook:
        return {**_document({}), "webhooks": {"told": {"post": outer}}}
    return _document({"told": {EXPRESSION: {"post": outer}}})


@pytest.mark.parametrize("in_webhook", [True, False])
def test_what_clients_call_back_is_read_by_the_service(in_webhook: bool) -> None:  # noqa: FBT001 - a case
    wide = _nested({"type": ["string", "integer"]}, in_webhook=in_webhook)
    narrow = _nested(TEXT, in_webhook=in_webhook)
    (change,) = _breaking(wide, narrow)
    assert (change.rule, "callback back of" in change.operation) == ("request-type-narrowed", True)
    assert _breaking(narrow, wide) == []


def test_a_callback_that_refers_to_itself_is_compared_once() -> None:
    def circle(schema: Any) -> dict[str, Any]:
        whole = _told(schema)
        item = whole["paths"]["/things"]["post"]["callbacks"]["told"]
        item[EXPRESSION]["post"]["callbacks"] = {"again": {"$ref": "#/components/callbacks/C"}}
        whole["paths"]["/things"]["post"]["callbacks"]["told"] = {
            "$ref": "#/components/callbacks/C"
        }
        return {**whole, "components": {"callbacks": {"C": item}}}

    assert len(diff(circle({"enum": ["made"]}), circle({"enum": ["made", "gone"]}))) >= 1
