"""The OpenAPI document: what it says of the service, and the command that writes it.

`python -m api.openapi` writes openapi.json; `--check` compares. Must not know operations.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

DESCRIPTION = """\
Random numbers for signed-in users.

Sign up, enter the confirmation code that arrives by e-mail, log in, and send the access token as
`Authorization: Bearer ...`. Each operation names the scopes that it needs.

Every refusal is JSON with a `detail`. A 503 or a 429 says in `Retry-After` when to try again.
Every answer carries an `X-Request-ID`; send your own (up to 64 letters, digits, `.`, `_`, `-`) to
find a request in the logs. No answer may be stored (`Cache-Control: no-store`).
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


def install(app: FastAPI) -> None:
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


def document() -> dict[str, Any]:
    """Generate the document, from settings that lead nowhere: it needs none of them."""
    from api.app import create_app  # noqa: PLC0415 - api.app itself needs this module
    from api.settings import Settings  # noqa: PLC0415 - likewise

    settings = Settings(
        _env_file=None,
        database_url="postgresql+psycopg2://nobody@localhost/nothing",
        aws_region="eu-west-1",
        aws_user_pool_id="eu-west-1_example",
        aws_cognito_app_client_id="example",
        aws_cognito_app_client_secret="example",  # noqa: S106 - leads nowhere
    )
    return create_app(settings).openapi()


def render() -> str:
    """Print the document in a form that only changes when the API does."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


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


def main(arguments: list[str] | None = None) -> int:
    """Write or check the document.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m api.openapi", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=Path("openapi.json"))
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args(arguments)
    text = render()
    if not options.check:
        options.path.write_text(text, encoding="utf-8")
        return 0
    if options.path.is_file() and options.path.read_text(encoding="utf-8") == text:
        return 0
    print(  # noqa: T201 - the command's answer
        f"{options.path} is not the document of this code: run python -m api.openapi",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
