"""How values are written and led on: XML, parts of forms, exploded headers, streams, links."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import diff
from apiproof.openapi.document import DocumentError

TEXT = {"type": "string"}
XML = "application/xml"
PARCEL: dict[str, Any] = {"type": "object", "properties": {"labels": {"type": "array"}, "id": TEXT}}


def _document(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    info = {"title": "Parcels", "version": "1"}
    paths = {"/parcels": {"post": {"responses": {"200": {"description": ""}}, **operation}}}
    return {"openapi": "3.2.0", "info": info, "paths": paths, **more}


def _sent(schema: Any, media: str = XML, **more: Any) -> dict[str, Any]:
    return _document({"requestBody": {"content": {media: {"schema": schema, **more}}}})


def _answered(**response: Any) -> dict[str, Any]:
    return _document({"responses": {"200": {"description": "", **response}}})


def _severities(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {change.rule: str(change.severity) for change in diff(old, new)}


def _with_xml(name: str, form: dict[str, Any]) -> dict[str, Any]:
    part = PARCEL["properties"][name]
    return {**PARCEL, "properties": {**PARCEL["properties"], name: {**part, "xml": form}}}


@pytest.mark.parametrize(
    "changed",
    [
        _with_xml("id", {"name": "number"}),
        _with_xml("id", {"attribute": True}),
        _with_xml("id", {"nodeType": "attribute"}),
        _with_xml("id", {"namespace": "urn:parcel"}),
        _with_xml("labels", {"wrapped": True}),
    ],
)
def test_an_element_that_is_written_another_way_is_breaking(changed: Any) -> None:
    assert _severities(_sent(PARCEL), _sent(changed)) == {"request-xml-changed": "error"}
    as_json = _sent(PARCEL, "application/json"), _sent(changed, "application/json")
    assert _severities(*as_json) == {}, "xml means nothing to JSON"


@pytest.mark.parametrize("form", [{"name": "id"}, {"prefix": "p"}, {"attribute": False}])
def test_a_name_that_is_written_down_changes_no_element(form: dict[str, Any]) -> None:
    assert _severities(_sent(PARCEL), _sent(_with_xml("id", form))) == {}


def test_a_root_element_is_named_by_both_documents() -> None:
    named = [_sent({**PARCEL, "xml": {"name": name}}) for name in ("parcel", "crate")]
    assert _severities(*named) == {"request-xml-changed": "error"}
    assert _severities(_sent(PARCEL), named[0]) == {}, "what it was called before is not known"


def test_xml_schemas_may_refer_to_themselves() -> None:
    tree = {"type": "object", "properties": {"leaf": {"$ref": "#/components/schemas/Tree"}}}
    old, new = (_sent({"$ref": "#/components/schemas/Tree"}) for _ in range(2))
    old["components"] = {"schemas": {"Tree": tree}}
    new["components"] = {"schemas": {"Tree": {**tree, "xml": {"name": "tree"}}}}
    assert _severities(old, new) == {"request-xml-changed": "error"}


def test_a_header_that_a_part_of_a_form_needs_is_breaking() -> None:
    def form(**header: Any) -> dict[str, Any]:
        encoding = {"id": {"headers": {"X-Key": header} if header else {}}}
        return _sent(PARCEL, "multipart/form-data", encoding=encoding)

    demanded = form(required=True, schema=TEXT)
    assert _severities(form(), demanded) == {"request-part-header-changed": "error"}
    assert _severities(form(schema=TEXT), demanded) == {"request-part-header-changed": "error"}
    assert _severities(demanded, form()) == {}
    shorter = form(required=True, schema={**TEXT, "maxLength": 1})
    assert "request-max-length-tightened" in _severities(demanded, shorter)


def test_a_header_that_explodes_is_written_another_way() -> None:
    def limits(schema: Any, **more: Any) -> dict[str, Any]:
        return _answered(headers={"X-Limits": {"schema": schema, **more}})

    of_object = limits({"type": "object"}), limits({"type": "object"}, explode=True)
    assert _severities(*of_object) == {"response-header-serialization-changed": "error"}
    assert _severities(limits(TEXT), limits(TEXT, explode=True)) == {}


def test_what_comes_in_a_stream_is_compared() -> None:
    def stream(**more: Any) -> dict[str, Any]:
        return _answered(content={"text/event-stream": more})

    whole, wider = stream(itemSchema={"type": "integer"}), stream(itemSchema={"type": "number"})
    assert _severities(whole, wider) == {"response-type-widened": "error"}
    assert _severities(wider, whole) == {"response-type-narrowed": "info"}
    assert "error" in _severities(whole, stream()).values()
    (change,) = diff(whole, wider)
    assert change.new_pointer is not None
    assert "/itemSchema" in change.new_pointer


def test_a_link_that_goes_or_leads_elsewhere_is_a_warning() -> None:
    def links(**named: Any) -> dict[str, Any]:
        return _answered(links=named)

    first, other = {"operationId": "next"}, {"operationId": "other"}
    assert _severities(links(more=first), links()) == {"response-link-removed": "warning"}
    assert _severities(links(more=first), links(more=other)) == {"response-link-changed": "warning"}
    assert _severities(links(), links(more=first)) == {"response-link-added": "info"}
    assert _severities(links(more=first), links(more={**first, "description": "on"})) == {}


def test_methods_are_told_apart_by_case() -> None:
    one, other = (
        {**_document({}), "paths": {"/parcels": {"additionalOperations": {name: {}}}}}
        for name in ("COPY", "copy")
    )
    assert _severities(one, other) == {"operation-removed": "error", "operation-added": "info"}


def test_references_that_lead_in_a_circle_are_refused() -> None:
    circle = {name: {"$ref": f"#/components/schemas/{to}"} for name, to in ("AB", "BA")}
    old = _sent({"$ref": "#/components/schemas/A"}) | {"components": {"schemas": circle}}
    with pytest.raises(DocumentError, match="leads in a circle"):
        diff(old, _sent(TEXT))


def _asked(**parameter: Any) -> dict[str, Any]:
    return _document({"parameters": [{"name": "a", "in": "header", **parameter}]})


def test_a_parameter_in_another_media_type_is_written_another_way() -> None:
    old, new = (_asked(content={m: {"schema": TEXT}}) for m in ("application/json", "text/plain"))
    assert _severities(old, new) == {"request-parameter-serialization-changed": "error"}


@pytest.mark.parametrize(("kind", "changed"), [("array", False), ("object", True)])
def test_explode_means_nothing_to_a_list_in_a_header(kind: str, changed: bool) -> None:  # noqa: FBT001 - a case
    old, new = (_asked(schema={"type": kind}, explode=each) for each in (False, True))
    assert bool(_severities(old, new)) is changed


def test_what_a_text_holds_is_a_warning() -> None:
    def text(**inner: Any) -> dict[str, Any]:
        return _sent({**TEXT, "contentSchema": inner}, "application/json")

    whole = text(type="integer")
    assert _severities(whole, text(type="number")) == {"request-content-schema-changed": "warning"}
    assert _severities(whole, text(type="integer", title="Whole")) == {}
    old, new = (text(**{"$ref": "#/components/schemas/A"}) for _ in range(2))
    for document, kind in ((old, "integer"), (new, "string")):
        document["components"] = {"schemas": {"A": {"type": kind}}}
    assert _severities(old, new) == {"request-content-schema-changed": "warning"}


def test_a_servers_default_that_changes_is_a_warning() -> None:
    def server(default: str) -> dict[str, Any]:
        variables = {"region": {"default": default}}
        servers = [{"url": "https://{region}.example.com", "variables": variables}]
        return _document({}, servers=servers)

    assert _severities(server("eu"), server("us")) == {"server-default-changed": "warning"}
    assert _severities(server("eu"), server("eu")) == {}


def test_the_url_of_new_tokens_is_compared() -> None:
    def secured(url: str) -> dict[str, Any]:
        flow = {"tokenUrl": "https://a.example/t", "refreshUrl": url, "scopes": {}}
        schemes = {"o": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
        return _document({"security": [{"o": []}]}, components={"securitySchemes": schemes})

    old, new = secured("https://a.example/r"), secured("https://b.example/r")
    assert list(_severities(old, new)) == ["security-url-changed"]
