"""Schemas are judged in a view of what they can reach: the same verdicts, and nothing else read."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from apiproof.openapi.references import Document, DocumentError, Located
from apiproof.openapi.validation import SchemaValidator

SCHEMAS: dict[str, Any] = {
    "Name": {"type": "string", "minLength": 2},
    "a/b~c d": {"type": "integer"},
    "Tree": {"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Tree"}}},
    "Maybe": {"type": "object", "properties": {"at": {"type": "string", "nullable": True}}},
}
PATHS: dict[str, Any] = {
    "/a": {"get": {"parameters": [{"name": "n", "in": "query", "schema": {"minimum": 3}}]}}
}


def document(version: str, schema: Any) -> Document:
    """A document whose schema `Start` is the one that is meant."""
    schemas = {**SCHEMAS, "Start": schema}
    return Document({"openapi": version, "paths": PATHS, "components": {"schemas": schemas}})


def accepts(found: Document, value: Any) -> bool:
    """Whether `Start` takes a value."""
    return SchemaValidator(found).accepts([start(found)], value)


def start(found: Document) -> Located:
    """The schema that is meant."""
    return found.root.at("components", "schemas", "Start")


@pytest.mark.parametrize(
    ("reference", "good", "bad"),
    [
        pytest.param("#/components/schemas/Name", "ab", "a", id="a schema"),
        pytest.param("#/components/schemas/a~1b~0c%20d", 1, "1", id="an escaped name"),
        pytest.param(
            "#/components/schemas/Tree", {"inner": {}}, {"inner": {"inner": 1}}, id="itself"
        ),
        pytest.param("#/components/schemas/Tree/properties/inner", {}, 1, id="below a schema"),
        pytest.param("#/paths/~1a/get/parameters/0/schema", 3, 2, id="a part of a path"),
    ],
)  # fmt: skip
def test_what_a_reference_names_is_reached(reference: str, good: Any, bad: Any) -> None:
    found = document("3.1.0", {"$ref": reference})
    assert accepts(found, good)
    assert not accepts(found, bad)


def test_what_a_reference_of_an_older_document_names_is_converted() -> None:
    found = document("3.0.3", {"$ref": "#/components/schemas/Maybe"})
    assert accepts(found, {"at": None})
    assert not accepts(found, {"at": 1})


def test_an_error_says_where_the_keyword_stands_in_the_document() -> None:
    found = document("3.0.3", {"items": {"$ref": "#/components/schemas/Maybe"}})
    (error,) = SchemaValidator(found).errors(start(found), [{"at": 1}])
    assert error.pointer == "/components/schemas/Maybe/properties/at/type"
    assert error.place == (0, "at")


def test_a_reference_that_leads_nowhere_is_no_schema() -> None:
    found = document("3.1.0", {"$ref": "#/components/schemas/Nobody"})
    with pytest.raises(DocumentError, match="not a usable schema"):
        accepts(found, 1)


class Unread(dict[str, Any]):
    """A schema that nobody may read."""

    def items(self) -> Any:
        """Say that somebody does."""
        raise AssertionError("a schema was read that cannot be reached")


def test_what_cannot_be_reached_is_not_read() -> None:
    found = document("3.1.0", {"items": {"$ref": "#/components/schemas/Name"}})
    raw = json.loads(json.dumps(found.raw))
    raw["components"]["schemas"]["Other"] = Unread(type="string")
    raw["paths"]["/b"] = {"get": Unread(responses={})}
    assert accepts(Document(raw), ["ab"])
    raw["components"]["schemas"]["Name"] = Unread(type="string")  # and the test can tell
    with pytest.raises(AssertionError, match="cannot be reached"):
        accepts(Document(raw), ["ab"])


def test_where_all_refer_to_all_no_schema_gets_a_view_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    original = jsonschema_rs.Registry

    def registry(resources: list[tuple[str, Any]]) -> Any:
        read.append(len(json.dumps(resources[0][1])))
        return original(resources)

    monkeypatch.setattr(jsonschema_rs, "Registry", registry)
    names = [f"S{number}" for number in range(60)]
    links = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    schemas: Mapping[str, Any] = {name: {"type": "object", "properties": links} for name in names}
    raw = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": schemas}}
    validator = SchemaValidator(raw)
    for name in names:
        schema = Document(raw).root.at("components", "schemas", name)
        assert validator.accepts([schema], {"S1": {"S2": {}}})
        assert not validator.accepts([schema], {"S1": {"S2": 1}})
    assert sum(read) < 4 * len(json.dumps(raw))
