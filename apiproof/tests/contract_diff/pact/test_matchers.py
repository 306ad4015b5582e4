"""What each matcher leaves of an example, against what a schema allows."""

from typing import Any

import pytest

from apiproof.contract_diff.pact import PactSeverity, compare
from tests.contract_diff.pact.exchanges import answering, errors, expecting

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
ENUM: dict[str, Any] = {"enum": ["on", "off"]}
UUID = {"type": "string", "format": "uuid"}
DATE = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "date-time"}
LIST = {"type": "array", "items": STRING}
MAP = {"type": "object", "additionalProperties": INTEGER}

KEYED = {"type": "object", "required": ["a"], "properties": {"a": INTEGER}}
CONTAINS = {
    "match": "arrayContains",
    "variants": [
        {"index": 0, "rules": {"$": {"matchers": [{"match": "integer"}]}}},
        {"index": 1, "rules": {"$": {"matchers": [{"match": "type"}]}}},
    ],
}
TYPE = {"match": "type"}
ISO = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"


def regex(pattern: str) -> dict[str, str]:
    return {"match": "regex", "regex": pattern}


FITTING: list[tuple[Any, dict[str, Any] | None, Any]] = [
    ("on", None, ENUM),
    ("on", {"match": "equality"}, ENUM),
    ("anything", TYPE, ENUM),
    ("not a uuid", TYPE, UUID),
    (1, TYPE, NUMBER),
    (1.5, TYPE, INTEGER),
    (-1, TYPE, {"type": "integer", "minimum": 0}),
    (None, TYPE, {"type": ["string", "null"]}),
    (1, {"match": "integer"}, INTEGER),
    (1, {"match": "integer"}, NUMBER),
    (1.5, {"match": "decimal"}, NUMBER),
    (1, {"match": "number"}, INTEGER),
    (True, {"match": "boolean"}, {"type": "boolean"}),
    (True, {"match": "boolean"}, {"enum": [True, "auto"]}),
    (None, {"match": "null"}, {"anyOf": [STRING, {"type": "null"}]}),
    ("on", regex("on|off"), ENUM),
    ("x", regex("^o.*"), ENUM),
    ("00000000-0000-4000-8000-000000000000", regex("^[0-9a-f-]{36}$"), UUID),
    ("abc", regex("^[a-z]+$"), {"type": "string", "maxLength": 2}),
    ("ab", regex("^[a-z]+$"), {"type": "string", "minLength": 5}),
    (12, regex(r"^\d+$"), INTEGER),
    ("x", regex("(?<=broken"), STRING),
    ("a dice", {"match": "include", "value": "dice"}, STRING),
    ("on", {"match": "include", "value": "ff"}, ENUM),
    ("2026-01-02", {"match": "date", "format": "yyyy-MM-dd"}, DATE),
    ("2026-01-02", {"match": "date"}, DATE),
    ("02/01/2026", {"match": "date", "format": "dd/MM/yyyy"}, STRING),
    ("2026-01-02T03:04:05.678Z", {"match": "timestamp", "timestamp": ISO}, TIME),
    ("2026-01-02T03:04:05.678Z", {"match": "datetime", "format": ISO}, TIME),
    ("2026-01-02T03:04:05", {"match": "datetime", "format": "yyyy-MM-dd'T'HH:mm:ss"}, TIME),
    ("12:30:00", {"match": "time", "format": "HH:mm:ss"}, STRING),
    ("1.2.3", {"match": "semver"}, STRING),
    ("x", {"match": "notEmpty"}, STRING),
    (["a"], {"match": "type", "min": 1}, LIST),
    (["a", "b"], {"match": "type", "min": 1, "max": 2}, {**LIST, "minItems": 2}),
    ([], TYPE, {**LIST, "minItems": 1}),
    (["a"], {"match": "notEmpty"}, LIST),
    ({"a": 1}, {"match": "values"}, MAP),
    ({"a": 1}, {"match": "eachKey", "rules": [regex("[a-z]")]}, KEYED),
    (["b"], {"match": "notEmpty"}, {"type": "array", "items": {"enum": ["a"]}}),
    ([1, "a"], CONTAINS, {"type": "array", "prefixItems": [STRING, INTEGER]}),
    ({"a": 1}, {"match": "eachKey", "rules": [regex("[a-z]")]}, MAP),
    ({"a": 1}, {"match": "eachValue", "rules": [{"match": "integer"}]}, MAP),
    ({"a": [1, {"b": None}]}, TYPE, {}),
    ({"a": [1, {"b": None}]}, TYPE, True),
]

UNCLEAR = [{"match": "a plugin's own"}, {"match": "Type"}, {"match": "ignore-order"}]

BROKEN: list[tuple[Any, dict[str, Any] | None, Any, str]] = [
    ("x", None, ENUM, "response-body-value"),
    ("x", {"match": "equality"}, ENUM, "response-body-value"),
    ("1", TYPE, INTEGER, "response-body-type"),
    (1, TYPE, STRING, "response-body-type"),
    (True, TYPE, NUMBER, "response-body-type"),
    (1, TYPE, ENUM, "response-body-type"),
    (None, TYPE, STRING, "response-body-type"),
    ("1", {"match": "integer"}, STRING, "response-body-type"),
    (1.5, {"match": "decimal"}, INTEGER, "response-body-type"),
    (1, {"match": "number"}, STRING, "response-body-type"),
    (True, {"match": "boolean"}, STRING, "response-body-type"),
    (None, {"match": "null"}, STRING, "response-body-type"),
    ("yes", regex("^(yes|no)$"), ENUM, "response-body-value"),
    ("123", regex(r"^\d+$"), UUID, "response-body-value"),
    ("123", regex(r"^\d+$"), INTEGER, "response-body-type"),
    ("x", {"match": "include", "value": "dice"}, ENUM, "response-body-value"),
    ("02/01/2026", {"match": "date", "format": "dd/MM/yyyy"}, DATE, "response-body-value"),
    ("2026-01-02", {"match": "date", "format": "yyyy-MM-dd"}, TIME, "response-body-value"),
    ("2026-01-02T03:04:05Z", {"match": "timestamp"}, DATE, "response-body-value"),
    ("2026-01-02T03:04:05Z", {"match": "timestamp"}, INTEGER, "response-body-type"),
    ("1.2.3", {"match": "semver"}, UUID, "response-body-value"),
    ("x", {"match": "notEmpty"}, {"type": "string", "maxLength": 0}, "response-body-value"),
    ("x", {"match": "notEmpty"}, {"enum": [""]}, "response-body-value"),
    ("2020", {"match": "date", "format": "yyyy-MM"}, {"enum": ["2020-13"]}, "response-body-value"),
    ("10:00", {"match": "time", "format": "HH:mm"}, {"enum": ["25:00"]}, "response-body-value"),
    (
        {"a": 1},
        {"match": "values"},
        {**MAP, "additionalProperties": {"const": 2}},
        "response-body-value",
    ),
    ({"a": 1}, {"match": "eachKey", "rules": [regex("[b-z]")]}, KEYED, "response-property-key"),
    (
        {"b": 1},
        {"match": "eachKey", "rules": [regex("[a-z]")]},
        {**MAP, "propertyNames": {"minLength": 2}},
        "response-property-key",
    ),
    ([1, "a"], CONTAINS, {"type": "array", "items": INTEGER}, "response-body-type"),
    (["a"], TYPE, STRING, "response-body-type"),
    (["a"], {"match": "type", "min": 3}, {**LIST, "maxItems": 2}, "response-body-length"),
    (["a"], {"match": "type", "max": 1}, {**LIST, "minItems": 2}, "response-body-length"),
    (["a"], None, {**LIST, "minItems": 2}, "response-body-length"),
    ([1], {"match": "type", "min": 1}, LIST, "response-body-type"),
    ({"a": "x"}, {"match": "values"}, MAP, "response-body-type"),
    ({"a": 1}, {"match": "eachValue", "rules": [{"match": "boolean"}]}, MAP, "response-body-type"),
    ({"a": 1}, TYPE, LIST, "response-body-type"),
    ("x", TYPE, False, "response-body-type"),
]


@pytest.mark.parametrize(("example", "matcher", "schema"), FITTING)
def test_matcher_that_the_schema_can_satisfy_is_no_finding(
    example: Any, matcher: dict[str, Any] | None, schema: Any
) -> None:
    rules = {"$.v": [matcher]} if matcher else None
    document = answering({"type": "object", "required": ["v"], "properties": {"v": schema}})
    assert errors(expecting({"v": example}, rules), document) == []


@pytest.mark.parametrize(("example", "matcher", "schema", "rule"), BROKEN)
def test_matcher_that_the_schema_can_never_satisfy_is_an_error(
    example: Any, matcher: dict[str, Any] | None, schema: Any, rule: str
) -> None:
    rules = {"$.v": [matcher]} if matcher else None
    document = answering({"type": "object", "required": ["v"], "properties": {"v": schema}})
    assert errors(expecting({"v": example}, rules), document) == [rule]


@pytest.mark.parametrize("matcher", UNCLEAR, ids=lambda matcher: matcher["match"])
def test_matcher_that_is_none_of_pacts_is_not_compared(matcher: dict[str, Any]) -> None:
    document = answering({"type": "object", "required": ["v"], "properties": {"v": STRING}})
    [found] = compare(expecting({"v": "x"}, {"$.v": [matcher]}), document)
    assert found.severity is PactSeverity.NOT_COMPARED
    assert matcher["match"] in found.message


def test_all_matchers_joined_by_and_must_be_possible() -> None:
    rules = {"$": [{"match": "type"}, regex("^z")]}
    assert errors(expecting("z", rules), answering(ENUM)) == ["response-body-value"]


def test_equality_of_a_whole_leaves_no_rule_below() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"const": 2}}}
    loose = {"$.v.a": [{"match": "integer"}]}
    document = answering({"type": "object", "required": ["v"], "properties": {"v": schema}})
    assert errors(expecting({"v": {"a": 1}}, loose), document) == []
    exact = {"$.v": [{"match": "equality"}], **loose}
    assert errors(expecting({"v": {"a": 1}}, exact), document) == ["response-body-value"]


def test_one_of_the_matchers_joined_by_or_is_enough() -> None:
    rules = {"$": [{"match": "null"}, regex("^o.*")]}
    assert errors(expecting("on", rules, "OR"), answering(ENUM)) == []


def test_or_null_allows_an_object_that_may_be_null() -> None:
    rules = {"$": [{"match": "null"}, {"match": "type"}]}
    assert errors(expecting({"a": 1}, rules, "OR"), answering({"type": ["string", "null"]})) == []


def test_type_matcher_of_a_parent_loosens_what_is_below_but_not_a_rule_of_its_own() -> None:
    schema = {"type": "object", "properties": {"a": ENUM, "b": ENUM}, "required": ["a", "b"]}
    rules: dict[str, list[Any]] = {"$": [TYPE], "$.b": [{"match": "equality"}]}
    assert errors(expecting({"a": "x", "b": "x"}, rules), answering(schema)) == [
        "response-body-value"
    ]


def test_star_in_an_expression_stands_for_every_item_and_key() -> None:
    schema = {"type": "array", "items": {"type": "object", "additionalProperties": UUID}}
    assert errors(expecting([{"k": "x"}], {"$[*].*": [TYPE]}), answering(schema)) == []
    assert errors(expecting([{"k": "x"}], {"$[*].z": [TYPE]}), answering(schema)) == [
        "response-body-value"
    ]


def test_array_contains_asks_for_each_variant_among_the_items() -> None:
    items = {"type": "object", "properties": {"id": INTEGER}, "required": ["id"]}
    fitting = {"match": "arrayContains", "variants": [{"index": 0, "rules": {}}]}
    document = answering({"type": "array", "items": items})
    assert errors(expecting([{"id": 1}], {"$": [fitting]}), document) == []
    assert errors(expecting([{"id": "1"}], {"$": [fitting]}), document) == ["response-body-type"]


def test_each_key_makes_keys_mere_examples() -> None:
    schema = {"type": "object", "properties": {"a": INTEGER}, "additionalProperties": False}
    loose = {"$": [{"match": "eachKey", "rules": [regex("[a-z]")]}]}
    assert errors(expecting({"z": 1}, loose), answering(schema)) == []
    assert errors(expecting({"z": "1"}, loose), answering(schema)) == ["response-body-type"]
    assert errors(expecting({"z": 1}), answering(schema)) == ["response-property-unknown"]
