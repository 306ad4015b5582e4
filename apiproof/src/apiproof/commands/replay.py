"""`apiproof replay`: send a finding's request again, at a fresh environment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.reporting import Finding, HttpRequest, Report
    from apiproof.service import Service

_REPORT = Path("reports/report.json")
_NOT_THERE = (404, 410)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    finding_id: Annotated[
        str, typer.Argument(metavar="ID", help="The finding's id, or a part that no other has.")
    ],
    report: Annotated[Path, typer.Option(help="The report.json that it is from.")] = _REPORT,
    service: ServiceOption = None,
) -> None:
    """Try a finding of the last report again, at a fresh environment.

    A pact's interaction is verified again with its states, an operation's access is probed again,
    and any other request is sent again with the token of a new user. Exit codes: 0 it is gone,
    1 it is still there, 2 error.
    """
    from apiproof.reporting.store import read_report
    from apiproof.reporting.terminal import console, print_line
    from apiproof.service import load_service

    finding = _chosen(read_report(report), finding_id)
    chosen = load_service(service)
    print_line(console, f"Trying again: {finding.id}")
    is_there = _again(finding, chosen)
    text, style = ("still there", "red") if is_there else ("gone", "green")
    print_line(console, (f"{text}: ", style), finding.message)
    raise typer.Exit(1 if is_there else 0)


def _chosen(report: "Report", wanted: str) -> "Finding":
    """The finding that an id, or a part of one, means."""
    from apiproof.errors import UserError

    every = [finding for _, finding in report.findings]
    found = [finding for finding in every if finding.id == wanted]
    found = found or [finding for finding in every if wanted in finding.id]
    if len(found) == 1:
        return found[0]
    if not found:
        known = "; ".join(finding.id for finding in every[:5]) or "it has none"
        raise UserError(f"The report has no finding {wanted!r}; it begins with: {known}.")
    several = "; ".join(finding.id for finding in found[:5])
    raise UserError(f"{wanted!r} means {len(found)} findings: {several}. Say more of the id.")


def _again(finding: "Finding", service: "Service") -> bool:
    """Whether a finding is still there."""
    step = finding.id.partition("/")[0]
    if step == "pacts" and finding.check == "pact_interaction":
        return _verify(finding, service)
    if step == "access":
        return _probe(finding, service)
    if _send(finding, service):
        return True
    # Its token may have been a forged one, which no report shows.
    is_signed = finding.request is not None and "$TOKEN" in str(finding.request.headers)
    return step == "errors" and is_signed and _probe(finding, service)


def _verify(finding: "Finding", service: "Service") -> bool:
    from dataclasses import replace

    from apiproof.environment import Environment
    from apiproof.errors import UserError
    from apiproof.pacts.verify.report import as_step, print_verification
    from apiproof.pacts.verify.run import VerifyRequest, open_session, plan
    from apiproof.pacts.verify.session import verify_selected
    from apiproof.reporting.terminal import console

    place = finding.location
    if place is None or not Path(place.file).is_file():
        raise UserError("The finding's pact file is not there: run again.")
    selected = plan(VerifyRequest(names=(place.file,)), service).whole()
    own = [
        replace(each, interactions=(interaction,))
        for each in selected
        for interaction in each.interactions
        if interaction.location == place.where
    ]
    with Environment.open(service) as env, open_session(env) as session:
        verification = verify_selected(own, session, service.name)
    print_verification(verification, console)
    if verification.exit_code == 2:
        raise UserError(verification.summary)
    return bool(as_step(verification).findings)


def _probe(finding: "Finding", service: "Service") -> bool:
    from apiproof.access import MEMBERS_ONLY, lost_members, probe_service
    from apiproof.access.step import as_step
    from apiproof.environment import Environment
    from apiproof.error_findings import error_findings
    from apiproof.openapi.operations import operations
    from apiproof.reporting.summary import print_finding
    from apiproof.reporting.terminal import console

    with Environment.open(service) as env:
        others = [
            operation.operation_id
            for operation in operations(env.document)
            if operation.label != finding.operation
        ]
        report = probe_service(service, env, others)
        if finding.check == MEMBERS_ONLY:  # what its baseline remembers is in its id
            group = finding.id.partition("/outside-")[2].removesuffix("/let-in")
            report.add(lost_members({(group, finding.operation)}, report))
        step = as_step(report, set())
        met = [*step.findings, *error_findings(env.server_errors, env.document)]
    found = [each for each in met if each.id == finding.id]
    for each in found:
        print_finding(each, console)
    return bool(found)


def _send(finding: "Finding", service: "Service") -> bool:
    from apiproof.environment import Environment
    from apiproof.errors import UserError
    from apiproof.redaction import redact
    from apiproof.reporting.terminal import console, print_line

    request = finding.request
    if request is None or finding.response is None:
        raise UserError(f"The finding {finding.id!r} is not about one request: run again.")
    with Environment.open(service) as env:
        token = env.token(env.new_account().username)
        answer = env.client.request(
            request.method, _target(request), data=_with(token, request.body).encode() or None,
            headers={name: _with(token, value) for name, value in _headers(request).items()},
        )  # fmt: skip
        text = redact(getattr(answer, "text", ""))
    print_line(console, f"{request.method} {_target(request)}")
    print_line(console, f"reported {finding.response.status}, now {answer.status_code}")
    print_line(console, text[:2000])
    if answer.status_code in _NOT_THERE and finding.response.status not in _NOT_THERE:
        raise UserError(
            f"{answer.status_code}: a fresh environment has not what this request names, so that "
            "nothing was decided: run again, or make it by hand beside `apiproof serve`."
        )
    return bool(answer.status_code == finding.response.status)


def _with(token: str, text: str) -> str:
    return text.replace("$TOKEN", token)


def _target(request: "HttpRequest") -> str:
    parts = urlsplit(request.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _headers(request: "HttpRequest") -> dict[str, str]:
    """The headers that are the request's own, and not those of a connection."""
    left_out = {"host", "content-length", "connection", "accept-encoding"}
    return {name: value for name, value in request.headers.items() if name.lower() not in left_out}
