"""`apiproof pact verify | compare | states | usage`: what consumers expect of the service."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from apiproof.commands.pact_verify import verify
from apiproof.commands.serve import ServiceOption

OpenApi = Annotated[Path, typer.Option(help="The OpenAPI document.")]
Output = Annotated[Literal["table", "json"], typer.Option(help="How to print the result.")]
PactFolder = Annotated[Path, typer.Option(help="A pact file, or a folder of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Verify pacts, compare them with a document, list states and uses.")
    for command in (verify, compare, states, usage):
        group.command()(command)
    app.add_typer(group, name="pact", no_args_is_help=True)


def states(
    service: ServiceOption = None,
    *,
    readme: Annotated[
        Path | None, typer.Option(help="Write the README for consumer teams here instead.")
    ] = None,
    format: Output = "table",  # noqa: A002 - the option's name
) -> None:
    """List the provider states that pacts may name, with their parameters and values."""
    from apiproof.pacts.states import StateRegistry
    from apiproof.pacts.states.catalogue import as_document, as_readme, print_states
    from apiproof.reporting.store import write_atomically
    from apiproof.reporting.terminal import console
    from apiproof.service import load_service

    chosen = load_service(service)
    registry = chosen.states or StateRegistry()
    if readme is not None:
        write_atomically(readme, as_readme(registry, chosen.name))
        typer.echo(f"Wrote {readme}: {len(registry)} states.")
    elif format == "json":
        typer.echo(json.dumps(as_document(registry), indent=2))
    else:
        print_states(registry, console)


def compare(
    pacts: Annotated[list[Path], typer.Argument(metavar="PACT...", help="Files and folders.")],
    openapi: OpenApi = Path("openapi.json"),
    provider: Annotated[str | None, typer.Option(help="Only pacts with this provider.")] = None,
    *,
    format: Output = "table",  # noqa: A002 - the option's name
    output: Annotated[Path | None, typer.Option(help="Write the report here instead.")] = None,
) -> None:
    """Compare pacts with an OpenAPI document, statically, without the provider."""
    from apiproof.contract_diff.pact import run
    from apiproof.openapi.document import DocumentMissing

    if not openapi.is_file():
        raise DocumentMissing(f"No OpenAPI document at {openapi}. Name the provider's --openapi.")
    raise typer.Exit(run(pacts, openapi, format, output, provider))


def usage(
    openapi: OpenApi = Path("openapi.json"),
    pacts: PactFolder = Path("pacts"),
    provider: Annotated[
        str | None, typer.Option(help="Its name in the pacts; needed where they name several.")
    ] = None,
    *,
    format: Output = "table",  # noqa: A002 - the option's name
) -> None:
    """List operations and fields by the consumers that use them: what may be retired."""
    from apiproof.pacts.usage import run

    raise typer.Exit(run(openapi, pacts, provider, format))
