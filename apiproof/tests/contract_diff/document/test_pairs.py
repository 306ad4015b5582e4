"""Whatever an instance shows to be broken between two documents is reported; nothing crashes.

By convention an optional property that an object gains is harmless to send, so what was sent under
its name undeclared does not count.
The deep profile (`HYPOTHESIS_PROFILE=deep`) draws 100,000 pairs.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.contract_diff.document import Change, diff
from apiproof.openapi.document import DocumentError
from tests.contract_diff.document.schema_pairs import Pair, closed, pair, validator
from tests.contract_diff.document.wider_pairs import wider_pair

_GAINED = ("property-added", "variant-added")
PAIRS_EACH = 20
"""How many pairs an example draws: 5,000 examples of the deep profile make 100,000."""


@given(st.integers(0, 2**48))
def test_what_an_instance_shows_to_be_broken_is_reported(seed: int) -> None:
    for number in range(PAIRS_EACH):
        _assert_reported(seed + number)


@given(st.integers(0, 2**48))
def test_pairs_with_rare_keywords_are_compared(seed: int) -> None:
    for number in range(PAIRS_EACH // 4):
        _assert_pair_reported(wider_pair(seed + number), seed + number)


@pytest.mark.parametrize("word", ["then", "dependentSchemas"])
def test_what_a_condition_refers_to_is_compared(word: str) -> None:
    """The regression: conditions were compared by their words, what they refer to was not."""
    part = {"$ref": "#/components/schemas/Parcel"}
    whole = {"type": "object", "properties": {"a": {}}}
    arm = {"if": {"required": ["a"]}, "then": part} if word == "then" else {word: {"a": part}}
    old, new = (_document({**whole, **arm}) for _ in range(2))
    for document, kind in ((old, "string"), (new, "integer")):
        schemas = document["components"]["schemas"]
        schemas["Parcel"] = {"type": "object", "properties": {"b": {"type": kind}}}
    assert not diff(old, old)
    assert _told(diff(old, new), "request")
    assert _told(diff(old, new), "response")


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ({"if": True, "then": {"type": "string"}}, {"type": "string"}),
        ({"if": False, "then": {}, "else": {"type": "string"}}, {"type": "string"}),
        ({"if": {"type": "string"}, "then": {"type": "string"}}, {}),
        ({"if": {"const": 1}, "then": {"type": "string"}}, {"not": {"const": 1}}),
    ],
)
def test_a_condition_in_other_words_is_no_change(condition: Any, same: Any) -> None:
    old, new = _document(condition), _document(same)
    assert [change.rule for change in diff(old, new) if change.breaking] == []
    assert [change.rule for change in diff(new, old) if change.breaking] == []


TEXT: dict[str, Any] = {"type": "string"}
ONE_PLACE: dict[str, Any] = {"type": "array", "prefixItems": [{}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # nothing is unevaluated beside additionalProperties
            {"type": "object", "additionalProperties": True, "unevaluatedProperties": False},
            {"type": "object"},
        ),
        (  # what `contains` matched is evaluated
            {"type": "array", "contains": {"type": "string"}, "unevaluatedItems": False},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        (  # and so are the places of what is composed
            {"type": "array", "allOf": [{"prefixItems": [{}]}], "unevaluatedItems": False},
            {"type": "array", "maxItems": 1},
        ),
        (  # which leave no list of two
            {"anyOf": [TEXT, {**ONE_PLACE, "minItems": 2, "unevaluatedItems": False}]},
            TEXT,
        ),
    ],
)
def test_what_is_left_unevaluated_is_known(one: Any, other: Any) -> None:
    old, new = _document(one), _document(other)
    assert not any(change.breaking for change in diff(old, new) + diff(new, old))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_changes_below_one_condition_of_several_is_named(count: int) -> None:
    def document(longest: int) -> dict[str, Any]:
        kinds = [f"kind{number}" for number in range(count)]
        conditions = [
            {
                "if": {"type": "object", "properties": {"kind": {"const": kind}}},
                "then": {"properties": {f"of_{kind}": {"maxLength": longest}}},
            }
            for kind in kinds
        ]
        properties = {"kind": {"type": "string"}, **{f"of_{k}": {"type": "string"} for k in kinds}}
        return _document({"type": "object", "properties": properties, "allOf": conditions})

    rules = {change.rule for change in diff(document(9), document(8)) if change.breaking}
    assert rules == {"request-max-length-tightened"}
    assert diff(document(9), document(9)) == []


def test_names_by_pattern_are_names() -> None:
    """The regression: an object with nothing but patterns was taken to have no names."""
    part = {"type": "object", "additionalProperties": False, "patternProperties": {"^a": {}}}
    old, new = _document(part), _document({**part, "propertyNames": {"maxLength": 1}})
    assert _told(diff(old, new), "request")


@pytest.mark.parametrize("never", [False, {"not": {}}, {"type": "string", "enum": [1]}])
def test_a_property_that_is_ruled_out_in_an_open_object_is_reported(never: Any) -> None:
    """The regression: it was taken for a property that nobody speaks of, which may come."""
    taken: dict[str, Any] = {"type": "object"}
    old, new = _document(taken), _document({**taken, "properties": {"a": never}})
    breaking = [[c.rule for c in diff(*two) if c.breaking] for two in ((old, new), (new, old))]
    assert breaking == [["request-property-refused"], ["response-property-no-longer-refused"]]
    shut = _document({**taken, "additionalProperties": False})
    same = _document({**taken, "additionalProperties": False, "properties": {"a": never}})
    assert diff(shut, same) == diff(same, shut) == []


@pytest.mark.parametrize("seed", [27187, 28795, 47398])
def test_a_variant_that_overlaps_others_is_reported(seed: int) -> None:
    """Each was missed once: an open object was taken for part of one that restricts a property."""
    _assert_reported(seed)


def test_an_open_variant_is_no_part_of_one_that_restricts_what_it_leaves_open() -> None:
    kept: list[Any] = [{"type": "object", "properties": {"kind": {"type": "array"}}}, {}]
    old = _document({"oneOf": kept})
    new = _document({"oneOf": [*kept, {"type": "object", "maxProperties": 2}]})
    taken = {"kind": "parcel"}
    assert _judge(old).is_valid(taken)
    assert not _judge(new).is_valid(taken)
    assert _told(diff(old, new), "request")


def _document(schema: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    answer = {"200": {"description": "", **body}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": {"requestBody": body, "responses": answer}}},
        "components": {"schemas": {}},
    }


def test_a_schema_in_itself_is_not_taken_for_anything_where_conditions_are_met() -> None:
    """The regression: what a property admits was kept while the schema around it was read."""

    def document(rival: Any) -> dict[str, Any]:
        whole = _document({"$ref": "#/components/schemas/Cat"})
        inside = {"anyOf": [{"$ref": "#/components/schemas/Cat"}, rival]}
        other = {"properties": {"b": {"not": {"const": "a"}}}}
        cat = {"type": "object", "properties": {"b": inside}, "required": ["b"], "allOf": [other]}
        whole["components"]["schemas"]["Cat"] = cat
        return whole

    old, new = document({"type": "string"}), document({"type": "integer"})
    assert _told(diff(old, new), "request")
    assert _told(diff(old, new), "response")


@pytest.mark.parametrize("seed", [44405, 64850, 86330, 213871, 217926, 1006472, 1021332, 1027984])
def test_an_open_variant_that_goes_is_reported(seed: int) -> None:
    """Each was missed once: a sibling that restricts what it left open was taken for it."""
    _assert_reported(seed, values=30)


@pytest.mark.parametrize("side", ["request", "response"])
def test_an_open_variant_does_not_live_on_in_a_sibling_that_restricts_it(side: str) -> None:
    kept = {"type": "object", "properties": {"a": {"type": "string"}}}
    more, less = [_document({"anyOf": [kept, *some]}) for some in ([{"type": "object"}], [])]
    old, new = (more, less) if side == "request" else (less, more)
    assert _judge(more).is_valid({"a": 1})
    assert not _judge(less).is_valid({"a": 1})
    assert _told(diff(old, new), side)


def test_variants_joined_in_one_with_all_their_properties_are_harmless_to_send() -> None:
    """A control: nobody else lives on in the one, so what it declares binds nobody anew."""
    parts: list[Any] = [{"properties": {name: {"type": "string"}}} for name in ("a", "b")]
    joined = {"properties": {name: {"type": "string"} for name in ("a", "b")}}
    old, new = _document({"anyOf": parts}), _document(joined)
    assert not _told(diff(old, new), "request")


def _assert_reported(seed: int, values: int = 8) -> None:
    _assert_pair_reported(pair(seed, values), seed)


def _assert_pair_reported(drawn: Pair, seed: int) -> None:
    try:
        changes = diff(drawn.old, drawn.new)
    except DocumentError as error:
        assert "leads in a circle" in str(error)  # noqa: PT017 - a component may become itself
        return
    for side, instances, own, other in (
        ("request", drawn.old_values, drawn.old, drawn.new),
        ("response", drawn.new_values, drawn.new, drawn.old),
    ):
        refused = [value for value in instances if not _judge(other).is_valid(value)]
        if any(rule.endswith(_GAINED) for rule in _rules(changes, side)):
            refused = [value for value in refused if _judge(closed(own)).is_valid(value)]
        if refused:
            assert _told(changes, side), f"{refused[0]} of seed {seed} ({side})"


def _rules(changes: list[Change], side: str) -> set[str]:
    return {change.rule for change in changes if change.side == side}


@given(st.integers(0, 2**48))
def test_pairs_are_of_both_kinds(seed: int) -> None:
    """A control: a generator that never breaks anything would let every comparison pass."""
    drawn = [pair(seed + number) for number in range(40)]
    shown = [_shows_a_break(each) for each in drawn]
    assert any(shown)
    assert not all(shown)


def _shows_a_break(drawn: Pair) -> bool:
    new, old = _judge(drawn.new), _judge(drawn.old)
    return any(not new.is_valid(value) for value in drawn.old_values) or any(
        not old.is_valid(value) for value in drawn.new_values
    )


def _judge(document: dict[str, Any]) -> Any:
    operation = document["paths"]["/things"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return validator(schema, document["components"]["schemas"])


def _told(changes: list[Change], side: str) -> bool:
    """Whether a side has a change that counts; overlaps of a oneOf are told with less weight."""
    own = [change for change in changes if change.side == side]
    return any(change.breaking or "one-of" in change.rule for change in own)
