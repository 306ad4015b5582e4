"""Documents that tests of generation share."""

from typing import Any


def posting(schema: dict[str, Any]) -> dict[str, Any]:
    """A document whose one operation, `POST /things`, takes a body of a schema."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "OK"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"post": operation}},
    }
