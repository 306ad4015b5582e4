"""Credentials that the document takes for parameters."""

from typing import Any

import pytest
import yaml
from fastapi import FastAPI

from apiproof.access.identities_file import identities_file
from apiproof.access.parameter_credentials import with_undeclared_schemes
from tests.access.strangers import assert_found, probed
from tests.apps import portals
from tests.apps.members import LENT, PASSWORD, Members


def _portal(shape: str, flaw: str = "") -> FastAPI:
    members = Members()
    for name in LENT:
        members.add(name)
    return portals.create_portals(shape, flaw, members)


def _identities(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    for entry, name in zip(document["auth"], LENT, strict=True):
        given = {"username": name, "password": PASSWORD}
        entry["loginEndpointAuth"]["payloadUserPwd"] = given
    return document


@pytest.mark.parametrize("shape", portals.FLAWS)
def test_a_right_portal_has_no_finding(shape: str) -> None:
    app = _portal(shape)
    report = probed(app, _identities(app))
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert len(entered) == 4


@pytest.mark.parametrize(
    ("shape", "flaw"), [(shape, flaw) for shape, flaws in portals.FLAWS.items() for flaw in flaws]
)
def test_a_flaw_is_found(shape: str, flaw: str) -> None:
    app, expected = _portal(shape, flaw), portals.FLAWS[shape][flaw]
    report = probed(app, _identities(app), checks=(expected.partition("/")[0],))
    assert_found(report, expected)


def test_what_is_declared_or_mailed_or_asked_for_once_stays_as_it_is() -> None:
    token = {"parameters": [{"in": "query", "name": "access_token"}]}
    documents: list[dict[str, Any]] = [
        {"paths": {"/a": {"get": token}}},
        {"paths": {"/verify": {"get": token}, "/reset": {"post": token}}},
        {"security": [{"X": []}], "paths": {"/a": {"get": token}, "/b": {"get": token}}},
    ]
    for document in documents:
        assert with_undeclared_schemes(document) is document


def test_parameters_of_a_path_and_behind_references_are_read() -> None:
    key = {"in": "header", "name": "X-API-Key", "required": True, "schema": {"type": "string"}}
    named = {"$ref": "#/components/parameters/Key"}
    other = {"in": "query", "name": "page"}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "paths": {
            "/a": {"parameters": [named, other], "get": {"operationId": "a", "responses": {}}},
            "/b": {"parameters": [key], "get": {"operationId": "login", "responses": {}}},
            "/c": {"post": {"operationId": "c", "parameters": [named], "responses": {}}},
        },
        "components": {"parameters": {"Key": key}},
    }
    paths = with_undeclared_schemes(document)["paths"]
    scheme: list[dict[str, list[str]]] = [{"undeclared X-API-Key": []}]
    assert paths["/a"]["get"]["security"] == paths["/c"]["post"]["security"] == scheme
    assert paths["/a"]["get"]["parameters"] == [other]
    assert "parameters" not in paths["/a"]
    assert paths["/c"]["post"]["parameters"] == []
    assert paths["/b"] == document["paths"]["/b"]  # a login asks for no credential
