"""`apiproof openapi diff | check`: a document against an earlier one, or the application."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from apiproof.commands.serve import ServiceOption

Output = Annotated[Literal["table", "json"], typer.Option(help="How to print the result.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Find breaking changes; compare the document with the application.")
    for command in (diff, check):
        group.command()(command)
    app.add_typer(group, name="openapi", no_args_is_help=True)


def diff(
    old: Annotated[Path, typer.Argument(help="The OpenAPI document that clients know.")],
    new: Annotated[Path, typer.Argument(help="The one that is to replace it.")],
    *,
    pacts: Annotated[
        Path | None, typer.Option(help="Name the consumers of these pacts that each change breaks.")
    ] = None,
    format: Output = "table",  # noqa: A002 - the option's name
) -> None:
    """Find breaking changes between two OpenAPI documents."""
    from apiproof.contract_diff.document.command import run

    raise typer.Exit(run(old, new, pacts, format))


def check(service: ServiceOption = None) -> None:
    """Compare the committed document with what the application declares; 1 if they differ."""
    from apiproof.pipeline import document_findings
    from apiproof.service import load_service

    loaded = load_service(service)
    count, findings = document_findings(loaded, loaded.document())
    for line in findings:
        typer.echo(line)
    typer.echo(f"{count} operations")
    raise typer.Exit(1 if findings else 0)
