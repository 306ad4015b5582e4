"""`apiproof verify`: its options, and nothing of what they do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.pacts.verify.results import Verification
    from apiproof.pacts.verify.running import Wish


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
    provider_url: Annotated[Text, _option(_WHERE, "A running one; default: embedded.")] = None,
    states_url: Annotated[Text, _option(_WHERE, "The running one's state handler.")] = None,
    openapi: Annotated[File, _option(_WHERE, "The document to compare with first.")] = None,
    broker_url: Annotated[Text, _option(_BROKER, "Its root.")] = None,
    broker_token: Annotated[
        Text, _option(_BROKER, "For URLs of pacts too.", envvar="PACT_BROKER_TOKEN")
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
    consumer_tag: Annotated[Texts, _option(_BROKER, "The latest with it; repeatable.")] = None,
    branch: Annotated[Text, _option(_BROKER, "The provider's.")] = None,
    provider_tag: Annotated[Texts, _option(_BROKER, "The provider's; repeatable.")] = None,
    pending: Annotated[bool, _option(_BROKER, "Let pending pacts fail nothing.")] = False,
    wip_since: Annotated[Text, _option(_BROKER, "Also work in progress since this date.")] = None,
    publish: Annotated[
        Text, _option(_BROKER, "Publish results for this provider version.", metavar="VERSION")
    ] = None,
    build_url: Annotated[Text, _option(_BROKER, "The page of this build.")] = None,
    junit: Annotated[File, _option(_REPORTS, "Write JUnit XML.")] = None,
    json: Annotated[File, _option(_REPORTS, "Write JSON.")] = None,
    html: Annotated[File, _option(_REPORTS, "Write one HTML file.")] = None,
) -> None:
    """Tell whether the provider honours what its consumers expect.

    Without PACT or a Broker: this repository's pacts. Exit codes: 0 honoured, 1 broken, 2 could
    not tell.
    """
    from apiproof.pacts.verify.fetching import Credentials
    from apiproof.pacts.verify.running import Wish
    from apiproof.pacts.verify.selection import Filter

    credentials = Credentials(broker_token, broker_username, broker_password)
    broker = None
    if broker_url:
        from apiproof.pacts.verify.broker import BrokerOptions, read_selector

        broker = BrokerOptions(
            url=broker_url,
            credentials=credentials,
            selectors=tuple(map(read_selector, selector or ())),
            consumer_tags=tuple(consumer_tag or ()),
            branch=branch,
            provider_tags=tuple(provider_tag or ()),
            include_pending=pending,
            wip_since=wip_since,
            publish_version=publish,
            build_url=build_url,
        )
    wish = Wish(
        names=tuple(pacts or ()),
        wanted=Filter(tuple(consumer or ()), description, state),
        credentials=credentials,
        broker=broker,
        provider_url=provider_url,
        states_url=states_url,
        document_path=openapi,
    )
    verification = _run(wish, service)
    _write(verification, junit, json, html)
    raise typer.Exit(verification.exit_code)


def _run(wish: "Wish", service: str | None) -> "Verification":
    from rich.console import Console

    from apiproof.pacts.verify.reports import print_verification
    from apiproof.pacts.verify.running import plan, verify
    from apiproof.reporting.terminal import console
    from apiproof.service import load_service

    chosen = load_service(service)
    orders = plan(wish, chosen)
    count = sum(len(order.interactions) for order in orders)
    with Console(stderr=True).status(f"Playing {count} interactions") as status:
        verification = verify(
            orders,
            wish,
            chosen,
            lambda pact, result: status.update(
                f"{pact.consumer}: {result.interaction.description}"
            ),
        )
    print_verification(verification, console)
    return verification


def _write(verification: "Verification", junit: File, json: File, html: File) -> None:
    from apiproof.pacts.verify.reports import as_html, as_json, as_junit

    for path, render in ((junit, as_junit), (json, as_json), (html, as_html)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(render(verification), encoding="utf-8")
