"""`understudy access`: the access matrix of the subject, or of any running API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.commands.serve import SubjectOption

if TYPE_CHECKING:
    from understudy.access import Matrix
    from understudy.access.held import HeldIdentities
    from understudy.asgi import RemoteClient

REPORTS = Path("reports")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(access)


def access(  # noqa: PLR0913, PLR0917  # each is an option of the command
    url: Annotated[
        str | None, typer.Option(help="A running API; without it, the subject is started.")
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
    use_up: Annotated[  # noqa: FBT002  # an option of the command
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
    subject: SubjectOption = None,
) -> None:
    """Try every passport at every operation; exit with 1 on a new finding."""
    from understudy import access as probing
    from understudy.access.rendering import show, write_html, write_json
    from understudy.terminal import console

    known = probing.read_baseline(baseline)
    if url is None:
        matrix = _of_subject(subject, skip or [])
    else:
        target = _target(url, openapi, identities, signing_key)
        matrix = probing.probe(*target, skip or [], probing.Manner(use_up=use_up))
    judgement = probing.judge(matrix.findings, known)
    show(matrix, judgement, console)
    write_json(matrix, judgement, reports / "access.json")
    write_html(matrix, judgement, reports / "access.html")
    console.print(f"Reports: {reports / 'access.json'}, {reports / 'access.html'}")
    if write_baseline is not None:
        probing.write_baseline(matrix.findings, write_baseline)
        return
    raise typer.Exit(_exit_code(matrix, len(judgement.new)))


def _exit_code(matrix: "Matrix", findings: int) -> int:
    from understudy.errors import Refusal

    if not matrix.tried:
        raise Refusal("Nothing was tried: the document declares no operation that can be called.")
    return 1 if findings else 0


def _of_subject(subject: str | None, skip: list[str]) -> "Matrix":
    from understudy.access import probe_subject
    from understudy.subject import load_subject
    from understudy.world import World

    chosen = load_subject(subject)
    with World.open(chosen) as world:
        return probe_subject(chosen, world, skip)


def _target(
    url: str, openapi: Path | None, identities: Path | None, key: Path | None
) -> "tuple[dict[str, Any], HeldIdentities, RemoteClient]":
    """Return the document of a running API, its users and a client."""
    from understudy.access.held import read_identities
    from understudy.asgi import RemoteClient
    from understudy.document import load_document
    from understudy.errors import Refusal

    if identities is None:
        raise Refusal(
            "--url takes --identities FILE as well: a Web Fuzzing Commons auth document, "
            "or the ready file of `understudy serve`."
        )
    client = RemoteClient(url)
    document = load_document(openapi) if openapi else _published(client, url)
    return document, read_identities(identities, client, key), client


def _published(client: "RemoteClient", url: str) -> dict[str, Any]:
    """Return the document that an API publishes at /openapi.json.

    Raises:
        DocumentMissing: It does not answer, or not with one.
    """
    import requests

    from understudy.document import DocumentMissing

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
