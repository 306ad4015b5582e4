"""References that name a URI or an anchor lead where JSON Schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apiproof.contract_diff.document import diff
from apiproof.contract_diff.document.report import pointers
from apiproof.openapi.document import DocumentError, load_document
from apiproof.openapi.references import Document
from apiproof.openapi.validation import SchemaValidator

WHOLE = "https://things.test/api/openapi.json"


def _document(reference: dict[str, Any], schemas: dict[str, Any], **facts: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": reference}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": {"requestBody": body, "responses": {}}}},
        "components": {"schemas": schemas},
        **facts,
    }


def _refused(folder: Path, old: dict[str, Any], new: dict[str, Any], **files: Any) -> list[str]:
    """Return the places below the body of which a type changed."""
    for name, content in {"old": old, "new": new, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    changes = diff(load_document(folder / "old.json"), load_document(folder / "new.json"))
    assert {change.rule for change in changes} <= {"request-type-changed"}
    return [".".join(change.place.path) for change in changes]


def _by_id(kind: str) -> dict[str, Any]:
    user = {"$id": "https://things.test/user", "type": kind}
    return _document({"$ref": "https://things.test/user"}, {"User": user})


def _by_relative_id(kind: str) -> dict[str, Any]:
    return _document({"$ref": "user"}, {"User": {"$id": "user", "type": kind}})


def _by_self(kind: str) -> dict[str, Any]:
    ref = {"$ref": f"{WHOLE}#/components/schemas/User"}
    facts = {"openapi": "3.2.0", "$self": WHOLE}
    return _document(ref, {"User": {"type": kind}}, **facts)


def _by_dynamic_anchor(kind: str) -> dict[str, Any]:
    return _document({"$dynamicRef": "#user"}, {"User": {"$dynamicAnchor": "user", "type": kind}})


@pytest.mark.parametrize("document", [_by_id, _by_relative_id, _by_self, _by_dynamic_anchor])
def test_what_a_uri_names_is_compared(tmp_path: Path, document: Any) -> None:
    assert _refused(tmp_path, document("string"), document("integer")) == [""]
    assert _refused(tmp_path, document("string"), document("string")) == []


@pytest.mark.parametrize("document", [_by_id, _by_relative_id, _by_self, _by_dynamic_anchor])
def test_what_a_uri_names_judges_values(tmp_path: Path, document: Any) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document("string")), encoding="utf-8")
    whole = Document(load_document(tmp_path / "openapi.json"))
    body = whole.root.at("paths", "/things", "post", "requestBody", "content", "application/json")
    validator = SchemaValidator(whole)
    assert validator.accepts([body.at("schema")], "text")
    assert not validator.accepts([body.at("schema")], 1)


def test_a_dynamic_reference_that_cannot_be_judged_is_told_in_one_line(tmp_path: Path) -> None:
    """Which schema is meant depends on the way that leads to it: none is chosen for it."""
    named = {name: {"$dynamicAnchor": "s", "type": "string"} for name in "AB"}
    document = _document({"$dynamicRef": "#s"}, named)
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    whole = Document(load_document(tmp_path / "openapi.json"))
    body = whole.root.at("paths", "/things", "post", "requestBody", "content", "application/json")
    with pytest.raises(
        DocumentError, match=r"2 schemas have .* s .*#/components/schemas/A"
    ) as caught:
        SchemaValidator(whole).accepts([body.at("schema")], "text")
    assert "name one by $ref" in str(caught.value)
    assert "\n" not in str(caught.value)


_ODD = {"$ref": 5}
_PARKED = {"x-parked": {"Odd": {"items": _ODD}}}


@pytest.mark.parametrize(
    "document",
    [
        _document(_ODD, {}),
        _document({"$ref": None}, {}),
        _document({"$ref": ["#/components/schemas/A"]}, {"A": {}}),
        _document({}, {"Unused": {"properties": {"x-a": {"items": _ODD}}}}),
        _document({"properties": {"properties": {"properties": {"example": _ODD}}}}, {}),
        _document({}, {}, components={"parameters": {"P": _ODD}, "responses": {"R": _ODD}}),
        _document({}, {}, paths={"/a": _ODD}),
        _document({"$ref": "#/x-parked/Odd"}, {}, **_PARKED),
        _document({"$ref": "#/x-parked"}, {}, **_PARKED),
        {**_document(_ODD, {}), "openapi": "3.0.3"},
    ],
)
def test_a_reference_that_is_no_text_is_refused(tmp_path: Path, document: Any) -> None:
    """Two equal documents with one were equal, and so without a change."""
    (tmp_path / "old.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(
        DocumentError, match=r"old.json: the reference at #/\S*/\$ref is no text"
    ) as why:
        load_document(tmp_path / "old.json")
    assert "\n" not in str(why.value)


def test_a_reference_of_another_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x-parts.json").write_text(json.dumps({"A": {"items": _ODD}}), encoding="utf-8")
    document = _document({"$ref": "x-parts.json#/A"}, {})
    (tmp_path / "old.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"reference at x-parts.json#/A/items/\$ref is no text"):
        load_document(tmp_path / "old.json")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"$ref": {"type": "string"}}, "required": ["$ref"]},
        {"properties": {"$ref": True}, "patternProperties": {"$ref": True}},
        {"dependentRequired": {"$ref": ["a"]}, "dependentSchemas": {"$ref": {}}},
        {"$defs": {"$ref": {}}},
        {"example": _ODD, "examples": [_ODD], "default": _ODD, "const": _ODD, "enum": [_ODD]},
        {"x-note": _ODD, "x-notes": [{"a": _ODD}]},
    ],
)
def test_a_name_or_data_like_a_reference_is_none(tmp_path: Path, schema: Any) -> None:
    parts = {"examples": {"A": {"value": _ODD}}, "schemas": {"A": schema}}
    document = _document({"$ref": "#/components/schemas/A"}, {}, components=parts, **_PARKED)
    document["servers"] = [{"url": "/{$ref}", "variables": {"$ref": {"default": "a"}}}]
    assert _refused(tmp_path, document, document) == []


def test_references_in_a_schema_with_an_id_are_relative_to_it(tmp_path: Path) -> None:
    def document(kind: str) -> dict[str, Any]:
        parts = {
            "A": {"type": kind},
            "B": {"$id": "part", "type": kind},
            "C": {"$anchor": "here", "type": kind},
        }
        names = {"a": "#/$defs/A", "b": "part", "c": "#here", "d": "#/components/schemas/D"}
        properties = {name: {"$ref": ref} for name, ref in names.items()}
        whole = {"$id": "https://things.test/w", "properties": properties, "$defs": parts}
        return _document({"$ref": "#/components/schemas/W"}, {"W": whole, "D": {"type": kind}})

    assert sorted(_refused(tmp_path, document("string"), document("integer"))) == list("abcd")


def test_an_anchor_is_of_its_own_schema(tmp_path: Path) -> None:
    """The document's own is meant, whatever a schema with an identifier calls its parts."""

    def document(kind: str) -> dict[str, Any]:
        other = {"$id": "https://things.test/p", "$defs": {"z": {"$anchor": "a", "type": kind}}}
        return _document({"$ref": "#a"}, {"P": other, "Q": {"$anchor": "a", "type": "string"}})

    assert _refused(tmp_path, document("string"), document("integer")) == []


def test_an_identifier_among_data_or_names_is_none(tmp_path: Path) -> None:
    data = {"$id": "user", "type": "string"}
    user = {"type": "object", "properties": {"$id": {"type": "string"}}, "example": data}
    (tmp_path / "old.json").write_text(json.dumps(_document({"$ref": "user"}, {"User": user})))
    with pytest.raises(DocumentError, match="leads to no file"):
        load_document(tmp_path / "old.json")


def test_an_anchor_of_another_file_is_followed_and_the_file_is_named(tmp_path: Path) -> None:
    document = _document({"$ref": "parts.json#user"}, {})
    parts: dict[str, dict[str, Any]] = {
        "User": {"$anchor": "user", "properties": {"a": {"$ref": "#name"}}},
        "Name": {"$anchor": "name", "type": "string"},
    }
    assert _refused(tmp_path, document, document, parts=parts) == []
    old = load_document(tmp_path / "old.json")
    parts["Name"]["type"] = "integer"
    (tmp_path / "parts.json").write_text(json.dumps(parts), encoding="utf-8")
    (change,) = diff(old, load_document(tmp_path / "old.json"))
    assert list(pointers(change)) == ["old parts.json#/Name/type", "new parts.json#/Name/type"]
    (tmp_path / "parts.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"parts.json#user in .* leads nowhere"):
        load_document(tmp_path / "old.json")


@pytest.mark.parametrize("changed", [0, 1])
def test_a_dynamic_reference_that_may_name_several_is_compared_with_each(
    tmp_path: Path, changed: int
) -> None:
    def document(*kinds: str) -> dict[str, Any]:
        named = {f"S{i}": {"$dynamicAnchor": "s", "type": k} for i, k in enumerate(kinds)}
        return _document({"$dynamicRef": "#s"}, named)

    kinds = ["string", "string"]
    same = document(*kinds)
    kinds[changed] = "integer"
    for name, content in (("old", same), ("new", document(*kinds))):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    before, after = (load_document(tmp_path / f"{name}.json") for name in ("old", "new"))
    assert [change.rule for change in diff(before, after)] == ["request-condition-changed"]
    assert diff(before, before) == []


def test_openapi_3_0_has_no_identifiers(tmp_path: Path) -> None:
    document = {**_by_id("string"), "openapi": "3.0.3"}
    (tmp_path / "old.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DocumentError, match="not given"):
        load_document(tmp_path / "old.json")


def test_places_are_read_as_people_write_them() -> None:
    document = Document({"paths": {"/a": 1}, "x-external": {"b/c.json": {"~D": 1}}})
    assert document.root.at("paths", "/a").place == "#/paths/~1a"
    assert document.root.at("x-external", "b/c.json", "~D").place == "b/c.json#/~0D"
    assert document.root.at("x-external", "b/c.json").place == "b/c.json#"
