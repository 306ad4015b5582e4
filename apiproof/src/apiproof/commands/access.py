"""`apiproof access`: the access report of the service, or of any running API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.access import AccessReport
    from apiproof.access.users_file import FileUsers
    from apiproof.http.client import HttpClient

REPORTS = Path("reports")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(access)


def access(  # noqa: PLR0913, PLR0917  # each is an option of the command
    url: Annotated[
        str | None, typer.Option(help="A running API; without it, the service is started.")
    ] = None,
    openapi: Annotated[
        Path | None, typer.Option(help="Its OpenAPI document in JSON; default: what it publishes.")
    ] = None,
    identities: Annotated[
        Path | None,
        typer.Option(help="Its users: a Web Fuzzing Commons auth document or a ready file."),
    ] = None,
    signing_key: Annotated[
        Path | None, typer.Option(help="The token issuer's private key (PEM), for more forgeries.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="An operationId to leave alone, repeatable.")
    ] = None,
    destructive: Annotated[  # noqa: FBT002  # an option of the command
        bool, typer.Option("--use-up", help="Also call what deletes a given account for good.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option(help="Known findings, which do not block.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write what was found as known, and exit with 0.")
    ] = None,
    reports: Annotated[
        Path, typer.Option(help="The folder for access.json and access.html.")
    ] = REPORTS,
    service: ServiceOption = None,
) -> None:
    """Try every case at every operation; exit with 1 on a new finding."""
    from apiproof import access as probing
    from apiproof.access.rendering import print_report, write_html, write_json
    from apiproof.reporting.terminal import console

    known = probing.read_baseline(baseline)
    if url is None:
        report = _of_subject(service, skip or [])
    else:
        target = _target(url, openapi, identities, signing_key)
        report = probing.probe(*target, skip or [], probing.ProbeOptions(destructive=destructive))
    diff = probing.compare_to_baseline(report.findings, known)
    print_report(report, diff, console)
    write_json(report, diff, reports / "access.json")
    write_html(report, diff, reports / "access.html")
    console.print(f"Reports: {reports / 'access.json'}, {reports / 'access.html'}")
    if write_baseline is not None:
        probing.write_baseline(report.findings, write_baseline)
        return
    raise typer.Exit(_exit_code(report, len(diff.new)))


def _exit_code(report: "AccessReport", findings: int) -> int:
    from apiproof.errors import UserError

    if not report.tried:
        raise UserError("Nothing was tried: the document declares no operation that can be called.")
    return 1 if findings else 0


def _of_subject(service: str | None, skip: list[str]) -> "AccessReport":
    from apiproof.access import probe_service
    from apiproof.environment import Environment
    from apiproof.service import load_service

    chosen = load_service(service)
    with Environment.open(chosen) as env:
        return probe_service(chosen, env, skip)


def _target(
    url: str, openapi: Path | None, identities: Path | None, key: Path | None
) -> "tuple[dict[str, Any], FileUsers, HttpClient]":
    """Return the document of a running API, its users and a client."""
    from apiproof.access.users_file import read_identities
    from apiproof.errors import UserError
    from apiproof.http.client import HttpClient
    from apiproof.openapi.document import load_document

    if identities is None:
        raise UserError(
            "--url takes --identities FILE as well: a Web Fuzzing Commons auth document, "
            "or the ready file of `apiproof serve`."
        )
    client = HttpClient(url)
    document = load_document(openapi) if openapi else _published(client, url)
    return document, read_identities(identities, client, key), client


def _published(client: "HttpClient", url: str) -> dict[str, Any]:
    """Return the document that an API publishes at /openapi.json.

    Raises:
        DocumentMissing: It does not answer, or not with one.
    """
    import requests

    from apiproof.openapi.document import DocumentMissing

    try:
        document = client.request("GET", "/openapi.json").json()
    except requests.RequestException as error:
        raise DocumentMissing(
            f"{url} publishes no OpenAPI document at /openapi.json ({type(error).__name__}): "
            "name one with --openapi."
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise DocumentMissing(
            f"{url}/openapi.json is no OpenAPI document: name one with --openapi."
        )
    return document
