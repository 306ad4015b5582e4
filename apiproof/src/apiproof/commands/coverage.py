"""`apiproof coverage`: what a test run reached, and what it never saw."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(coverage)


def coverage(
    folder: Annotated[Path, typer.Argument(help="Where the logs are.")] = Path("reports/coverage"),
    openapi: Annotated[Path, typer.Option(help="The OpenAPI document.")] = Path("openapi.json"),
    pending: Annotated[
        Path | None, typer.Option(help="A TOML list of statuses that nothing can provoke, and why.")
    ] = None,
) -> None:
    """Print which declared answers were seen; exit with 1 when one is missing."""
    from apiproof.coverage import evaluate, read_exclusions
    from apiproof.openapi.document import load_document

    text, found = evaluate(load_document(openapi), folder, read_exclusions(pending))
    typer.echo(text)
    raise typer.Exit(1 if found else 0)
