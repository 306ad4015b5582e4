"""A request that needs a value which no state gives never passes with the pact's example."""

from typing import Any

import pytest

from apiproof.pacts.verify.results import InteractionStatus
from tests.pacts.conftest import Verify
from tests.pacts.pacts import body, interaction, pact
from tests.pacts.shop import Shop

ORDERS = ("orders exist", {"count": 2})


def generated(expression: object, **more: str) -> dict[str, Any]:
    return {"type": "ProviderState", "expression": expression, **more}


def by_path(expression: object) -> dict[str, Any]:
    """Ask for an order whose example exists, so that only the generator can go wrong."""
    return interaction(
        "an order by number",
        "/orders/1",
        ORDERS,
        request={"generators": {"path": generated(expression)}},
        response=body({"id": 1}) | {"matchingRules": {"body": {"$.id": LIKE}}},
    )


def echoed(part: str, expression: str, **more: str) -> dict[str, Any]:
    """Send a value in a header, the query or the body; anything is answered."""
    value = {
        "header": {"headers": {"X-Last": ["1"]}, "generators": {"header": {"X-Last": None}}},
        "query": {"query": {"last": ["1"]}, "generators": {"query": {"last": None}}},
        "body": {**body({"last": 1}), "generators": {"body": {"$.last": None}}},
    }[part]
    key = next(iter(value["generators"][part]))
    value["generators"] = {part: {key: generated(expression, **more)}}
    return interaction("an echo", "/echo", ORDERS, method="POST", request=value)


LIKE = {"combine": "AND", "matchers": [{"match": "integer"}]}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (by_path("/orders/${lats}"), "path needs ${lats}, for which no provider state gives a"),
        (by_path("/orders/${lats}"), "did you mean 'last'?"),
        (by_path("/orders/${number}"), "known: count, last"),
        (by_path("/orders/${last}${x}"), "needs ${x}"),
        (by_path("number"), "needs ${number}"),
        (by_path("/orders/${last:1}"), "needs ${last:1}"),
        (by_path("/orders/${last"), "cannot be read: /orders/${last."),
        (by_path(""), "without an expression"),
        (by_path(None), "without an expression"),
        (echoed("header", "${x}"), "header X-Last needs ${x}"),
        (echoed("query", "${x}"), "query last needs ${x}"),
        (echoed("body", "${x}"), "body $.last needs ${x}"),
        (echoed("body", "no${last}", dataType="INTEGER"), "needs no${last} as INTEGER"),
        (echoed("body", "x${last}", dataType="boolean"), "needs x${last} as BOOLEAN"),
        ({**by_path("${x}"), "providerStates": []}, "needs ${x}"),
    ],
)
def test_a_value_that_no_state_gives_is_named(
    verify: Verify, asked: dict[str, Any], words: str
) -> None:
    verification = verify(pact(asked))
    [result] = verification.pacts[0].interactions
    assert result.status is InteractionStatus.ERROR
    assert words in result.error
    assert verification.exit_code == 2


@pytest.mark.parametrize(
    "asked",
    [
        by_path("/orders/${last}"),
        by_path("/orders/${count}"),  # a state's parameter is a value, too
        echoed("header", "${last}"),
        echoed("query", "${last}"),
        echoed("body", "last"),
        echoed("body", "${last}", dataType="INTEGER"),
        echoed("body", "1${last}.5", dataType="DECIMAL"),
        echoed("body", "${last}", dataType="BOOLEAN"),
    ],
)
def test_a_value_that_a_state_gives_is_sent(
    verify: Verify, shop: Shop, asked: dict[str, Any]
) -> None:
    verification = verify(pact(asked))
    [result] = verification.pacts[0].interactions
    assert (result.status, result.error) == (InteractionStatus.PASSED, "")
    assert shop.orders == 2


def test_a_pending_interaction_without_its_value_is_pending(verify: Verify) -> None:
    asked = {**by_path("/orders/${x}"), "pending": True}
    verification = verify(pact(asked))
    assert verification.pacts[0].interactions[0].status is InteractionStatus.PENDING
    assert verification.exit_code == 0
