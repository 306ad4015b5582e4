"""Answers that depart from the document are noticed whoever asked; those that keep it are not."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from apiproof.conformance import ConformanceMonitor, monitor_responses
from apiproof.openapi.document import operations

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "secret": {"type": "integer"}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/items/{id}": {
            "get": {
                "operationId": "read_item",
                "responses": {
                    "200": {"content": {"application/json": {"schema": ITEM}}},
                    "204": {"description": "Nothing."},
                    "401": {
                        "headers": {"WWW-Authenticate": {"$ref": "#/components/headers/Challenge"}},
                        "content": {"application/problem+json": {}},
                    },
                    "4XX": {"$ref": "#/components/responses/UserError"},
                },
            }
        }
    },
    "components": {
        "headers": {"Challenge": {"required": True}},
        "responses": {"UserError": {"content": {"text/*": {}}}},
    },
}
JSON, TEXT = "application/json", "text/plain; charset=utf-8"


async def _awaited(answer: Awaitable[None]) -> None:
    await answer


def conformance(
    status: int, body: bytes, media: str = "", path: str = "/items/1", **headers: str
) -> list[str]:
    found = ConformanceMonitor(DOCUMENT)
    named = {**({"Content-Type": media} if media else {}), **headers}

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        pairs = [(name.encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body[:5], "more_body": True})
        await send({"type": "http.response.body", "body": body[5:]})

    async def unused(*_: Any) -> Any:
        return None

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    asyncio.run(_awaited(monitor_responses(app, DOCUMENT, found)(scope, unused, unused)))
    return found.pop_violations()


@pytest.mark.parametrize(
    ("status", "body", "media"),
    [
        (200, b'{"id": 1}', JSON),
        (200, b'{"id": 1}', "Application/JSON"),
        (204, b"", ""),
        (404, b"no", TEXT),
        (500, b"oh", TEXT),
    ],
)
def test_what_keeps_the_document_is_no_departure(status: int, body: bytes, media: str) -> None:
    assert conformance(status, body, media) == []


@pytest.mark.parametrize(
    ("status", "body", "media", "fault"),
    [
        (200, b'{"id": "1"}', JSON, "the 200 breaks its schema at id"),
        (200, b'{"secret": 5}', JSON, "the 200 breaks its schema at the body"),
        (200, b"{", JSON, "the 200 has no JSON body"),
        (200, b"<p>", "text/html", "the 200 is text/html, which it does not declare"),
        (200, b'{"id": 1}', "", "the 200 is of no media type, which it does not declare"),
        (204, b"{}", JSON, "the 204 has a body, and declares none"),
        (302, b"", "", "302 is not declared"),
        (401, b"{}", "application/problem+json", "the 401 lacks its header www-authenticate"),
        (404, b"{}", JSON, "the 404 is application/json, which it does not declare"),
    ],
)
def test_a_departure_names_the_operation_and_the_place(
    status: int, body: bytes, media: str, fault: str
) -> None:
    assert conformance(status, body, media) == [f"read_item: {fault}"]


def test_a_header_that_is_declared_and_there_is_no_departure() -> None:
    challenge = {"WWW-Authenticate": "Bearer"}
    assert conformance(401, b"{}", "application/problem+json", **challenge) == []


def test_values_are_not_told() -> None:
    assert "hunter2" not in str(conformance(200, b'{"id": "hunter2"}', JSON))


def test_other_paths_promise_nothing() -> None:
    assert conformance(302, b"", path="/elsewhere") == []


def test_what_was_taken_is_forgotten_and_told_once() -> None:
    found = ConformanceMonitor(DOCUMENT)
    (operation,) = operations(DOCUMENT)
    for _ in range(2):
        found.check(operation, 302, {}, b"")
    assert len(found.pop_violations()) == 1
    assert found.pop_violations() == []
