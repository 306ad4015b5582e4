"""`apiproof access`: who may do what at a running API, tried; `access init`: its users' file."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apiproof.access import AccessReport, Impact, ProbeOptions
    from apiproof.access.report import BaselineDiff

REPORTS = Path("reports")
# FastAPI, Swagger tools, drf-spectacular, springdoc, apispec, flasgger, NestJS, Express, Fastify,
# ASP.NET, and the usual prefixes.
DOCUMENT_PATHS = (
    "/openapi.json",
    "/openapi.yaml",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/swagger.json",
    "/api/schema/",
    "/v3/api-docs",
    "/apispec.json",
    "/apispec_1.json",
    "/v1/openapi.json",
    "/docs/openapi.json",
    "/openapi/openapi.json",
    "/api-json",
    "/docs-json",
    "/swagger-json",
    "/api/docs-json",
    "/api-docs",
    "/api-docs.json",
    "/api-docs/swagger.json",
    "/api/swagger.json",
    "/docs/json",
    "/documentation/json",
    "/swagger/v1/swagger.json",
)
_WHAT, _HOW, _KNOWN = "What to probe", "How far to go", "Known findings and reports"
Texts = list[str] | None
File = Path | None


class FailOn(StrEnum):
    """From which severity on a new finding fails the run."""

    LET_IN = "let-in"
    LEAK = "leak"
    EXISTENCE = "existence"
    DEVIATION = "deviation"


def _option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(invoke_without_command=True, help=access.__doc__)
    group.callback()(access)
    group.command("init")(init)
    app.add_typer(group, name="access")


def access(  # noqa: PLR0913 - these are the command line's options
    context: typer.Context,
    *,
    url: Annotated[
        str | None, _option(_WHAT, "A running API; without it, the service is started.")
    ] = None,
    openapi: Annotated[
        str | None, _option(_WHAT, "Its document, a file or URL; default: what it publishes.")
    ] = None,
    identities: Annotated[
        File,
        _option(
            _WHAT,
            "Its users: a Web Fuzzing Commons auth document (see `init`); `clientCredentials` with "
            "tokenUrl, clientId, clientSecret and scope is a machine.",
        ),
    ] = None,
    signing_key: Annotated[
        File, _option(_WHAT, "The token issuer's private key (PEM), for more forgeries.")
    ] = None,
    jwks: Annotated[
        str | None, _option(_WHAT, "The issuer's public keys, a file or URL of a JWK Set.")
    ] = None,
    roles: Annotated[
        File, _option(_WHAT, "Which roles may call what: lines like `GET /users: \\[admin]`.")
    ] = None,
    operation: Annotated[
        Texts, _option(_WHAT, "Only this one, `GET /users` or its operationId; repeatable.")
    ] = None,
    check: Annotated[Texts, _option(_WHAT, "Only this check; repeatable.")] = None,
    skip: Annotated[Texts, _option(_WHAT, "An operationId to leave alone; repeatable.")] = None,
    read_only: Annotated[
        bool, _option(_HOW, "Send nothing but safe methods, logins excepted.", "--read-only")
    ] = False,
    destructive: Annotated[
        bool,
        _option(
            _HOW, "Let accounts that were lent be changed and deleted.", "--destructive", "--use-up"
        ),
    ] = False,
    thorough: Annotated[
        bool, _option(_HOW, "Show every variant of a bad credential everywhere.", "--thorough")
    ] = False,
    login_attempts: Annotated[
        int, _option(_HOW, "Wrong logins to send, to see whether they are limited.", max=1000)
    ] = 0,
    resets: Annotated[
        bool,
        _option(
            _HOW,
            "Ask for a new password of one user of the file, to whom mail may go, to see whether "
            "users are told from nobody there.",
            "--resets",
        ),
    ] = False,
    max_requests: Annotated[
        int,
        _option(
            _HOW,
            "At most this many requests, logins included, shared fairly by the operations; the "
            "removal of what was made comes on top.",
            min=0,
        ),
    ] = 0,
    require_all: Annotated[
        bool,
        _option(_HOW, "Take an operation that could not be tried for a finding.", "--require-all"),
    ] = False,
    fail_on: Annotated[
        FailOn, _option(_KNOWN, "The least bad new finding that fails the run.")
    ] = FailOn.LEAK,
    baseline: Annotated[File, _option(_KNOWN, "Known findings, which do not fail it.")] = None,
    write_baseline: Annotated[
        File,
        _option(
            _KNOWN,
            "Write what was found as known, and exit with 0. What a narrower run did not look "
            "for stays in it.",
        ),
    ] = None,
    write_roles: Annotated[
        File, _option(_KNOWN, "Write who could call what, to be signed off for --roles.")
    ] = None,
    reports: Annotated[
        Path, _option(_KNOWN, "The folder for access.json, .html, .junit.xml and .sarif.")
    ] = REPORTS,
    service: ServiceOption = None,
) -> None:
    """Try who may do what, from the document alone; exit with 1 on a new finding.

    It signs up accounts of its own where the document has a sign-up, makes objects with them, and
    removes what it made. Accounts of the identities file are never deleted or changed, unless with
    --destructive, and make something only where no other account can; what stays is listed. What
    is sent: valid requests of every operation, the same with bad credentials and as other users,
    with further fields, and with URLs of this machine.
    """
    if context.invoked_subcommand is not None:
        return
    started = datetime.now(UTC)
    is_whole = not (operation or check or skip or read_only or max_requests)
    try:
        from apiproof import access as probing
        from apiproof.access.functions import read_roles

        known = probing.read_baseline(baseline)
        kept = {} if is_whole else {**_written_before(write_baseline), **known.known}
        options = probing.ProbeOptions(
            destructive=destructive,
            quick=not thorough,
            read_only=read_only,
            only=tuple(operation or ()),
            checks=_known_checks(check or []),
            login_attempts=login_attempts,
            resets=resets,
            max_requests=max_requests,
            roles=read_roles(roles),
            is_strict=url is None or require_all,
        )
        if url is None:
            report = _of_service(service, skip or [])
        else:
            report = _of_url(url, openapi, identities, signing_key, jwks, skip or [], options)
    except KeyboardInterrupt:  # before the probe, which keeps what it has found itself
        from apiproof import access as probing
        from apiproof.access.report import INTERRUPTED

        known, kept = probing.Baseline(), {}
        report = probing.AccessReport({}, interrupted=INTERRUPTED)

    from apiproof.access.functions import proposed_roles
    from apiproof.access.rendering import print_report, write_reports
    from apiproof.reporting.store import write_atomically
    from apiproof.reporting.terminal import console

    report.add(probing.security_lost(known.secured, report.document))
    diff = probing.compare_to_baseline(report.findings, known.known, is_whole=is_whole)
    written = write_reports(report, diff, reports, started, url or "")
    print_report(report, diff, console)
    console.print(f"Reports: {', '.join(str(path) for path in written)}", soft_wrap=True)
    if write_roles is not None:
        write_atomically(write_roles, proposed_roles(report))
    code = _exit_code(report, diff, probing.Impact[fail_on.name])
    if write_baseline is not None and code != 2:  # half a run is no baseline
        probing.write_baseline(report, write_baseline, kept)
        return
    raise typer.Exit(code)


def init(
    *,
    url: Annotated[str | None, typer.Option(help="The running API.")] = None,
    openapi: Annotated[
        str | None, typer.Option(help="Its document, a file or URL; default: what it publishes.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The file to write.")] = Path("identities.yaml"),
) -> None:
    """Write an identities file from the document: its login, and two users to fill in."""
    from apiproof.access.identities_file import identities_file
    from apiproof.errors import UserError
    from apiproof.reporting.store import write_atomically
    from apiproof.reporting.terminal import console

    if url is None and openapi is None:
        raise UserError("init takes --url URL or --openapi FILE: one of them says the document.")
    if output.exists():
        raise UserError(f"{output} is there already: remove it, or name another with --output.")
    document = _document(url or "", openapi)
    write_atomically(output, identities_file(document))
    console.print(
        f"Wrote {output}: fill in names and passwords, then run "
        f"`apiproof access --url {url or 'URL'} --identities {output}`.",
        soft_wrap=True,
    )


def _written_before(path: Path | None) -> "Mapping[str, str]":
    """Return what a baseline that is to be written lists already, text by id."""
    from apiproof import access as probing

    return probing.read_baseline(path if path is not None and path.is_file() else None).known


def _known_checks(names: list[str]) -> tuple[str, ...]:
    from apiproof.access import CHECKS
    from apiproof.errors import UserError

    unknown = sorted(set(names) - set(CHECKS))
    if unknown:
        raise UserError(f"No check {', '.join(unknown)}: there are {', '.join(CHECKS)}.")
    return tuple(names)


def _exit_code(report: "AccessReport", diff: "BaselineDiff", threshold: "Impact") -> int:
    from apiproof.errors import UserError

    if report.interrupted or report.why_no_evidence:
        return 2
    if not report.tried:
        raise UserError(
            "Nothing was tried: no operation of the document could be called. "
            "Look at what is said above, and at the identities file."
        )
    return 1 if diff.failing(threshold) else 0


def _of_service(service: str | None, skip: list[str]) -> "AccessReport":
    from apiproof.access import probe_service
    from apiproof.environment import Environment
    from apiproof.service import load_service

    chosen = load_service(service)
    with Environment.open(chosen) as env:
        return probe_service(chosen, env, skip)


def _of_url(  # noqa: PLR0913, PLR0917 - what the command line says
    url: str,
    openapi: str | None,
    identities: Path | None,
    signing_key: Path | None,
    jwks: str | None,
    skip: list[str],
    options: "ProbeOptions",
) -> "AccessReport":
    """Probe a running API as the users of a file."""
    from urllib.parse import urlsplit

    import requests

    from apiproof.access import probe
    from apiproof.access.accounts import Accounts
    from apiproof.access.keys import published_keys
    from apiproof.access.users_file import read_key, read_users
    from apiproof.access.users_wfc import without_base
    from apiproof.errors import UserError
    from apiproof.http.client import HttpClient

    if identities is None:
        raise UserError(
            "--url takes --identities FILE as well: a Web Fuzzing Commons auth document "
            "(`apiproof access init` writes one), or the environment file of `apiproof serve`."
        )
    users, key = read_users(identities), read_key(signing_key)
    document = _document(url, openapi)
    base, paths = _base_url(url, document), document.get("paths") or {}
    client = HttpClient(base)
    users = [without_base(user, urlsplit(base).path, paths) for user in users]
    accounts = Accounts(users, client, key)
    try:
        token = accounts.any_token()
    except requests.RequestException as error:
        reason = type(error).__name__
        raise UserError(f"{url}: no user can sign in, it cannot be reached ({reason}).") from None
    accounts.use_keys(published_keys(document, token, jwks, base))
    return probe(document, accounts, client, skip, options)


def _base_url(url: str, document: dict[str, Any]) -> str:
    """Return the URL that the document's paths are relative to."""
    from urllib.parse import urlsplit

    servers = document.get("servers") or [{}]
    path = urlsplit(str(servers[0].get("url", ""))).path if isinstance(servers[0], dict) else ""
    has_path = urlsplit(url).path.strip("/")
    return url.rstrip("/") + ("" if has_path or "{" in path else path.rstrip("/"))


def _document(url: str, openapi: str | None) -> dict[str, Any]:
    """Return the document: what was named, or what the API publishes where frameworks do.

    Raises:
        DocumentMissing: It is neither named nor published.
    """
    import requests

    from apiproof.errors import UserError
    from apiproof.openapi.document import DocumentMissing, load_document

    if openapi:
        return load_document(openapi)
    failure = ""
    for path in DOCUMENT_PATHS:
        try:
            # Not HEAD: many servers answer it with 404, 405 or 501.
            with requests.get(url.rstrip("/") + path, timeout=10, stream=True) as found:
                is_there = found.status_code == 200
            if is_there:
                return load_document(url.rstrip("/") + path)
        except requests.RequestException as error:
            raise UserError(f"{url} cannot be reached ({type(error).__name__}).") from None
        except DocumentMissing as error:
            failure = str(error)
        except UserError as error:
            failure = str(error)
    raise DocumentMissing(
        f"{url} publishes no OpenAPI document at {', '.join(DOCUMENT_PATHS)}"
        f"{': ' + failure if failure else ''}: name one with --openapi, a file or URL."
    )
