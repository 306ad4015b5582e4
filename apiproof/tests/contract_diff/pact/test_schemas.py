"""Expected response bodies against schemas of every build."""

from typing import Any

import pytest

from apiproof.openapi.document import DocumentError
from tests.contract_diff.pact.exchanges import answering, errors, expecting, warnings

NAME: dict[str, Any] = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "string"}},
}
AGE: dict[str, Any] = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "integer"}},
}
UNKNOWN = ["response-property-unknown"]


def test_other_properties_of_the_provider_are_fine() -> None:
    schema = {"allOf": [NAME, AGE], "required": ["n", "a", "z"]}
    assert errors(expecting({"n": "x"}), answering(schema)) == []


def test_property_that_may_be_absent_is_a_warning() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "string"}}}
    assert errors(expecting({"n": "x"}), answering(schema)) == []
    assert warnings(expecting({"n": "x"}), answering(schema)) == ["response-property-optional"]
    schema = {"type": "object", "properties": {"n": {"type": "string", "default": "x"}}}
    assert warnings(expecting({"n": "x"}), answering(schema)) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {},
        {"type": "object", "additionalProperties": True},
        {**NAME, "additionalProperties": True},
        {**NAME, "additionalProperties": {"type": "integer"}},
        {**NAME, "patternProperties": {"^x": {"type": "integer"}}},
        {"allOf": [NAME], "unevaluatedProperties": {"type": "integer"}},
    ],
)
def test_property_of_an_open_object_is_no_finding(schema: dict[str, Any]) -> None:
    assert errors(expecting({"x": 1}), answering(schema)) == []


@pytest.mark.parametrize(
    "schema",
    [
        NAME,
        {"allOf": [NAME, AGE]},
        {"oneOf": [NAME, AGE]},
        {"type": "object", "additionalProperties": False},
        {"$ref": "#/components/schemas/Name"},
        {"$ref": "#/components/schemas/Name", "description": "a sibling"},
        {"allOf": [NAME], "unevaluatedProperties": False},
        {"type": ["object", "null"], **{k: v for k, v in NAME.items() if k != "type"}},
    ],
)
def test_property_that_no_part_of_the_schema_has_is_an_error(schema: dict[str, Any]) -> None:
    assert errors(expecting({"x": 1}), answering(schema, Name=NAME)) == UNKNOWN


def test_alternatives_are_taken_one_at_a_time() -> None:
    assert errors(expecting({"n": "x"}), answering({"oneOf": [AGE, NAME]})) == []
    assert errors(expecting({"n": "x", "a": 1}), answering({"oneOf": [AGE, NAME]})) == UNKNOWN
    assert errors(expecting({"n": "x", "a": 1}), answering({"allOf": [AGE, NAME]})) == []


def test_branches_of_a_condition_are_alternatives() -> None:
    schema = {**NAME, "if": {"properties": {"n": {"const": "x"}}}, "then": AGE}
    assert errors(expecting({"n": "x", "a": 1}), answering(schema)) == []
    assert errors(expecting({"n": "x", "z": 1}), answering(schema)) == UNKNOWN


def test_reference_cycles_end() -> None:
    node = {
        "type": "object",
        "required": ["next", "all"],
        "properties": {
            "next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
            "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
        "allOf": [{"anyOf": [{"$ref": "#/components/schemas/Node"}, {}]}],
    }
    document = answering({"$ref": "#/components/schemas/Node"}, Node=node)
    assert errors(expecting({"next": {"next": None, "all": []}}), document) == []
    assert errors(expecting({"next": {"next": 1}}), document) == ["response-body-value"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": "string", "nullable": True, "enum": ["a"]},
        {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Name"}]},
        {"nullable": True, "oneOf": [{"$ref": "#/components/schemas/Name"}]},
        {"type": "object", "nullable": True, "allOf": [{"$ref": "#/components/schemas/Name"}]},
    ],
)
def test_nullable_of_version_3_0_allows_null(schema: dict[str, Any]) -> None:
    document = answering({"type": "object", "properties": {"v": schema}}, "3.0.3", Name=NAME)
    assert errors(expecting({"v": None}), document) == []
    assert errors(expecting({"v": None}, {"$.v": [{"match": "null"}]}), document) == []
    strict = answering({"type": "object", "properties": {"v": NAME}}, "3.0.3", Name=NAME)
    assert errors(expecting({"v": None}), strict) == ["response-body-type"]


def test_property_below_a_nullable_composition_is_still_checked() -> None:
    schema = {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Name"}]}
    inner = {**NAME, "properties": {"n": {"nullable": True, "allOf": [{"type": "integer"}]}}}
    document = answering(schema, "3.0.3", Name=inner)
    assert errors(expecting({"n": 1}), document) == []
    assert errors(expecting({"n": None}), document) == []
    assert errors(expecting({"n": "x"}), document) == ["response-body-value"]


def test_write_only_property_is_never_answered() -> None:
    secret = {"type": "object", "properties": {"p": {"type": "string", "writeOnly": True}}}
    assert errors(expecting({"p": "x"}), answering(secret)) == ["response-property-write-only"]


PETS: dict[str, Any] = {
    "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
    "Cat": {
        "type": "object",
        "required": ["kind", "lives"],
        "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind", "barks"],
        "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}},
    },
}


def test_discriminator_chooses_by_mapping_and_by_name() -> None:
    mapped = {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}}
    named = {"propertyName": "kind"}
    for discriminator, kind in ((mapped, "cat"), (named, "Cat")):
        pets = {**PETS, "Pet": {**PETS["Pet"], "discriminator": discriminator}}
        document = answering({"$ref": "#/components/schemas/Pet"}, **pets)
        assert errors(expecting({"kind": kind, "lives": 9}), document) == []
        assert errors(expecting({"kind": kind, "barks": True}), document) == UNKNOWN


def test_discriminator_value_that_is_mapped_to_nothing_is_an_error() -> None:
    mapping = {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}
    pet = {**PETS["Pet"], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    document = answering({"$ref": "#/components/schemas/Pet"}, **{**PETS, "Pet": pet})
    assert errors(expecting({"kind": "fish"}), document) == ["response-body-value"]


def test_heirs_of_a_base_schema_are_its_alternatives() -> None:
    base = {**NAME, "discriminator": {"propertyName": "n"}}
    heir = {"allOf": [{"$ref": "#/components/schemas/Base"}, AGE]}
    document = answering({"$ref": "#/components/schemas/Base"}, Base=base, Heir=heir)
    assert errors(expecting({"n": "Heir", "a": 1}), document) == []
    assert errors(expecting({"a": 1}), document) == []
    assert errors(expecting({"n": "Heir", "z": 1}), document) == UNKNOWN


def test_tuple_items_have_schemas_of_their_own() -> None:
    schema = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
    assert errors(expecting(["x", 1]), answering(schema)) == []
    assert errors(expecting([1, "x"]), answering(schema)) == ["response-body-type"] * 2


def test_matcher_of_a_list_wants_every_item_like_the_first_example() -> None:
    schema: dict[str, Any] = {"type": "array", "prefixItems": [NAME], "items": AGE}
    each_like = {"$": [{"match": "type"}]}
    assert warnings(expecting([{"n": "x"}], each_like), answering(schema)) == UNKNOWN
    schema["minItems"] = 2
    assert errors(expecting([{"n": "x"}], each_like), answering(schema)) == UNKNOWN
    assert errors(expecting([{"n": "x"}], each_like), answering({**schema, "items": NAME})) == []
    schema = {"type": "array", "prefixItems": [NAME], "items": False}
    assert warnings(expecting([{"n": "x"}], each_like), answering(schema)) == []


def test_numbers_as_keys_and_in_paths_are_no_trouble() -> None:
    schema = {"type": "object", "properties": {"200": {"type": "object", "properties": {"1": AGE}}}}
    assert errors(expecting({"200": {"1": {"a": "x"}}}), answering(schema)) == [
        "response-body-type"
    ]


@pytest.mark.parametrize("parts", [{"A": "A"}, {"A": "B", "B": "A"}])
def test_references_that_only_lead_in_a_circle_promise_nothing(parts: dict[str, str]) -> None:
    schemas: dict[str, Any] = {
        name: {"$ref": f"#/components/schemas/{to}"} for name, to in parts.items()
    }
    document = answering({"$ref": "#/components/schemas/A"}, **schemas)
    with pytest.raises(DocumentError, match="leads in a circle"):
        errors(expecting({"n": "x"}), document)


def test_a_schema_may_hold_itself() -> None:
    """A control: a circle that passes a property ends with the value."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    document = answering({"$ref": "#/components/schemas/Node"}, Node=node)
    assert errors(expecting({"next": {"next": {}}}), document) == []


@pytest.mark.parametrize(("version", "found"), [("3.0.3", False), ("3.1.0", True)])
def test_nullable_is_no_keyword_since_openapi_3_1(version: str, found: bool) -> None:  # noqa: FBT001 - a case
    name = {"type": "string", "nullable": True}
    document = answering({**NAME, "properties": {"n": name}})
    assert bool(errors(expecting({"n": None}), {**document, "openapi": version})) is found
