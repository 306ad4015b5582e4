"""Where 500s come from, as findings with a request."""

import asyncio
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from apiproof.error_findings import error_findings
from apiproof.http.child import server_errors
from apiproof.http.child.server_errors import (
    ErrorSite,
    noticing_server_errors,
    recording_errors,
)

app = FastAPI()


class ShopClosed(Exception):
    """The project's own."""


class OwnResponse(JSONResponse):
    """The project's own, too."""

    def __init__(self, status: int) -> None:
        super().__init__({}, status_code=status)


@app.exception_handler(ShopClosed)
async def closed(_: Request, __: Exception) -> JSONResponse:
    return OwnResponse(500)


@app.middleware("http")
async def catching(request: Request, call_next: Any) -> Any:
    if "caught" not in request.url.path:
        return await call_next(request)
    try:
        return await call_next(request)
    except Exception:  # noqa: BLE001
        return JSONResponse({"detail": "sorry"}, status_code=500)


@app.get("/answered/{name}")
def answered(name: str) -> Any:
    if name == "caught":
        raise ValueError(name)
    if name == "closed":
        raise ShopClosed
    if name == "gone":
        return OwnResponse(410)
    stock: dict[str, int] = {}
    try:
        return stock[name]
    except KeyError as error:
        if name == "inside":
            return JSONResponse(str(error), status_code=500)
    return OwnResponse(500)


@app.post("/items/{name}")
async def add(name: str, request: Request) -> int:
    await request.body()
    if name == "quiet":
        return 1
    if name == "masked":
        try:
            return {"a": 1}[name]
        except KeyError:
            raise HTTPException(500) from None
    raise ValueError(name)


def met(*paths: str, method: str = "POST") -> list[ErrorSite]:
    sites: list[ErrorSite] = []
    recorded = recording_errors(
        app, lambda values: sites.append(ErrorSite(**values)), Path(__file__).parent
    )
    with TestClient(recorded, raise_server_exceptions=False) as client:
        for path in paths:
            client.request(method, path, content=b'{"a": 1}', headers={"x-mine": "1"})
    return sites


def test_a_finding_shows_a_request_that_meets_it_its_answer_and_its_line() -> None:
    (found,) = error_findings(met("/items/a%00?b=1", "/items/quiet", "/items/c"), app.openapi())
    assert found.operation == "POST /items/{name}"
    assert found.request is not None
    assert found.request.url.endswith("/items/a%00?b=1")
    assert found.request.body == '{"a": 1}'
    assert found.request.headers["x-mine"] == "1"
    assert found.response is not None
    assert (found.response.status, found.response.body) == (500, "Internal Server Error")
    assert "--data-raw" in found.curl
    assert found.details == ("2 answers",)
    assert found.location is not None
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[found.location.line - 1]
    assert "raise ValueError" in line
    assert found.location.file == Path(__file__).name
    assert found.replay


def test_an_http_exception_that_stands_for_another_names_it() -> None:
    with noticing_server_errors(Path(__file__).parent):
        (found,) = error_findings(met("/items/masked"), app.openapi())
    place = r"test_error_findings.py:\d+ add"
    text = f"500 from HTTPException at {place}, for KeyError at {place}"
    assert re.fullmatch(text, found.message)
    assert "KeyError" not in found.id  # baselines of before stay good


@pytest.mark.parametrize(
    ("name", "cause", "line"),
    [
        ("caught", "ValueError", "raise ValueError(name)"),  # by a middleware
        ("closed", "ShopClosed", "raise ShopClosed"),  # by a handler of exceptions
        ("inside", "KeyError", "return stock[name]"),
        ("afterwards", "an answer of 500", "return OwnResponse(500)"),
    ],
)
def test_an_answer_of_500_that_the_project_makes_has_the_place_of_its_cause(
    name: str, cause: str, line: str
) -> None:
    """Otherwise all of them are one finding, at a place that is not known."""
    with noticing_server_errors(Path(__file__).parent):
        (found,) = error_findings(met(f"/answered/{name}", method="GET"), app.openapi())
    assert found.message.startswith(f"500 from {cause} at {Path(__file__).name}:")
    assert found.location is not None
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert lines[found.location.line - 1].strip() == line
    assert found.operation == "GET /answered/{name}"


def test_what_a_library_answers_and_what_is_no_500_is_left_alone() -> None:
    with noticing_server_errors(Path(__file__).parent):
        assert met("/answered/gone", method="GET") == []
        (masked,) = met("/items/masked-by-fastapi")
    assert masked.exception == "ValueError"
    assert Response.__init__.__module__ == "starlette.responses"  # as before the block


def test_a_request_is_kept_once_for_each_place_and_path() -> None:
    sites = met("/items/a", "/items/a", "/items/b")
    assert [bool(site.headers) for site in sites] == [True, False, True]


def test_long_bodies_are_cut() -> None:
    sites: list[dict[str, Any]] = []

    async def large(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 10**6})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"y" * 10**6}

    async def send(_: Any) -> None:
        return

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"a", b"b")]}
    asyncio.run(recording_errors(large, sites.append, Path())(scope, receive, send))
    (site,) = sites
    assert len(site["body"]) == len(site["answer"]) == server_errors.LONGEST


def test_without_a_place_there_is_no_location() -> None:
    (found,) = error_findings([ErrorSite("GET", "/x", 500, "", "")], {"paths": {}})
    assert found.location is None
    assert found.request is None
    assert asdict(found)["operation"] == "GET an undeclared path"


def test_a_place_that_several_operations_meet_is_one_finding() -> None:
    """A dependency that raises is one line to mend, and a baseline knows each operation of it."""
    document: dict[str, Any] = {
        "paths": {f"/{name}": {"get": {"responses": {}}} for name in ("a", "b", "c")}
    }
    shared = [ErrorSite("GET", f"/{name}", 500, "KeyError", "auth.py:3 user") for name in "ab"]
    elsewhere = ErrorSite("GET", "/c", 500, "KeyError", "auth.py:9 other")
    first, second = error_findings([shared[1], *shared, elsewhere], document)
    assert first.operation == "GET /a"
    assert first.message.endswith("at auth.py:3 user, and at 1 more operations")
    assert first.details == ("1 answer", "also at GET /b")
    assert {each.split("/no_server_error/")[1][:6] for each in first.ids} == {"GET /a", "GET /b"}
    assert second.also == ()
    [alone] = error_findings(shared[:1], document)
    assert alone.ids < first.ids
