"""`understudy verify | states | compare | diff | usage`: what consumers expect of the subject."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from understudy.commands.serve import SubjectOption
from understudy.commands.verify import verify
from understudy.document import DocumentMissing

OpenApi = Annotated[Path, typer.Option(help="The OpenAPI document.")]
Output = Annotated[Literal["table", "json"], typer.Option(help="How to print the result.")]
PactFolder = Annotated[Path, typer.Option(help="A pact file, or a folder of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (verify, states, compare, diff, usage):
        app.command()(command)


def states(
    subject: SubjectOption = None,
    *,
    readme: Annotated[
        Path | None, typer.Option(help="Write the README for consumer teams here instead.")
    ] = None,
    format: Output = "table",  # noqa: A002 - the option's name
) -> None:
    """List the provider states that pacts may name, with their parameters and values."""
    from understudy.contracts.states import StateRegistry
    from understudy.contracts.states.catalogue import as_document, as_readme, as_table
    from understudy.subject import load_subject
    from understudy.terminal import console

    chosen = load_subject(subject)
    registry = chosen.states or StateRegistry()
    if readme is not None:
        readme.write_text(as_readme(registry, chosen.name), encoding="utf-8")
        typer.echo(f"Wrote {readme}: {len(registry)} states.")
    elif format == "json":
        typer.echo(json.dumps(as_document(registry), indent=2))
    else:
        console.print(as_table(registry))


def compare(
    pacts: Annotated[list[Path], typer.Argument(metavar="PACT...", help="Files and folders.")],
    openapi: OpenApi = Path("openapi.json"),
    *,
    format: Output = "table",  # noqa: A002 - the option's name
    output: Annotated[Path | None, typer.Option(help="Write the report here instead.")] = None,
) -> None:
    """Compare pacts with an OpenAPI document, statically, without the provider."""
    from understudy.contracts.compare import run

    if not openapi.is_file():
        raise DocumentMissing(f"No OpenAPI document at {openapi}. Name the provider's --openapi.")
    raise typer.Exit(run(pacts, openapi, format, output))


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
    from understudy.contracts.diff.command import run

    raise typer.Exit(run(old, new, pacts, format))


def usage(
    openapi: OpenApi = Path("openapi.json"),
    pacts: PactFolder = Path("pacts"),
    *,
    format: Output = "table",  # noqa: A002 - the option's name
) -> None:
    """List operations and fields by the consumers that use them: what may be retired."""
    from understudy.contracts.usage import run

    raise typer.Exit(run(openapi, pacts, format))
