"""Breaking changes name the interactions that rely on them, and only those."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import (
    Change,
    ChangeSeverity,
    Impact,
    Policy,
    Reliance,
    Side,
    diff,
    impact,
)
from apiproof.contract_diff.document.report import DiffReport
from apiproof.pacts.reading import parse_pact
from apiproof.pacts.usage import usage
from tests.contract_diff.document.corpus import CASES_BY_ID


def interaction(description: str, request: dict[str, Any], response: dict[str, Any]) -> Any:
    states = [{"name": "a player exists", "params": {"scopes": ["read"]}}]
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "providerStates": states,
        "request": request,
        "response": response,
    }


def body(content: Any) -> dict[str, Any]:
    return {"content": content, "contentType": "application/json", "encoded": False}


_DRAW = {"id": "6b1c0a2e-0000-4000-8000-000000000000", "value": 7, "mode": "fair"}
_AUTH = {"Authorization": ["Bearer x"]}
PACT = parse_pact(
    {
        "consumer": {"name": "cli"},
        "provider": {"name": "lottery"},
        "metadata": {"pactSpecification": {"version": "4.0"}},
        "interactions": [
            interaction(
                "draw",
                {
                    "method": "POST",
                    "path": "/v1/draws",
                    "headers": _AUTH,
                    "body": body({"label": "abcdefghijklmnopqrstuv", "low": 0, "mode": "loaded"}),
                },
                {"status": 201, "body": body(_DRAW)},
            ),
            interaction(
                "list",
                {
                    "method": "GET",
                    "path": "/v1/draws",
                    "headers": _AUTH,
                    "query": {"limit": ["80"], "sort": ["luckiest"]},
                },
                {"status": 200, "body": body({"items": [_DRAW]})},
            ),
            interaction(
                "missing",
                {"method": "GET", "path": "/v1/draws/6b1c0a2e-0000-4000-8000-000000000000"},
                {"status": 404},
            ),
            interaction(
                "me",
                {"method": "GET", "path": "/v1/players/me", "headers": _AUTH},
                {"status": 200, "body": body({"name": "Ann"})},
            ),
            interaction(
                "log in",
                {
                    "method": "POST",
                    "path": "/v1/login",
                    "headers": {"Content-Type": ["application/x-www-form-urlencoded"]},
                    "body": {
                        "content": "username=a&password=b",
                        "contentType": "application/x-www-form-urlencoded",
                        "encoded": False,
                    },
                },
                {"status": 200, "body": body({"access_token": "x", "token_type": "bearer"})},
            ),
            interaction(
                "refused",
                {"method": "POST", "path": "/v1/draws", "headers": _AUTH, "body": body({})},
                {"status": 422, "body": body({"detail": "no"})},
            ),
        ],
    },
    "cli.json",
)


def impacts(case_id: str) -> list[Impact]:
    case = CASES_BY_ID[case_id]
    return impact(diff(case.old, case.new), [PACT], case.old, case.new)


@pytest.mark.parametrize(
    ("case_id", "broken"),
    [
        ("shadowed-path-removed", {"me"}),
        ("max-length-tightened", {"draw"}),
        ("request-enum-value-removed", {"draw"}),
        ("required-property-added", {"draw"}),
        ("query-maximum-tightened", {"list"}),
        ("sort-value-removed-through-reference", {"list"}),
        ("required-query-parameter-added", {"list"}),
        ("parameter-moved-to-header", {"list"}),
        ("error-status-removed", {"missing"}),
        ("response-type-changed", {"draw", "list"}),
        ("public-operation-secured", {"log in"}),
        ("form-field-became-required", {"log in"}),
        ("scope-added", {"list", "me", "missing"}),
        ("response-became-nullable", {"draw", "list"}),
    ],
)
def test_change_breaks_the_interactions_that_rely_on_it(case_id: str, broken: set[str]) -> None:
    found = {r.interaction for one in impacts(case_id) for r in one.breaks}
    assert found == broken


@pytest.mark.parametrize(
    "case_id",
    [
        "path-removed",
        "query-parameter-removed",
        "request-property-removed",
        "response-property-removed",
        "response-header-removed",
        "response-media-type-removed",
        "pattern-added",
        "request-variant-removed",
        "shared-header-parameter-removed",
    ],
)
def test_change_that_no_consumer_relies_on_is_marked(case_id: str) -> None:
    found = impacts(case_id)
    assert found
    assert not any(one.relied_on for one in found)


def test_value_that_survives_a_narrowing_is_touched_not_broken() -> None:
    (found,) = [one for one in impacts("minimum-raised") if one.change.side == "request"]
    assert [r.interaction for r in found.breaks] == ["draw"]
    (touched,) = [
        one
        for one in impacts("response-enum-value-added")
        if "POST /draws" in one.change.operations
    ]
    assert {r.interaction for r in touched.touches} == {"draw", "list"}
    assert touched.breaks == ()


def test_usage_names_who_uses_what_and_what_nobody_does() -> None:
    uses = {
        (u.operation, u.part, u.field): u.consumers
        for u in usage(CASES_BY_ID["path-removed"].old, [PACT])
    }
    assert uses["POST /draws", "request", "label"] == ("cli",)
    assert uses["POST /draws", "request", "seed"] == ()
    assert uses["GET /draws", "response", "200 items[].value"] == ("cli",)
    assert uses["GET /draws", "response", "200 cursor"] == ()
    assert uses["GET /draws", "parameter", "query limit"] == ("cli",)
    assert uses["DELETE /draws/{id}", "operation", ""] == ()
    assert uses["POST /login", "request", "username"] == ("cli",)


def _promising(*statuses: str, described: str) -> dict[str, Any]:
    responses: dict[str, Any] = {status: {"description": ""} for status in statuses}
    schema = {"type": "object", "properties": {described: {"type": "string"}}}
    responses["default"] = {"description": "", "content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/v1/players/me": {"get": {"responses": responses}}},
    }


@pytest.mark.parametrize(("statuses", "relied"), [((), ["me"]), (("200",), [])])
def test_default_speaks_for_the_statuses_that_nothing_else_names(
    statuses: tuple[str, ...], relied: list[str]
) -> None:
    old, new = (_promising(*statuses, described=name) for name in ("name", "other"))
    (gone,) = impact(diff(old, new), [PACT], old, new)
    assert [reliance.interaction for reliance in gone.reliances] == relied


def test_what_concerns_all_operations_touches_every_consumer() -> None:
    """The regression: nobody was said to rely on the document's servers."""
    old, new = (
        {
            **CASES_BY_ID["path-removed"].old,
            "servers": [{"url": "https://{r}.test/v1", "variables": {"r": {"default": r}}}],
        }
        for r in ("eu", "us")
    )
    policy = Policy({"server-default-changed": "error"})
    (found,) = impact(diff(old, new, policy), [PACT], old, new)
    assert not found.breaks
    assert {each.interaction for each in found.touches} >= {"draw", "list"}


@pytest.mark.parametrize(
    ("reliances", "said"),
    [
        ([1, 1], "Consumers rely on each of the 2 breaking changes."),
        ([0, 1], "No consumer relies on 1 of the 2 breaking changes."),
        ([0], "No consumer relies on the breaking change."),
        ([1], "Consumers rely on the breaking change."),
        ([], ""),
    ],
)
def test_how_many_changes_nobody_relies_on_is_said_in_one_sentence(
    reliances: list[int], said: str
) -> None:
    change = Change("operation-removed", ChangeSeverity.ERROR, Side.OPERATION, "Gone.", "", None)
    some = (Reliance("cli", "draw", "breaks"),)
    impacts = [Impact(change, some * each) for each in reliances]
    assert DiffReport("old", "new", [change] * len(impacts), impacts).unused == said
