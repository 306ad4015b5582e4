"""What the OpenAPI document says of the service as a whole; `api.openapi_cli` writes it."""

from typing import Any

from fastapi import FastAPI

DESCRIPTION = """\
Random numbers for signed-in users.

Sign up, enter the confirmation code that arrives by e-mail, log in, and send the access token as
`Authorization: Bearer ...`. Each operation names the scopes that it needs.

Every refusal is JSON with a `detail`. A 503 or a 429 says in `Retry-After` when to try again.
Every answer carries an `X-Request-ID`; send your own (up to 64 letters, digits, `.`, `_`, `-`) to
find a request in the logs. No answer may be stored (`Cache-Control: no-store`). A request that does
not arrive whole in time is 408.
"""

ABOUT: dict[str, Any] = {
    "title": "Randomizer API",
    "version": "0.1.0",
    "summary": "Random numbers for signed-in users.",
    "description": DESCRIPTION,
    "contact": {"name": "The Randomizer API team"},
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "servers": [{"url": "/", "description": "The host that serves this document."}],
    "openapi_tags": [
        {"name": "users", "description": "Accounts, sessions and profiles."},
        {"name": "randoms", "description": "One's own random numbers; scope `randoms`."},
        {"name": "probes", "description": "For load balancers."},
    ],
}

# FastAPI adds this answer to whatever has a parameter, also where it cannot occur.
_AUTOMATIC = {"$ref": "#/components/schemas/HTTPValidationError"}


def customize(app: FastAPI) -> None:
    """Let the application serve the document without what it cannot answer.

    Args:
        app: with all its routes.
    """
    generate = app.openapi

    def pruned() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_integers(_pruned(generate()))
        return app.openapi_schema

    app.openapi = pruned  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _pruned(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"].get("422", {})
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if schema == _AUTOMATIC:
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def _with_integers(value: Any) -> Any:
    """Print bounds as they were written: FastAPI turns 1 into 1.0."""
    if isinstance(value, dict):
        return {key: _with_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
