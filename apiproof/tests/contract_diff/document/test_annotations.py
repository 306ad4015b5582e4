"""What documents say beside their rules: lifecycle, open enums, keywords without effect."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from apiproof.contract_diff.document import ChangeSeverity, diff

NEXT_YEAR = (dt.datetime.now(dt.UTC) + dt.timedelta(days=365)).date().isoformat()
LONG_AGO = "2020-01-01"


def _document(
    *, operation: dict[str, Any] | None = None, parameters: Any = (), schema: Any = None
) -> dict[str, Any]:
    content = {"application/json": {"schema": {} if schema is None else schema}}
    answer = {"200": {"description": "", "content": content}}
    post = {"requestBody": {"content": content}, "responses": answer, "parameters": [*parameters]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{kind}": {"post": {**post, **(operation or {})}}},
    }


def _rules(old: dict[str, Any], new: dict[str, Any]) -> dict[str, ChangeSeverity]:
    return {change.rule: change.severity for change in diff(old, new)}


def _ending(day: Any) -> dict[str, Any]:
    return {"deprecated": True, "x-sunset": day}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (_ending(NEXT_YEAR), {"deprecated": True}, "removed"),
        (_ending(NEXT_YEAR), _ending(LONG_AGO), "earlier"),
        (_ending(NEXT_YEAR), _ending("soon"), "invalid"),
        (_ending("soon"), _ending(NEXT_YEAR), "invalid"),
        (_ending(LONG_AGO), _ending(NEXT_YEAR), ""),
        (_ending(NEXT_YEAR), _ending(NEXT_YEAR), ""),
        (_ending(NEXT_YEAR), {}, ""),
    ],
)
def test_a_sunset_is_kept_or_put_off(old: Any, new: Any, word: str) -> None:
    """Of operations, of parameters and of properties alike."""
    parts = [{"operation": fact} for fact in (old, new)]
    told = {r for r, s in _rules(*(_document(**p) for p in parts)).items() if s == "error"}
    assert told == ({f"operation-sunset-{word}"} if word else set())
    query = {"name": "q", "in": "query", "schema": {"type": "string"}}
    documents = [_document(parameters=[{**query, **fact}]) for fact in (old, new)]
    told = {r for r, s in _rules(*documents).items() if s == "error"}
    assert told == ({f"request-parameter-sunset-{word}"} if word else set())
    documents = [
        _document(schema={"properties": {"a": {"type": "string", **fact}}}) for fact in (old, new)
    ]
    told = {r for r, s in _rules(*documents).items() if s == "error"}
    sides = ("request", "response")
    assert told == ({f"{side}-property-sunset-{word}" for side in sides} if word else set())


@pytest.mark.parametrize(
    ("day", "rule", "severity"),
    [
        (LONG_AGO, "operation-removed-after-sunset", ChangeSeverity.INFO),
        (NEXT_YEAR, "operation-removed", ChangeSeverity.ERROR),
        (None, "operation-removed", ChangeSeverity.ERROR),
    ],
)
def test_only_what_ended_as_announced_may_go(day: Any, rule: str, severity: ChangeSeverity) -> None:
    old = _document(operation=_ending(day) if day else {"deprecated": True})
    assert _rules(old, {**old, "paths": {}})[rule] is severity


@pytest.mark.parametrize(
    ("old", "new", "word", "severity"),
    [
        ("beta", "alpha", "decreased", ChangeSeverity.ERROR),
        ("alpha", "stable", "increased", ChangeSeverity.INFO),
        ("beta", "ga", "invalid", ChangeSeverity.ERROR),
        (["beta"], "beta", "invalid", ChangeSeverity.ERROR),
    ],
)
def test_levels_of_stability(old: Any, new: Any, word: str, severity: ChangeSeverity) -> None:
    documents = [_document(operation={"x-stability-level": level}) for level in (old, new)]
    assert _rules(*documents) == {f"operation-stability-{word}": severity}


def test_deprecated_properties_are_told() -> None:
    documents = [
        _document(schema={"properties": {"a": {"type": "string", **fact}}})
        for fact in ({}, {"deprecated": True})
    ]
    assert _rules(*documents) == {
        "request-property-deprecated": ChangeSeverity.INFO,
        "response-property-deprecated": ChangeSeverity.INFO,
    }
    assert set(_rules(*documents[::-1])) == {
        "request-property-reactivated",
        "response-property-reactivated",
    }


def test_a_value_that_an_open_enum_no_longer_names_breaks_who_sends_it() -> None:
    old, new = (
        _document(schema={"items": {"type": "string", "x-extensible-enum": values}})
        for values in (["a", "b"], ["b", "c"])
    )
    assert _rules(old, new) == {
        "request-extensible-enum-narrowed": ChangeSeverity.ERROR,
        "request-extensible-enum-widened": ChangeSeverity.INFO,
        "response-extensible-enum-narrowed": ChangeSeverity.INFO,
        "response-extensible-enum-widened": ChangeSeverity.INFO,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "array", "maximum": 10}, {"type": "array", "maximum": 5}),
        ({"type": "string"}, {"type": "string", "required": ["id"]}),
        (
            {"type": "string", "properties": {"title": {"type": "string"}}},
            {"type": "string", "properties": {"title": {"type": "integer"}}},
        ),
        ({"type": "object"}, {"type": "object", "format": "uuid"}),
    ],
)
def test_a_changed_keyword_that_has_no_effect_is_a_warning(old: Any, new: Any) -> None:
    """JSON Schema ignores it, the service may not: what it was meant for cannot be told."""
    wrapped = [_document(schema={"properties": {"a": {"allOf": [each]}}}) for each in (old, new)]
    assert set(_rules(*wrapped).values()) == {ChangeSeverity.WARNING}
    told = {"request-unused-keyword-changed", "response-unused-keyword-changed"}
    assert set(_rules(*wrapped)) == told
    assert _rules(wrapped[0], wrapped[0]) == {}


def test_schemas_that_contain_themselves_are_walked_once() -> None:
    def tree(**facts: Any) -> dict[str, Any]:
        whole = _document(schema={"$ref": "#/components/schemas/Tree"})
        node = {"properties": {"next": {"$ref": "#/components/schemas/Tree"}, "end": facts}}
        return {**whole, "components": {"schemas": {"Tree": node}}}

    changes = diff(tree(type="string"), tree(type="string", deprecated=True))
    assert [change.sentence for change in changes] == [
        "`end` in the request body is now deprecated.",
        "`end` in the 200 response body is now deprecated.",
    ]


def test_a_parameter_of_the_path_that_was_not_declared_is_compared() -> None:
    kind = {"name": "kind", "in": "path", "required": True}
    free = _document(parameters=[{**kind, "schema": {"type": "string"}}])
    bound = _document(parameters=[{**kind, "schema": {"enum": ["a", "b"]}}])
    assert _rules(_document(), free) == {}
    assert _rules(_document(), bound) == {"request-parameter-enum-narrowed": ChangeSeverity.ERROR}


@pytest.mark.parametrize(
    ("where", "facts", "breaking"),
    [
        ("query", {}, False),
        ("query", {"explode": False}, True),
        ("header", {}, True),
    ],
)
def test_a_text_that_becomes_a_list_is_read_apart(
    where: str,
    facts: dict[str, Any],
    breaking: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    text, items = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    old, new = (
        _document(parameters=[{"name": "q", "in": where, "schema": schema, **facts}])
        for schema in (text, items)
    )
    told = _rules(old, new).get("request-parameter-serialization-changed")
    assert (told is ChangeSeverity.ERROR) is breaking


def test_a_format_of_numbers_that_nobody_knows_restricts_as_one_of_texts_does() -> None:
    documents = [_document(schema={"type": "integer", **f}) for f in ({}, {"format": "unix"})]
    assert _rules(*documents)["request-format-narrowed"] is ChangeSeverity.ERROR


PARTS: dict[str, Any] = {"properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize("types", ["object", ["object", "null"]])
def test_a_type_that_was_only_meant_and_is_demanded_is_a_warning(types: Any) -> None:
    """By the letter, properties alone let a list be; by convention they mean an object."""
    meant = _document(schema={"properties": {"p": PARTS}})
    demanded = _document(schema={"properties": {"p": {"type": types, **PARTS}}})
    told = {rule for rule, s in _rules(meant, demanded).items() if s is ChangeSeverity.WARNING}
    assert told == {"request-type-declared"}
    told = {rule for rule, s in _rules(demanded, meant).items() if s is ChangeSeverity.WARNING}
    assert told == {"response-type-undeclared"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PARTS, {**PARTS, "required": []}),
        ({"type": "object", **PARTS}, {"allOf": [{"type": "object"}, PARTS]}),
        ({"type": "object", **PARTS}, {"$ref": "#/components/schemas/Thing"}),
    ],
)
def test_a_type_that_is_demanded_elsewhere_is_no_change(one: Any, other: Any) -> None:
    things = {"schemas": {"Thing": {"type": "object", **PARTS}}}
    documents = [{**_document(schema=each), "components": things} for each in (one, other)]
    assert _rules(*documents) == _rules(*documents[::-1]) == {}


def _pet(**discriminator: Any) -> dict[str, Any]:
    kinds = {"kind": {"type": "string"}, "sort": {"type": "string"}}
    pet = {"type": "object", "properties": kinds, "required": [*kinds]}
    return _document(schema={**pet, "discriminator": discriminator})


@pytest.mark.parametrize(
    ("new", "fact"),
    [
        (_pet(propertyName="sort", mapping={"c": "Cat"}), "is told apart by `sort`, no longer by"),
        (_pet(propertyName="kind", mapping={"c": "Dog"}), "names another schema `c`"),
    ],
)
def test_a_schema_that_others_extend_is_told_apart_by_another_property(new: Any, fact: str) -> None:
    """No value is refused for it; clients that were generated read by it."""
    old = _pet(propertyName="kind", mapping={"c": "#/components/schemas/Cat"})
    changes = diff(old, new)
    assert {change.rule for change in changes} == {
        "request-discriminator-changed",
        "response-discriminator-changed",
    }
    assert all(change.severity is ChangeSeverity.WARNING for change in changes)
    assert all(fact in change.sentence for change in changes)
    short = _pet(propertyName="kind", mapping={"c": "Cat", "d": "Dog"})
    assert diff(old, short) == []
