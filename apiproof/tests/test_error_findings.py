"""Where 500s come from, as findings with a request."""

import asyncio
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from starlette.testclient import TestClient

from apiproof.error_findings import error_findings
from apiproof.http.child import server_errors
from apiproof.http.child.server_errors import (
    ErrorSite,
    noticing_http_exceptions,
    recording_errors,
)

app = FastAPI()


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


def met(*paths: str) -> list[ErrorSite]:
    sites: list[ErrorSite] = []
    recorded = recording_errors(
        app, lambda values: sites.append(ErrorSite(**values)), Path(__file__).parent
    )
    with TestClient(recorded, raise_server_exceptions=False) as client:
        for path in paths:
            client.post(path, content=b'{"a": 1}', headers={"x-mine": "1"})
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
    with noticing_http_exceptions(Path(__file__).parent):
        (found,) = error_findings(met("/items/masked"), app.openapi())
    place = r"test_error_findings.py:\d+ add"
    text = f"500 from HTTPException at {place}, for KeyError at {place}"
    assert re.fullmatch(text, found.message)
    assert "KeyError" not in found.id  # baselines of before stay good


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
    assert first.details == ("1 answers", "also at GET /b")
    assert {each.split("/no_server_error/")[1][:6] for each in first.ids} == {"GET /a", "GET /b"}
    assert second.also == ()
    [alone] = error_findings(shared[:1], document)
    assert alone.ids < first.ids
