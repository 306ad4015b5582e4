"""`apiproof openapi diff | check`: a document against an earlier one, or the application."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.service import Document, Service

Format = Literal["text", "json", "markdown", "sarif", "junit", "html"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Find breaking changes; compare the document with the application.")
    for command in (diff, check):
        group.command()(command)
    app.add_typer(group, name="openapi", no_args_is_help=True)


def diff(  # noqa: PLR0913 - a command's options
    old: Annotated[str, typer.Argument(help="The OpenAPI document that clients know.")],
    new: Annotated[str, typer.Argument(help="The one that is to replace it.")],
    *,
    pacts: Annotated[
        Path | None, typer.Option(help="Name the consumers of these pacts that each change breaks.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Only pacts with this provider.")] = None,
    format: Annotated[Format, typer.Option(help="How to print the result.")] = "text",  # noqa: A002 - the option's name
    changelog: Annotated[bool, typer.Option(help="Tell what changed by operation.")] = False,
    operations: Annotated[bool, typer.Option(help="Name all operations of each change.")] = False,
    severities: Annotated[
        Path | None, typer.Option(help="A TOML file with a table [severities] of rules.")
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning"], typer.Option(help="The least severity that ends with 1.")
    ] = "error",
    allow_url: Annotated[
        list[str] | None, typer.Option(help="Where references may lead: https://host/folder.")
    ] = None,
) -> None:
    """Find breaking changes between two OpenAPI documents."""
    from apiproof.contract_diff.document.rules import ChangeSeverity
    from apiproof.contract_diff.document.run import DiffOptions, run

    options = DiffOptions(
        pacts=pacts,
        provider=provider,
        format=format,
        policy=severities,
        changelog=changelog,
        every_operation=operations,
        fail_on=ChangeSeverity(fail_on),
        allowed_urls=tuple(allow_url or ()),
    )
    raise typer.Exit(run(old, new, options, keeps=True))


def check(
    service: ServiceOption = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write it instead.")] = False,
) -> None:
    """Compare the committed document with what the application declares; 1 if they differ."""
    from apiproof.pipeline import document_findings
    from apiproof.reporting import counted
    from apiproof.reporting.store import write_atomically
    from apiproof.service import load_service

    loaded = load_service(service)
    document = _declared(loaded)
    if write:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_atomically(loaded.document_path, text)
    count, findings = document_findings(loaded, document)
    for line in findings:
        typer.echo(line)
    typer.echo(counted(count, "operation"))
    raise typer.Exit(1 if findings else 0)


def _declared(service: "Service") -> "Document":
    """Return what the application declares, never its committed document."""
    from apiproof.environment import Environment

    if service.make_document is not None:
        return service.make_document()
    with Environment.open(service, client=False) as env:  # an import may reach for the database
        return env.declared
