"""Callbacks are compared as webhooks are: the service sends, clients answer."""

from __future__ import annotations

from typing import Any

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
