"""Providers that are broken in one place, each caught there: the verifier's own sensitivity."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from apiproof.pacts.verify.results import InteractionStatus
from tests.pacts.conftest import Verify
from tests.pacts.pacts import order, pact
from tests.pacts.shop import Answer, Shop

Spoil = Callable[[Answer], Answer]
RESPONSE = "$.interactions[0].response"


def test_the_unchanged_provider_passes(verify: Verify) -> None:
    verification = verify(pact(order()))
    assert verification.exit_code == 0
    assert verification.verified == 1


def put(place: str, value: Any) -> Spoil:
    """Another value at a dotted place of the body."""

    def spoil(answer: Answer) -> Answer:
        body = answer.body_copy()
        node, last = _reach(body, place)
        node[last] = value
        return dataclasses.replace(answer, body=body)

    return spoil


def drop(place: str) -> Spoil:
    """No value at a dotted place of the body."""

    def spoil(answer: Answer) -> Answer:
        body = answer.body_copy()
        node, last = _reach(body, place)
        del node[last]
        return dataclasses.replace(answer, body=body)

    return spoil


def header(name: str, value: str | None) -> Spoil:
    def spoil(answer: Answer) -> Answer:
        headers = {key: text for key, text in answer.headers.items() if key != name}
        return dataclasses.replace(answer, headers=headers | ({name: value} if value else {}))

    return spoil


def other(**parts: Any) -> Spoil:
    return lambda answer: dataclasses.replace(answer, **parts)


def _reach(body: Any, place: str) -> tuple[Any, Any]:
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    for step in way:
        body = body[step]
    return body, last


# What is broken, where the answer shows it, the words of the broken rule, and where the pact asks
# for it, under the body's content where nothing else is said.
FAULTS = {
    "status": (other(status=201), "$.status", "equal", f"{RESPONSE}.status"),
    "server-error": (other(status=500), "$.status", "equal", f"{RESPONSE}.status"),
    "key-missing": (drop("code"), "$.body.code", "present", ".code"),
    "nested-key-missing": (drop("buyer.name"), "$.body.buyer.name", "present", ".buyer.name"),
    "item-key-missing": (drop("lines.1.sku"), "$.body.lines[1].sku", "present", ".lines[0].sku"),
    "integer-as-text": (put("id", "7"), "$.body.id", "an integer", ".id"),
    "integer-as-fraction": (put("id", 7.5), "$.body.id", "an integer", ".id"),
    "integer-as-null": (put("id", None), "$.body.id", "an integer", ".id"),
    "decimal-as-integer": (put("total", 12), "$.body.total", "a decimal number", ".total"),
    "boolean-as-text": (put("paid", "yes"), "$.body.paid", "true or false", ".paid"),
    "boolean-as-number": (put("paid", 1), "$.body.paid", "true or false", ".paid"),
    "null-as-text": (put("note", "x"), "$.body.note", "null", ".note"),
    "regex": (put("code", "ab-12"), "$.body.code", "matches regex", ".code"),
    "regex-half-met": (put("code", "AB-12 "), "$.body.code", "matches regex", ".code"),
    "instant": (put("placed_at", "31.1.2026"), "$.body.placed_at", "matches", ".placed_at"),
    "date": (put("due", "2026-31-01"), "$.body.due", "a date yyyy-MM-dd", ".due"),
    "uuid": (put("buyer.uuid", "6f1f"), "$.body.buyer.uuid", "matches regex", ".buyer.uuid"),
    "type-below-an-object": (put("buyer.name", 1), "$.body.buyer.name", "same type", ".buyer.name"),
    "object-as-text": (put("buyer", "Ada"), "$.body.buyer", "same type", ".buyer"),
    "object-as-list": (put("buyer", []), "$.body.buyer", "same type", ".buyer"),
    "list-too-short": (drop("lines.1"), "$.body.lines", "at least 2 items", ".lines"),
    "list-too-long": (
        put("lines", [{"sku": "a", "count": 1}] * 4), "$.body.lines", "at most 3 items", ".lines",
    ),
    "list-as-object": (put("lines", {}), "$.body.lines", "same type", ".lines"),
    "item-of-another-type": (
        put("lines.1.count", "2"), "$.body.lines[1].count", "an integer", ".lines[0].count",
    ),
    "exact-list-longer": (put("tags", ["new", "gift", "x"]), "$.body.tags", "equal", ".tags"),
    "exact-item-changed": (put("tags.1", "toy"), "$.body.tags[1]", "equal", ".tags[1]"),
    "exact-list-reordered": (put("tags", ["gift", "new"]), "$.body.tags[0]", "equal", ".tags[0]"),
    "value-of-a-map": (put("prices.usd", "2"), "$.body.prices.usd", "an integer", ".prices.usd"),
    "semver": (put("version", "1.2"), "$.body.version", "a semantic version", ".version"),
    "include": (put("motto", "all bad things"), "$.body.motto", "includes good", ".motto"),
    "constant": (put("currency", "USD"), "$.body.currency", "equal", ".currency"),
    "variant-missing": (drop("events.1"), "$.body.events", "a list that contains", ".events"),
    "number-as-text": (put("weight", "3"), "$.body.weight", "a number", ".weight"),
    "header-missing": (
        header("location", None), "$.headers['Location']", "matches regex",
        f"{RESPONSE}.headers.Location",
    ),
    "header-changed": (
        header("x-version", "2.0.0"), "$.headers['X-Version']", "equal",
        f"{RESPONSE}.headers.X-Version",
    ),
    "header-regex": (
        header("location", "/orders/7"), "$.headers['Location']", "matches regex",
        f"{RESPONSE}.headers.Location",
    ),
    "content-type": (
        other(content_type="text/plain"), "$.headers['Content-Type']", "equal",
        f"{RESPONSE}.headers.Content-Type",
    ),
    "body-not-json": (other(body=b"{nope"), "$.body", "equal", ""),
    "body-empty": (other(body=b""), "$.body", "equal", ""),
    "body-a-list": (other(body=[]), "$.body", "equal", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_provider_is_caught_where_it_is_broken(
    verify: Verify, shop: Shop, name: str
) -> None:
    spoil, path, rule, where = FAULTS[name]
    shop.answer = spoil(shop.answer)
    verification = verify(pact(order()))
    [result] = verification.pacts[0].interactions
    assert verification.exit_code == 1
    assert result.status is InteractionStatus.FAILED
    found = [each for each in result.mismatches if each.path == path]
    assert [each.path for each in result.mismatches] == [path] or len(found) == 1
    assert rule in found[0].rule
    assert found[0].where == (where if where.startswith("$") else f"{RESPONSE}.body.content{where}")
    assert found[0].text


def test_there_are_enough_of_them() -> None:
    assert len(FAULTS) >= 30
