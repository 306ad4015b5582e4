"""Parts of a document that are of another JSON type than OpenAPI's are named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from apiproof.openapi.document import Document, DocumentError
from apiproof.openapi.references import pointer_steps
from apiproof.openapi.shapes import require_shape

MEDIA = {"schema": True, "encoding": {"a": {"contentType": "text/plain", "style": "form"}}}
WHOLE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "/{v}", "variables": {"v": {"default": "1", "enum": ["1"]}}}],
    "security": [{"key": ["read"]}],
    "paths": {
        "x-note": 1,
        "/things": {
            "parameters": [{"$ref": "#/components/parameters/Page"}],
            "post": {
                "operationId": 404,
                "requestBody": {"content": {"application/json": MEDIA}},
                "callbacks": {"told": {"{$url}": {"post": {"responses": {}}}, "x-note": 1}},
                "responses": {
                    "200": {"description": "", "headers": {"X-Rate": {"schema": {}}}},
                    "x-note": 1,
                },
                "security": [{}],
            },
        },
    },
    "components": {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
        "securitySchemes": {"key": {"type": "oauth2", "flows": {"implicit": {"scopes": {}}}}},
    },
}
PLACES = [
    "/servers",
    "/servers/0",
    "/servers/0/variables",
    "/servers/0/variables/v",
    "/servers/0/variables/v/enum",
    "/security",
    "/security/0",
    "/security/0/key",
    "/security/0/key/0",
    "/paths/~1things",
    "/paths/~1things/parameters",
    "/paths/~1things/post",
    "/paths/~1things/post/operationId",
    "/paths/~1things/post/requestBody",
    "/paths/~1things/post/requestBody/content",
    "/paths/~1things/post/requestBody/content/application~1json",
    "/paths/~1things/post/requestBody/content/application~1json/schema",
    "/paths/~1things/post/requestBody/content/application~1json/encoding",
    "/paths/~1things/post/requestBody/content/application~1json/encoding/a",
    "/paths/~1things/post/requestBody/content/application~1json/encoding/a/contentType",
    "/paths/~1things/post/requestBody/content/application~1json/encoding/a/style",
    "/paths/~1things/post/callbacks",
    "/paths/~1things/post/callbacks/told",
    "/paths/~1things/post/callbacks/told/{$url}",
    "/paths/~1things/post/callbacks/told/{$url}/post/responses",
    "/paths/~1things/post/responses",
    "/paths/~1things/post/responses/200",
    "/paths/~1things/post/responses/200/headers",
    "/paths/~1things/post/responses/200/headers/X-Rate",
    "/paths/~1things/post/security",
    "/components/parameters/Page",
    "/components/parameters/Page/name",
    "/components/securitySchemes",
    "/components/securitySchemes/key",
    "/components/securitySchemes/key/flows",
]


def test_what_is_as_it_should_be_passes() -> None:
    require_shape(Document(WHOLE))


def _with(pointer: str, value: Any) -> dict[str, Any]:
    whole: Any = copy.deepcopy(WHOLE)
    node = whole
    *way, last = pointer_steps(pointer)
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[int(last) if isinstance(node, list) else last] = value
    return dict(whole)


@pytest.mark.parametrize("pointer", PLACES)
def test_each_part_of_another_type_is_named(pointer: str) -> None:
    kinds: tuple[Any, ...] = ("text", [], {}, 1)
    refused = []
    for value in kinds:
        try:
            require_shape(Document(_with(pointer, value)))
        except DocumentError as error:
            assert f"#{pointer} should be " in str(error)  # noqa: PT017 - some of these are right
            refused.append(value)
    assert 2 <= len(refused) <= 3


@pytest.mark.parametrize("pointer", [p for p in PLACES if p != "/security/0/key/0"])
def test_null_counts_as_absent(pointer: str) -> None:
    require_shape(Document(_with(pointer, None)))


def test_a_reference_is_a_text() -> None:
    with pytest.raises(DocumentError, match=r"\$ref should be a text and is a number"):
        require_shape(Document(_with("/paths/~1things/post/requestBody", {"$ref": 1})))
