"""Boundary values at objects that exist: a NUL and a large number are no reason for a 500."""

from typing import Any, NoReturn

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from apiproof.access import boundaries, probe_service
from apiproof.access.example_values import ExampleValues
from apiproof.access.http import Request, RequestContent
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.environment import Environment
from apiproof.openapi.document import operations
from apiproof.service import Service

NUL, JSON = "\x00", "application/json"


class Item(BaseModel):
    """A row: a column of four bytes, and a text."""

    least: int
    most: int
    note: str = ""


class Table:
    """Rows, and what a database makes of boundary values; without a flaw they are refused."""

    def __init__(self, flaw: str) -> None:
        self.flaw = flaw
        self.rows: dict[int, Item] = {}

    def refuse(self, kind: str) -> NoReturn:
        raise ValueError if self.flaw == kind else HTTPException(422)

    def check(self, item: Item) -> None:
        if item.least > item.most:
            raise HTTPException(422)
        if max(item.least, item.most) >= 2**31:
            self.refuse("number")
        if NUL in item.note:
            self.refuse("note")


def application(flaw: str, slash: str = "") -> FastAPI:
    app, table = FastAPI(), Table(flaw)
    careful = Table("")

    @app.post(f"/items{slash}", status_code=201)
    def create(item: Item) -> dict[str, Any]:
        careful.check(item)  # the flaw is at rows that exist, and there alone
        table.rows[len(table.rows) + 1] = item
        return {"id": len(table.rows), **item.model_dump()}

    @app.patch("/items/{item_id}")
    def change(item_id: int, item: Item) -> Item:
        if item_id not in table.rows:
            raise HTTPException(404)
        table.check(item)
        table.rows[item_id] = item
        return item

    @app.get("/items")
    def items(offset: int = 0) -> list[Item]:
        if offset < 0:
            table.refuse("offset")
        return list(table.rows.values())[offset:]

    @app.get("/names/{name}")
    def named(name: str) -> str:
        if NUL in name:
            table.refuse("name")
        return name

    return app


@pytest.mark.parametrize(
    ("flaw", "found"),
    [
        ("", set()),
        ("number", {"change_items__item_id__patch a-large-number-in-the-body"}),
        ("note", {"change_items__item_id__patch a-NUL-in-the-body"}),
        ("name", {"named_names__name__get a-NUL-in-the-path"}),
        ("offset", {"items_items_get a-negative-number-in-the-query"}),
    ],
)
def test_what_breaks_on_a_boundary_is_found(flaw: str, found: set[str]) -> None:
    service = Service(lambda: application(flaw), database=False)
    with Environment.open(service) as env:
        report = probe_service(service, env)
        places = [site.place for site in env.server_errors]
    lines = {
        f"{finding.operation_id} {finding.case}"
        for finding in report.findings
        if finding.check == "boundaries_handled"
    }
    assert lines == found
    assert bool(places) is bool(flaw)
    tried = {cell.case for cell in report.cells if cell.check == "boundaries_handled"}
    assert len(tried) >= 6


def test_rows_are_found_behind_a_trailing_slash() -> None:
    service = Service(lambda: application("number", "/"), database=False)
    with Environment.open(service) as env:
        report = probe_service(service, env)
    assert "change_items__item_id__patch" in {
        finding.operation_id for finding in report.findings if finding.check == "boundaries_handled"
    }


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({"type": ["string", "null"]}, {"a NUL in the body"}),
        ({"type": ["null", "integer"]}, {"a large number in the body"}),
        ({"type": ["null"]}, set()),
        ({"anyOf": [{"type": ["string", "null"]}, {"type": "null"}]}, {"a NUL in the body"}),
        ({"type": "string"}, {"a NUL in the body"}),
    ],
)
def test_types_of_openapi_3_1_may_be_lists(schema: dict[str, Any], kinds: set[str]) -> None:
    """Litestar writes them so."""
    body = {"type": "object", "properties": {"it": schema}}
    operation = {
        "operationId": "write", "responses": {"200": {"description": "done"}},
        "requestBody": {"content": {"application/json": {"schema": body}}},
    }  # fmt: skip
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/it": {"post": operation}}}
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    request = Request(next(operations(document)), {}, RequestContent(body={"it": None}, media=JSON))
    assert {kind for kind, _ in boundaries.variants(request, payloads)} == kinds
