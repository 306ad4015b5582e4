"""Pacts with the shop, as documents."""

from typing import Any

from tests.pacts.shop import NAME, ORDER

INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"
BEARER = {"Authorization": ["Bearer anything"]}


def pact(*interactions: dict[str, Any], consumer: str = "till", **more: Any) -> dict[str, Any]:
    """A V4 pact of the shop's."""
    return {
        "consumer": {"name": consumer},
        "provider": {"name": NAME},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
        **more,
    }


def interaction(
    description: str,
    path: str,
    *states: tuple[str, dict[str, Any]] | str,
    status: int = 200,
    method: str = "GET",
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A V4 interaction."""
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "providerStates": [
            {"name": state} if isinstance(state, str) else {"name": state[0], "params": state[1]}
            for state in states
        ],
        "request": {"method": method, "path": path, **(request or {})},
        "response": {"status": status, **(response or {})},
        **more,
    }


def body(content: Any) -> dict[str, Any]:
    return {"body": {"content": content, "contentType": "application/json", "encoded": False}}


def rule(*matchers: dict[str, Any]) -> dict[str, Any]:
    return {"combine": "AND", "matchers": list(matchers)}


RULES = {
    "$.id": rule({"match": "integer"}),
    "$.code": rule({"match": "regex", "regex": r"^[A-Z]{2}-\d+$"}),
    "$.total": rule({"match": "decimal"}),
    "$.paid": rule({"match": "boolean"}),
    "$.note": rule({"match": "null"}),
    "$.placed_at": rule({"match": "regex", "regex": INSTANT}),
    "$.buyer": rule({"match": "type"}),
    "$.buyer.uuid": rule(
        {"match": "regex", "regex": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
    ),
    "$.lines": rule({"match": "type", "min": 2, "max": 3}),
    "$.lines[*].sku": rule({"match": "type"}),
    "$.lines[*].count": rule({"match": "integer"}),
    "$.prices": rule({"match": "eachValue", "rules": [{"match": "integer"}], "value": "1"}),
    "$.version": rule({"match": "semver"}),
    "$.motto": rule({"match": "include", "value": "good"}),
    "$.events": rule(
        {
            "match": "arrayContains",
            "variants": [{"index": 0, "rules": {}, "generators": {}}],
        }
    ),
    "$.due": rule({"match": "date", "format": "yyyy-MM-dd"}),
    "$.weight": rule({"match": "number"}),
}


def order() -> dict[str, Any]:
    """An interaction that looks at everything in the shop's order."""
    expected = {**ORDER, "lines": ORDER["lines"][:1], "events": [{"kind": "paid"}]}
    return interaction(
        "an order",
        "/order",
        response={
            **body(expected),
            "headers": {
                "Content-Type": ["application/json"],
                "Location": ["/order/1"],
                "X-Version": ["1.2.3"],
            },
            "matchingRules": {
                "body": RULES,
                "header": {"Location": rule({"match": "regex", "regex": r"^/order/\d+$"})},
            },
        },
    )
