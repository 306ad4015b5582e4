"""What keywords that documents seldom use refuse is reported, wherever in a schema they stand.

Random pairs hardly ever break by one of them alone (one pair in several hundred), so each is given
here: a schema, the keyword that joins it, and a value that nothing but the keyword refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from apiproof.contract_diff.document import diff
from tests.contract_diff.document.schema_pairs import document, validator


class Rare(NamedTuple):
    """A schema, keywords that join it, and a value that only they refuse."""

    schema: dict[str, Any]
    keywords: dict[str, Any]
    refused: Any


class Place(NamedTuple):
    """What stands around a schema, and around a value of it; components by their names."""

    schema: Callable[[Any], Any]
    value: Callable[[Any], Any] = lambda value: value
    components: Callable[[Any], dict[str, Any]] = lambda _schema: {}


_OBJECT: dict[str, Any] = {"type": "object"}
_LIST: dict[str, Any] = {"type": "array"}
_TEXTS: dict[str, Any] = {**_LIST, "contains": {"type": "string"}}
_NEEDS_B: dict[str, Any] = {"required": ["b"]}
RARE = {
    "then": Rare(_OBJECT, {"if": {"required": ["a"]}, "then": _NEEDS_B}, {"a": 1}),
    "else": Rare(_OBJECT, {"if": {"required": ["a"]}, "else": _NEEDS_B}, {}),
    "dependentSchemas": Rare(_OBJECT, {"dependentSchemas": {"a": _NEEDS_B}}, {"a": 1}),
    "dependentRequired": Rare(_OBJECT, {"dependentRequired": {"a": ["b"]}}, {"a": 1}),
    "patternProperties": Rare(
        _OBJECT, {"patternProperties": {"^a": {"type": "string"}}}, {"ab": 1}
    ),
    "propertyNames": Rare(_OBJECT, {"propertyNames": {"maxLength": 1}}, {"ab": 1}),
    "minProperties": Rare(_OBJECT, {"minProperties": 1}, {}),
    "unevaluatedProperties": Rare(
        {**_OBJECT, "allOf": [{"properties": {"a": {}}}]},
        {"unevaluatedProperties": False},
        {"a": 1, "b": 2},
    ),
    "unevaluatedItems": Rare(
        {**_LIST, "allOf": [{"prefixItems": [{}]}]}, {"unevaluatedItems": False}, [1, 2]
    ),
    "prefixItems": Rare(_LIST, {"prefixItems": [{"type": "string"}]}, [1]),
    "contains": Rare(_LIST, {"contains": {"type": "string"}}, [1]),
    "minContains": Rare(_TEXTS, {"minContains": 2}, ["a"]),
    "maxContains": Rare(_TEXTS, {"maxContains": 1}, ["a", "b"]),
    "not": Rare(_OBJECT, {"not": {"required": ["a", "b"]}}, {"a": 1, "b": 2}),
    "const": Rare(_OBJECT, {"const": {"a": 1}}, {"a": 2}),
    "enum": Rare(_LIST, {"enum": [[1], []]}, [2]),
}
_PART = {"$ref": "#/components/schemas/Part"}
PLACES = {
    "whole": Place(lambda schema: schema),
    "property": Place(
        lambda schema: {**_OBJECT, "properties": {"p": schema}, "required": ["p"]},
        lambda value: {"p": value},
    ),
    "any name": Place(
        lambda schema: {**_OBJECT, "additionalProperties": schema}, lambda value: {"p": value}
    ),
    "item": Place(lambda schema: {**_LIST, "items": schema}, lambda value: [value]),
    "component": Place(lambda _schema: _PART, components=lambda schema: {"Part": schema}),
    "allOf": Place(lambda schema: {"allOf": [{}, schema]}),
    "anyOf": Place(lambda schema: {"anyOf": [{"type": "boolean"}, schema]}),
    "not of not": Place(lambda schema: {"not": {"not": schema}}),
}


def _document(place: Place, schema: Any) -> dict[str, Any]:
    return document(place.schema(schema), place.components(schema))


def _takes(place: Place, schema: Any, value: Any) -> bool:
    judge = validator(place.schema(schema), place.components(schema))
    return bool(judge.is_valid(place.value(value)))


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("word", RARE)
def test_what_rare_keywords_break_is_reported(word: str, where: str) -> None:
    rare, place = RARE[word], PLACES[where]
    restricted = {**rare.schema, **rare.keywords}
    assert _takes(place, rare.schema, rare.refused)
    assert not _takes(place, restricted, rare.refused)
    free, bound = _document(place, rare.schema), _document(place, restricted)
    for old, new, side in ((free, bound, "request"), (bound, free, "response")):
        breaking = {change.side for change in diff(old, new) if change.breaking}
        assert side in breaking
    assert diff(free, free) == diff(bound, bound) == []


@pytest.mark.parametrize("word", RARE)
def test_rare_keywords_that_go_harm_nobody_who_sends(word: str) -> None:
    """A control: what only widens is no break of requests, and of answers if it only narrows."""
    rare, place = RARE[word], PLACES["property"]
    free = _document(place, rare.schema)
    bound = _document(place, {**rare.schema, **rare.keywords})
    for old, new, side in ((bound, free, "request"), (free, bound, "response")):
        assert side not in {change.side for change in diff(old, new) if change.breaking}
