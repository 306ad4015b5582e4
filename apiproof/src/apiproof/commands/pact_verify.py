"""`apiproof pact verify`: its options, and nothing of what they do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.pacts.verify.broker import BrokerOptions
    from apiproof.pacts.verify.results import Verification
    from apiproof.pacts.verify.run import VerifyRequest
    from apiproof.service import Service


def _option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


_WHICH, _WHERE, _BROKER, _REPORTS = "Which interactions", "Which provider", "Pact Broker", "Reports"
Text = str | None
Texts = list[str] | None
File = Path | None


def verify(  # noqa: PLR0913 - these are the command line's options
    pacts: Annotated[
        Texts, typer.Argument(metavar="PACT...", help="Files, folders, URLs of pact files.")
    ] = None,
    service: ServiceOption = None,
    *,
    consumer: Annotated[Texts, _option(_WHICH, "Only this consumer's; repeatable.")] = None,
    description: Annotated[Text, _option(_WHICH, "Only where this regex is found.")] = None,
    state: Annotated[Text, _option(_WHICH, "Only with a state where this regex is found.")] = None,
    provider: Annotated[
        Text, _option(_WHERE, "Its name in the pacts; default: the service's.")
    ] = None,
    provider_url: Annotated[Text, _option(_WHERE, "A running one; default: embedded.")] = None,
    state_url: Annotated[
        Text, _option(_WHERE, "The state handler of a provider that has its own: a URL or a path.")
    ] = None,
    openapi: Annotated[File, _option(_WHERE, "The document to compare with first.")] = None,
    broker_url: Annotated[
        Text, _option(_BROKER, "Its root; with PACTs, only where credentials and results go.")
    ] = None,
    broker_token: Annotated[
        Text, _option(_BROKER, "Sent to the Broker's own origin only.", envvar="PACT_BROKER_TOKEN")
    ] = None,
    broker_username: Annotated[
        Text, _option(_BROKER, "Likewise.", envvar="PACT_BROKER_USERNAME")
    ] = None,
    broker_password: Annotated[
        Text, _option(_BROKER, "Likewise.", envvar="PACT_BROKER_PASSWORD")
    ] = None,
    selector: Annotated[
        Texts, _option(_BROKER, 'Consumer versions, as {"mainBranch": true}; repeatable.')
    ] = None,
    environment: Annotated[
        Texts, _option(_BROKER, "Consumer versions that are in this environment; repeatable.")
    ] = None,
    deployed_or_released: Annotated[
        bool, _option(_BROKER, "Consumer versions that are in any environment.")
    ] = False,
    consumer_tag: Annotated[Texts, _option(_BROKER, "The latest with it; repeatable.")] = None,
    branch: Annotated[Text, _option(_BROKER, "The provider's.")] = None,
    provider_tag: Annotated[Texts, _option(_BROKER, "The provider's; repeatable.")] = None,
    pending: Annotated[bool, _option(_BROKER, "Let pending pacts fail nothing.")] = False,
    wip_since: Annotated[Text, _option(_BROKER, "Also work in progress since this date.")] = None,
    publish: Annotated[
        Text, _option(_BROKER, "Publish results for this provider version.", metavar="VERSION")
    ] = None,
    build_url: Annotated[Text, _option(_BROKER, "The page of this build.")] = None,
    can_i_deploy: Annotated[
        Text,
        _option(_BROKER, "Then ask whether it can go there; 1 if not.", metavar="ENVIRONMENT"),
    ] = None,
    junit: Annotated[File, _option(_REPORTS, "Write JUnit XML.")] = None,
    json: Annotated[File, _option(_REPORTS, "Write JSON.")] = None,
    html: Annotated[File, _option(_REPORTS, "Write one HTML file.")] = None,
) -> None:
    """Tell whether the provider answers as its consumers expect.

    Without PACT or a Broker: this repository's pacts. Exit codes: 0 passed, 1 failed, 2 error.
    """
    from apiproof.pacts.verify.fetching import Credentials
    from apiproof.pacts.verify.loading import Filter
    from apiproof.pacts.verify.run import NothingToVerify, VerifyRequest

    credentials = Credentials(
        broker_token, broker_username, broker_password, origin=broker_url or ""
    )
    broker = None
    if broker_url:
        from apiproof.pacts.verify.broker import BrokerOptions, read_selector

        environments = [{"environment": name} for name in environment or ()]
        deployed = [{"deployedOrReleased": True}] if deployed_or_released else []
        broker = BrokerOptions(
            url=broker_url,
            credentials=credentials,
            selectors=(*map(read_selector, selector or ()), *environments, *deployed),
            consumer_tags=tuple(consumer_tag or ()),
            branch=branch,
            provider_tags=tuple(provider_tag or ()),
            include_pending=pending,
            wip_since=wip_since,
            publish_version=publish,
            build_url=build_url,
        )
    if can_i_deploy and not (broker and publish):
        raise NothingToVerify("--can-i-deploy needs --broker-url and --publish VERSION.")
    request = VerifyRequest(
        names=tuple(pacts or ()),
        wanted=Filter(tuple(consumer or ()), description, state),
        credentials=credentials,
        broker=broker,
        provider=provider,
        provider_url=provider_url,
        states_url=state_url,
    )
    chosen = _service(service, needed=not (provider and provider_url))
    started = datetime.now(UTC)
    verification = _run(request, chosen, openapi)
    _write(verification, started, {"junit": junit, "json": json, "html": html})
    code = verification.exit_code
    if broker and can_i_deploy:
        code = max(code, ask_deployability(broker, verification.provider, can_i_deploy))
    raise typer.Exit(code)


def _service(name: str | None, *, needed: bool) -> "Service | None":
    """The service; a deployed provider whose name is given can do without."""
    from apiproof.service import ServiceNotFound, load_service

    try:
        return load_service(name)
    except ServiceNotFound:
        if needed or name:
            raise
        return None


def _run(request: "VerifyRequest", service: "Service | None", openapi: File) -> "Verification":
    from rich.console import Console

    from apiproof.contract_diff.pact.report import compare_pacts
    from apiproof.pacts.verify.broker import notices_after
    from apiproof.pacts.verify.report import print_verification
    from apiproof.pacts.verify.run import plan, verify
    from apiproof.reporting.terminal import console, line_of, print_line

    planned = plan(request, service)
    selected = planned.selected
    findings = compare_pacts(
        [(each.source.pact, each.interactions) for each in selected], service, openapi
    )
    for each in selected:
        for moment, text in each.source.notices:
            if moment == "before_verification":
                print_line(console, f"Broker: {text}")
    count = sum(len(each.interactions) for each in selected)
    with Console(stderr=True, markup=False).status(f"Verifying {count} interactions") as status:
        verification = verify(
            planned,
            request,
            service,
            lambda pact, result: status.update(
                line_of(f"{pact.consumer}: {result.interaction.description}")
            ),
            findings,
        )
    print_verification(verification, console)
    published = bool(request.broker and request.broker.publish_version)
    published = published and not verification.unpublished
    for pact in verification.pacts:
        for text in notices_after(pact, published=published):
            print_line(console, f"Broker: {text}")
    return verification


def ask_deployability(broker: "BrokerOptions", provider: str, environment: str) -> int:
    """Ask the Broker, print its answer, and return the exit code that it means."""
    from apiproof.pacts.verify.broker import can_i_deploy
    from apiproof.reporting.terminal import console, print_line

    answer = can_i_deploy(broker, provider, environment)
    text, style = {
        True: ("can be deployed to {}", "green"),
        False: ("cannot be deployed to {}", "red"),
        None: ("may or may not be deployed to {}, the Broker cannot tell", "magenta"),
    }[answer.is_deployable]
    line = f"{provider} {broker.publish_version} {text.format(environment)}"
    print_line(console, (line, style), f": {answer.reason}")
    return 0 if answer.is_deployable else 2 if answer.is_deployable is None else 1


def _write(verification: "Verification", started: datetime, wanted: "dict[str, File]") -> None:
    from apiproof.pacts.verify.report import as_step
    from apiproof.reporting import build_report
    from apiproof.reporting.formats import as_json, as_junit
    from apiproof.reporting.page import as_html
    from apiproof.reporting.store import write_atomically

    report = build_report(verification.provider, started, [as_step(verification)])
    render = {"junit": as_junit, "json": as_json, "html": as_html}
    for name, path in wanted.items():
        if path is not None:
            write_atomically(path, render[name](report))
