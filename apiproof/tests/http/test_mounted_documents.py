"""The document of a whole application: mounted ones, wrapped ones, names that two of them use."""

from typing import Any

import pytest
import requests
from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel, create_model
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from apiproof.application import declared_document
from apiproof.http.child.mounted_documents import declared_by
from apiproof.live import live_environment
from apiproof.openapi.document import operations
from apiproof.openapi.references import flattened
from apiproof.service import Service


def _notes(scheme: Any, **fields: Any) -> FastAPI:
    app = FastAPI()
    inner: type[BaseModel] = create_model("Inner", **fields)
    note: type[BaseModel] = create_model("Note", inner=(inner, ...))

    @app.post("/notes", dependencies=[Security(scheme)])
    def add(body: note) -> note:  # type: ignore[valid-type]
        return body

    return app


def _two() -> FastAPI:
    app = FastAPI()
    app.get("/ping")(lambda: "pong")
    app.mount("/static", StaticFiles(directory="."))
    app.mount("/v1", _notes(HTTPBearer(scheme_name="token"), text=(str, ...)))
    app.mount("/v2", _notes(OAuth2PasswordBearer("t", "token"), number=(int, ...)))
    return app


def test_mounted_applications_are_part_of_the_document() -> None:
    document = declared_by(_two())
    assert document is not None
    found = list(operations(document))
    assert [it.label for it in found] == ["GET /ping", "POST /v1/notes", "POST /v2/notes"]
    assert [it.secured for it in found] == [False, True, True]
    assert len({it.operation_id for it in found}) == len(found)


def test_names_that_two_of_them_use_mean_what_each_of_them_says() -> None:
    document = declared_by(_two())
    assert document is not None
    schemes = document["components"]["securitySchemes"]
    for version, name, kind in (("v1", "text", "http"), ("v2", "number", "oauth2")):
        operation = document["paths"][f"/{version}/notes"]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        inner = flattened(document, flattened(document, body)["properties"]["inner"])
        assert list(inner["properties"]) == [name]
        [[scheme]] = [list(each) for each in operation["security"]]
        assert schemes[scheme]["type"] == kind


def test_security_of_a_whole_mounted_document_is_that_of_its_operations_alone() -> None:
    app, inner = FastAPI(), FastAPI()
    app.get("/open")(lambda: 1)
    inner.get("/closed")(lambda: 1)
    inner.openapi()["security"] = [{"key": []}]
    inner.openapi()["components"] = {"securitySchemes": {"key": {"type": "http"}}}
    app.mount("/in", inner)
    document = declared_by(app)
    assert document is not None
    assert [it.secured for it in operations(document)] == [False, True]


@pytest.mark.parametrize("layers", [1, 2])
def test_what_a_layer_wraps_is_seen_through_it(layers: int) -> None:
    app: Any = Starlette(routes=[Mount("/api", app=_two())])
    for _ in range(layers):
        app = CORSMiddleware(app, allow_origins=["*"])
    document = declared_document(app, {}, None)
    assert set(document["paths"]) == {"/api/ping", "/api/v1/notes", "/api/v2/notes"}


def test_what_declares_nothing_has_no_document_and_the_published_one_stays() -> None:
    assert declared_by(CORSMiddleware(Starlette(), allow_origins=["*"])) is None
    app = _two()
    whole = declared_by(app)
    assert whole is not None
    whole["paths"].clear()
    assert set(app.openapi()["paths"]) == {"/ping"}


def test_fuzzing_is_given_the_whole_document() -> None:
    service = Service(_two, database=False)
    with live_environment(service) as (_, ready):
        document = requests.get(ready.openapi_url, timeout=10).json()
    assert set(document["paths"]) == {"/ping", "/v1/notes", "/v2/notes"}
