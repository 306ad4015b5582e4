"""What means the same in other words has no changes that count; nor has what only widens."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.contract_diff.document import Change, ChangeSeverity, diff
from tests.contract_diff.document.schema_pairs import SchemaMaker, document, nodes

Parts = tuple[Any, dict[str, Any]]
"""A schema and the components that it refers to."""
SCHEMAS_EACH = 5
"""How many schemas an example draws."""
LISTS = ("required", "enum", "anyOf", "oneOf", "allOf", "type")
LOOSE = (
    "minimum", "maximum", "exclusiveMinimum", "multipleOf", "minLength", "maxLength", "pattern",
    "minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems", "contains", "required",
)  # fmt: skip
"""Keywords that only restrict."""


def _nodes(parts: Parts) -> Iterator[dict[str, Any]]:
    for schema in (parts[0], *parts[1].values()):
        yield from (node for node in nodes(schema) if node)


def keys_reordered(parts: Parts, rng: random.Random) -> Parts:
    def turned(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: turned(node[name]) for name in rng.sample(list(node), len(node))}
        return [turned(item) for item in node] if isinstance(node, list) else node

    return turned(parts[0]), turned(parts[1])


def lists_reordered(parts: Parts, rng: random.Random) -> Parts:
    for node in _nodes(parts):
        for word in LISTS:
            if isinstance(node.get(word), list):
                rng.shuffle(node[word])
    return parts


def references_inlined(parts: Parts, _rng: random.Random) -> Parts:
    def inlined(node: Any, depth: int) -> Any:
        if isinstance(node, dict) and "$ref" in node and depth:
            return inlined(copy.deepcopy(parts[1][node["$ref"].rsplit("/", 1)[-1]]), depth - 1)
        if isinstance(node, dict):
            return {name: inlined(part, depth) for name, part in node.items()}
        return [inlined(item, depth) for item in node] if isinstance(node, list) else node

    return inlined(parts[0], 2), parts[1]


def schema_made_component(parts: Parts, rng: random.Random) -> Parts:
    found = [node for node in nodes(parts[0]) if node and "$ref" not in node]
    if found:
        node = rng.choice(found)
        parts[1]["New"] = {**node}
        _replace(node, {"$ref": "#/components/schemas/New"})
    return parts


def component_renamed(parts: Parts, _rng: random.Random) -> Parts:
    text = json.dumps(parts).replace('schemas/Cat"', 'schemas/Lion"').replace('"Cat":', '"Lion":')
    schema, components = json.loads(text)
    return schema, components


def split_by_all_of(parts: Parts, rng: random.Random) -> Parts:
    """Keywords that see each other stay together."""
    together = {"$ref", "additionalProperties", "items", "prefixItems", "properties"}
    for node in rng.sample(found := list(_nodes(parts)), min(2, len(found))):
        inner = {**node}
        kind = {"type": inner["type"]} if "type" in inner else {}
        alone = together & inner.keys() or len(inner) < 3
        split = [{**kind, word: value} for word, value in inner.items() if word != "type"]
        _replace(node, {"allOf": [inner] if alone else split})
    return parts


def wrapped_in_a_union_of_one(parts: Parts, rng: random.Random) -> Parts:
    for node in rng.sample(found := list(_nodes(parts)), min(2, len(found))):
        _replace(node, {rng.choice(("anyOf", "oneOf")): [{**node}]})
    return parts


def denied_twice(parts: Parts, rng: random.Random) -> Parts:
    for node in rng.sample(found := list(_nodes(parts)), min(1, len(found))):
        _replace(node, {"not": {"title": "Other", "allOf": [{"not": {**node}}]}})
    return parts


def texts_changed(parts: Parts, rng: random.Random) -> Parts:
    for node in _nodes(parts):
        if "$ref" not in node:
            node |= {"title": rng.choice("xyz"), "description": "Other.", "x-extra": 1}
    return parts


def said_in_other_keywords(parts: Parts, _rng: random.Random) -> Parts:
    for node in _nodes(parts):
        if node.keys() == {"type"} and isinstance(node["type"], list):
            _replace(node, {"anyOf": [{"type": name} for name in node["type"]]})
        elif len(node.get("enum", ())) > 1:
            node["anyOf"] = [{"const": value} for value in node.pop("enum")]
        elif node.get("additionalProperties") is True:
            del node["additionalProperties"]
        elif "exclusiveMinimum" in node and node["type"] == "integer":
            least = node.pop("exclusiveMinimum") + 1
            node["minimum"] = max(least, node.get("minimum", least))
    return parts


def _replace(node: dict[str, Any], fresh: dict[str, Any]) -> None:
    node.clear()
    node.update(fresh)


WORDINGS = [
    keys_reordered, lists_reordered, references_inlined, schema_made_component, component_renamed,
    split_by_all_of, wrapped_in_a_union_of_one, denied_twice, texts_changed, said_in_other_keywords,
]  # fmt: skip


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.__name__)
@given(seed=st.integers(0, 2**48))
def test_other_words_for_the_same_are_no_change(
    wording: Callable[[Parts, random.Random], Parts], seed: int
) -> None:
    for number in range(SCHEMAS_EACH):
        _assert_same(wording, seed + number)


@pytest.mark.parametrize("seed", [12, 86, 312, 1240, 2193, 2315])
def test_schemas_that_deny_or_exclude_themselves_are_no_change(seed: int) -> None:
    """Each was a false alarm once: recursion through `not` and oneOf, and double denials."""
    for wording in WORDINGS:
        _assert_same(wording, seed)


TEXT = {"type": "string"}
NO_EFFECT: list[tuple[Any, Any]] = [
    ({"type": "object", "if": {"required": ["a"]}}, {"type": "object"}),
    ({"type": "object", "then": {"required": ["a"]}}, {"type": "object"}),
    ({"type": "array", "contains": {"type": "string"}, "minContains": 0}, {"type": "array"}),
    (
        {"type": "number", "minimum": 1, "multipleOf": 5},
        {"type": "number", "minimum": 5, "multipleOf": 5},
    ),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer", "exclusiveMinimum": 0, "maximum": 0.5}]},
        {"type": "string"},
    ),
]
"""Schemas with something that has no effect, and without it."""


@pytest.mark.parametrize(("long", "short"), NO_EFFECT, ids=str)
def test_what_has_no_effect_is_no_change(long: Any, short: Any) -> None:
    assert diff(document(long, {}), document(short, {})) == []
    assert diff(document(short, {}), document(long, {})) == []


def test_true_is_not_1() -> None:
    old, new = (document({"enum": [value]}, {}) for value in (1, True))
    assert {c.side for c in diff(old, new) if c.breaking} == {"request", "response"}
    assert diff(old, document({"enum": [1.0]}, {})) == []


def test_a_document_without_servers_has_the_root_as_its_server() -> None:
    named = {**document({}, {}), "servers": [{"url": "/"}]}
    assert diff(named, document({}, {})) == []


def _assert_same(wording: Callable[[Parts, random.Random], Parts], seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    maker = SchemaMaker(rng)
    parts = maker.schema(), maker.components()
    other = wording(copy.deepcopy(parts), rng)
    told = _counting(diff(document(*parts), document(*other)))
    assert told == [], f"{told[0].sentence} {parts} {other}"


def _counting(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.severity is not ChangeSeverity.INFO]


@given(st.integers(0, 2**48))
def test_what_only_widens_is_harmless_to_send_and_what_narrows_to_read(seed: int) -> None:
    for number in range(SCHEMAS_EACH):
        rng = random.Random(seed + number)  # noqa: S311 - not for secrets
        maker = SchemaMaker(rng)
        schema, components = maker.schema(), maker.components()
        wider = document(_widened(copy.deepcopy(schema), maker), components)
        own = document(schema, components)
        told = [c for c in _counting(diff(own, wider)) if c.side == "request"]
        told += [c for c in _counting(diff(wider, own)) if c.side == "response"]
        assert told == [], f"{told[0].sentence} {schema} {wider}"


def _widened(schema: Any, maker: SchemaMaker) -> Any:
    """Loosen one place, outside of what denies or excludes."""
    found = list(_plain_nodes(schema))
    if found:
        node = maker.rng.choice(found)
        words = [word for word in LOOSE if word in node]
        if words:
            del node[maker.rng.choice(words)]
        elif "enum" in node:
            node["enum"] = [*node["enum"], "another"]
        elif "anyOf" in node:
            node["anyOf"].append(maker.schema(3))
    return schema


def _plain_nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for part in schema.get("properties", {}).values():
        yield from _plain_nodes(part)
    for word in ("allOf", "anyOf", "prefixItems"):
        for part in schema.get(word, ()):
            yield from _plain_nodes(part)
    yield from _plain_nodes(schema.get("items"))


WHOLES: list[tuple[Any, Any]] = [
    ({"type": "integer"}, {"type": "integer", "anyOf": [{"maximum": 5}, {"minimum": 6}]}),
    ({"type": "number"}, {"type": "number", "anyOf": [{"maximum": 5}, {"exclusiveMinimum": 5}]}),
    (
        {"type": "number", "minimum": 0},
        {"anyOf": [{"type": "number", "minimum": 3}, {"type": "number", "maximum": 4}]},
    ),
    ({"type": "string"}, {"type": "string", "anyOf": [{"maxLength": 5}, {"minLength": 6}]}),
    (
        {"type": "array", "items": {"type": "null"}},
        {"type": "array", "anyOf": [{"maxItems": 1}, {"minItems": 2, "items": {"type": "null"}}]},
    ),
    ({"type": "string", "pattern": "^[a-z]{3,5}$"}, {"type": "string", "minLength": 3}),
    ({"type": "string", "pattern": "^[a-z]{3,5}$"}, {"type": "string", "maxLength": 5}),
]
"""Pairs of which the second admits all that the first does, though no one part of it does."""
GAPS: list[tuple[Any, Any]] = [
    ({"type": "integer"}, {"type": "integer", "anyOf": [{"maximum": 5}, {"minimum": 7}]}),
    (
        {"type": "number"},
        {"type": "number", "anyOf": [{"exclusiveMaximum": 5}, {"exclusiveMinimum": 5}]},
    ),
    ({"type": "string"}, {"type": "string", "anyOf": [{"maxLength": 5}, {"minLength": 7}]}),
    ({"type": "string", "pattern": "^[a-z]{3,5}$"}, {"type": "string", "minLength": 4}),
    ({"type": "string", "pattern": "[a-z]{3,5}"}, {"type": "string", "maxLength": 5}),
]


@pytest.mark.parametrize(("part", "whole"), WHOLES)
def test_parts_that_make_up_a_whole_leave_nothing_out(part: Any, whole: Any) -> None:
    told = _counting(diff(document(part, {}), document(whole, {})))
    assert [change.sentence for change in told if change.side == "request"] == []


@pytest.mark.parametrize(("part", "whole"), GAPS)
def test_a_gap_between_parts_is_found(part: Any, whole: Any) -> None:
    told = _counting(diff(document(part, {}), document(whole, {})))
    assert [change.side for change in told if change.breaking][:1] == ["request"]


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_property_without_a_number_left_is_gone(kind: str) -> None:
    """Seen failing when bounds that cross count as a range."""
    some = {"properties": {"a": {"type": kind}}}
    none = {"properties": {"a": {"type": kind, "minimum": 5, "maximum": 4}}}
    told = diff(document(some, {}), document(none, {}))
    rules = {change.rule for change in told if change.breaking}
    assert rules == {"request-property-removed", "response-property-removed"}


@pytest.mark.parametrize("anything", [{}, True, {"description": "Anything."}])
def test_a_schema_that_says_nothing_takes_no_property_from_who_sends(anything: Any) -> None:
    """Answers that may be anything still break: there it is the type that widened."""
    some = {"type": "object", "properties": {"a": {"items": {"properties": {"b": TEXT}}}}}
    inside = {"type": "object", "properties": {"a": {"items": anything}}}
    for schema, less in ((some, anything), (some, inside)):
        told = diff(document(schema, {}), document(less, {}))
        assert {change.side for change in told if change.breaking} == {"response"}
    assert diff(document(anything, {}), document(anything, {})) == []


def test_a_property_with_an_empty_name_is_named() -> None:
    old, new = ({"type": "object", "required": names} for names in (["a"], ["a", ""]))
    told = [change.sentence for change in diff(document(old, {}), document(new, {}))]
    assert '`""` in the request body is a new required property.' in told


_A, _B = {"required": ["a"]}, {"required": ["b"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"not": {"anyOf": [_A, _B]}}, {"allOf": [{"not": _A}, {"not": _B}]}),
        ({"not": {"anyOf": [{"not": _A}, _B]}}, {"required": ["a"], "not": _B}),
        ({"not": _A}, {"properties": {"a": False}}),
        ({"not": {"type": "object", **_A}}, {"properties": {"a": False}}),
    ],
)
def test_a_denial_in_other_words_is_no_change(one: Any, other: Any) -> None:
    old, new = (document({"type": "object", **each}, {}) for each in (one, other))
    assert diff(old, new) == diff(new, old) == []


def test_who_denies_a_property_rules_it_out_and_denies_nothing_else() -> None:
    taken = {"type": "object", "properties": {"a": {"type": "string"}}}
    old, new = document(taken, {}), document({**taken, "not": _A}, {})
    told = {change.rule for change in diff(old, new) if change.breaking}
    assert told == {"request-property-removed", "response-property-removed"}
    both = document({**taken, "not": {"required": ["a", "b"]}}, {})
    assert [c.rule for c in diff(old, both) if c.breaking] == ["request-not-narrowed"]
    free, text = document({"not": _A}, {}), document({"not": _A, "type": "string"}, {})
    assert [c.rule for c in diff(free, text) if c.breaking] == ["request-type-narrowed"]
