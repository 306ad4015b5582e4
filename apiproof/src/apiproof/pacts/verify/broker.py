"""A Pact Broker: which pacts it wants verified, and telling it the result.

Spoken directly rather than through the pact library, whose own Broker source plays pacts before
anything can look at them: the checks of `selection` hold for a Broker's pacts too. Links are
followed by their relation (HAL), never built.

Sources: Pact Broker API, "Pacts for verification" and "Publishing verification results".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from apiproof.errors import UserError
from apiproof.pacts.verify.fetching import Credentials, Unfetched, fetch_json, shown_url
from apiproof.pacts.verify.results import (
    InteractionResult,
    Outcome,
    PactResult,
    Verification,
)
from apiproof.pacts.verify.selection import Order
from apiproof.pacts.verify.sources import Sources

_FOR_VERIFICATION = "pb:provider-pacts-for-verification"
_PUBLISH = "pb:publish-verification-results"


class BrokerRefused(UserError):
    """The Broker cannot be asked or told; the text says which of its answers is to blame."""


class SelectorInvalid(UserError):
    """A consumer version selector is not a JSON object."""


@dataclass(frozen=True)
class BrokerOptions:
    """How a Broker is asked.

    Attributes:
        url: its root.
        credentials: a token, or basic authentication.
        selectors: consumer version selectors, as the Broker takes them.
        consumer_tags: each is short for the selector {"tag": ..., "latest": true}.
        branch: the provider's, for what is pending and for publishing.
        provider_tags: the provider version's, likewise.
        include_pending: ask which pacts are pending; such a pact fails nothing.
        wip_since: a date, ISO 8601: also ask for pacts that are work in progress since then.
        publish_version: the provider's version to publish results for; None publishes nothing.
        build_url: of the build that verified, for the Broker's pages.
    """

    url: str
    credentials: Credentials = field(default_factory=Credentials)
    selectors: tuple[Mapping[str, Any], ...] = ()
    consumer_tags: tuple[str, ...] = ()
    branch: str | None = None
    provider_tags: tuple[str, ...] = ()
    include_pending: bool = False
    wip_since: str | None = None
    publish_version: str | None = None
    build_url: str | None = None

    def question(self) -> dict[str, Any]:
        """The body of the request for pacts to verify."""
        tags = [{"tag": tag, "latest": True} for tag in self.consumer_tags]
        body: dict[str, Any] = {
            "consumerVersionSelectors": [*self.selectors, *tags],
            "includePendingStatus": self.include_pending,
        }
        if self.provider_tags:
            body["providerVersionTags"] = list(self.provider_tags)
        if self.branch:
            body["providerVersionBranch"] = self.branch
        if self.wip_since:
            body["includeWipPactsSince"] = self.wip_since
        return body


def read_selector(text: str) -> Mapping[str, Any]:
    """Read a consumer version selector.

    Raises:
        SelectorInvalid: it is not a JSON object.
    """
    try:
        selector = json.loads(text)
    except ValueError:
        selector = None
    if not isinstance(selector, dict):
        raise SelectorInvalid(
            f"--selector {text!r} is not a JSON object; write it as "
            '\'{"mainBranch": true}\' or \'{"branch": "x", "consumer": "y"}\'.'
        )
    return selector


def add_broker_pacts(sources: Sources, options: BrokerOptions, provider: str) -> None:
    """Read the pacts that the Broker wants verified.

    Raises:
        BrokerRefused: it does not answer, or has none.
    """
    root = _ask(options, options.url)
    url = _link(root, _FOR_VERIFICATION, options.url).replace("{provider}", quote(provider, ""))
    answer = _ask(options, url, method="POST", body=options.question())
    listed = ((answer or {}).get("_embedded") or {}).get("pacts") or []
    if not listed:
        raise BrokerRefused(
            f'The Broker at {shown_url(options.url)} has no pact with "{provider}" for these '
            "selectors: check --selector, --consumer-tag and the provider's name."
        )
    for each in listed:
        href = _link(each, "self", url)
        document = _ask(options, href)
        sources.add_document(
            document,
            shown_url(href),
            pending=bool((each.get("verificationProperties") or {}).get("pending")),
            publish_url=((document.get("_links") or {}).get(_PUBLISH) or {}).get("href"),
        )


def publish(
    options: BrokerOptions, provider: str, orders: Sequence[Order], verification: Verification
) -> None:
    """Tell the Broker the result of each pact, with the provider's branch and tags.

    Raises:
        BrokerRefused: it does not take a result.
    """
    _describe_version(options, provider)
    for order, result in zip(orders, verification.pacts, strict=True):
        if order.source.publish_url:
            _ask(options, order.source.publish_url, method="POST", body=_told(options, result))


def _describe_version(options: BrokerOptions, provider: str) -> None:
    version = quote(str(options.publish_version), "")
    root = _ask(options, options.url)
    if options.branch:
        url = _link(root, "pb:pacticipant-branch-version", options.url)
        url = url.replace("{branch}", quote(options.branch, ""))
        url = url.replace("{pacticipant}", quote(provider, "")).replace("{version}", version)
        _ask(options, url, method="PUT", body={})
    for tag in options.provider_tags:
        url = _link(root, "pb:pacticipant-version-tag", options.url)
        url = url.replace("{tag}", quote(tag, ""))
        url = url.replace("{pacticipant}", quote(provider, "")).replace("{version}", version)
        _ask(options, url, method="PUT", body={})


def _told(options: BrokerOptions, result: PactResult) -> dict[str, Any]:
    broken = result.count(Outcome.BROKEN) + result.count(Outcome.PENDING)
    whole = len(result.interactions) == result.total and not result.untold
    told: dict[str, Any] = {
        "success": not broken and whole and result.played == result.total,
        "providerApplicationVersion": options.publish_version,
        "verifiedBy": {"implementation": "apiproof"},
        "testResults": [_test_result(each) for each in result.interactions],
    }
    return {**told, "buildUrl": options.build_url} if options.build_url else told


def _test_result(result: InteractionResult) -> dict[str, Any]:
    told: dict[str, Any] = {
        "interactionDescription": result.interaction.description,
        "success": result.outcome is Outcome.HONOURED,
    }
    if result.mismatches:
        told["mismatches"] = [
            {"attribute": each.path, "description": each.text} for each in result.mismatches
        ]
    return told


def _ask(options: BrokerOptions, url: str, *, method: str = "GET", body: Any = None) -> Any:
    try:
        return fetch_json(url, options.credentials, method=method, body=body)
    except Unfetched as why:
        raise BrokerRefused(f"The Pact Broker cannot be used: {why}") from None


def _link(document: Any, relation: str, url: str) -> str:
    links = document.get("_links") if isinstance(document, Mapping) else None
    link = links.get(relation) if isinstance(links, Mapping) else None
    if not isinstance(link, Mapping) or not link.get("href"):
        raise BrokerRefused(
            f"{shown_url(url)} is not a Pact Broker: its answer has no link {relation!r}."
        )
    return str(link["href"])
