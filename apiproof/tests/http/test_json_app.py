import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.http.client import AsgiClient
from apiproof.http.json_app import json_app, json_body


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(await json_body(request))


@pytest.fixture
def app() -> Starlette:
    return json_app([Route("/echo", echo, methods=["POST"])])


@pytest.fixture
def client(app: Starlette) -> Iterator[AsgiClient]:
    with AsgiClient(app) as client:
        yield client


def test_a_caller_that_hangs_up_is_no_error_of_the_application(app: Starlette) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b'{"half', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Any:
        return next(messages)

    sent = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "method": "POST", "path": "/echo", "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))
    assert sent == ["http.response.start", "http.response.body"]


def test_no_body_asks_for_nothing_in_particular(client: AsgiClient) -> None:
    assert client.request("POST", "/echo").json() == {}


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff"], ids=repr)
def test_a_body_that_is_no_object_is_refused_in_json(client: AsgiClient, body: bytes) -> None:
    answer = client.request("POST", "/echo", data=body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "The body is not a JSON object."},
    )


def test_an_unknown_path_is_refused_in_json(client: AsgiClient) -> None:
    assert client.request("POST", "/nowhere").json() == {"detail": "Not Found"}
