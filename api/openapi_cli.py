"""`python -m api.openapi_cli` writes openapi.json; `--check` compares it with the code."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from api.app import create_app
from api.settings import Settings


def document() -> dict[str, Any]:
    """Generate the document, from settings that lead nowhere: it needs none of them."""
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


def main(arguments: list[str] | None = None) -> int:
    """Write or check the document.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m api.openapi_cli", description=__doc__)
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
        f"{options.path} is not the document of this code: run python -m api.openapi_cli",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
