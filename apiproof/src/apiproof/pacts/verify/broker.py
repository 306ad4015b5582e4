"""A Pact Broker: which pacts are to be verified, and publishing the results.

Spoken directly rather than through the pact library, whose own Broker source verifies pacts before
anything can look at them: the checks of `loading` hold for a Broker's pacts too. Links are
followed by their relation (HAL), never built, and credentials stay with the Broker's own origin.

Sources: Pact Broker API, "Pacts for verification", "Publishing verification results",
"Can I deploy"; pact_broker 2.1xx, lib/pact_broker/{api/resources,api/contracts,pacts/content}.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from apiproof.errors import UNREADABLE, UserError
from apiproof.pacts.verify.fetching import (
    Credentials,
    FetchFailed,
    fetch_json,
    joined_url,
    shown_url,
)
from apiproof.pacts.verify.loading import LoadedPact, LoadedPacts, SelectedPact, publish_url
from apiproof.pacts.verify.results import (
    InteractionResult,
    InteractionStatus,
    PactResult,
    Verification,
)

_FOR_VERIFICATION = "pb:provider-pacts-for-verification"
_CAN_I_DEPLOY = "pb:can-i-deploy-pacticipant-version-to-environment"


class BrokerError(UserError):
    """The Broker refuses or does not answer; the text says which of its answers is to blame."""


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

    def query(self) -> dict[str, Any]:
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


@dataclass(frozen=True)
class Deployability:
    """Whether a version can be deployed to an environment; None where the Broker cannot tell."""

    is_deployable: bool | None
    reason: str


def read_selector(text: str) -> Mapping[str, Any]:
    """Read a consumer version selector.

    Raises:
        SelectorInvalid: it is not a JSON object.
    """
    try:
        selector = json.loads(text)
    except UNREADABLE:
        selector = None
    if not isinstance(selector, dict):
        raise SelectorInvalid(
            f"--selector {text!r} is not a JSON object; write it as "
            '\'{"mainBranch": true}\' or \'{"branch": "x", "consumer": "y"}\'.'
        )
    return selector


def add_broker_pacts(loaded: LoadedPacts, options: BrokerOptions, provider: str) -> None:
    """Read the pacts that the Broker wants verified.

    Raises:
        BrokerError: it does not answer, or has none.
    """
    root = _ask(options, options.url)
    url = _link(root, _FOR_VERIFICATION, options.url, provider=provider)
    answer = _ask(options, url, method="POST", body=options.query())
    listed = _inner(answer, "_embedded").get("pacts")
    if not isinstance(listed, list) or not listed:
        raise BrokerError(
            f'The Broker at {shown_url(options.url)} has no pact with "{provider}" for these '
            "selectors: check --selector, --consumer-tag and the provider's name."
        )
    for each in listed:
        properties = _inner(each, "verificationProperties")
        try:
            href = _link(each, "self", url)
            document = _ask(options, href)
        except BrokerError as why:
            loaded.problems.append(str(why))
            continue
        loaded.add_document(
            document,
            shown_url(href),
            # Work in progress is pending, whether or not the Broker was asked what is.
            is_pending=bool(properties.get("pending") or properties.get("wip")),
            publish_url=publish_url(document, href),
            notices=tuple(_notices(properties)),
        )


def _inner(document: Any, name: str) -> Mapping[str, Any]:
    """An object in an object; an empty one where there is none."""
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _notices(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    notices = properties.get("notices")
    for notice in notices if isinstance(notices, list) else ():
        if isinstance(notice, Mapping) and notice.get("text"):
            yield str(notice.get("when") or "before_verification"), str(notice["text"])


def notices_after(result: PactResult, *, published: bool) -> list[str]:
    """What the Broker has to say of a pact now that it is verified, and maybe published."""
    success, sent = str(result.is_success).lower(), str(published).lower()
    moment = f"after_verification:success_{success}_published_{sent}"
    return [text for when, text in result.notices if when in {moment, "after_verification"}]


def publish(
    options: BrokerOptions,
    provider: str,
    selected: Sequence[SelectedPact],
    verification: Verification,
) -> None:
    """Tell the Broker the result of each of its pacts, with the provider's branch and tags.

    Raises:
        BrokerError: it does not take a result; the others are published all the same.
    """
    _describe_version(options, provider)
    problems: list[str] = []
    for each, result in zip(selected, verification.pacts, strict=True):
        if each.source.publish_url:
            body = result_body(options, each.source, result)
            try:
                _ask(options, each.source.publish_url, method="POST", body=body)
            except BrokerError as why:
                problems.append(str(why))
    if problems:
        raise BrokerError("\n".join(problems))


def can_i_deploy(options: BrokerOptions, provider: str, environment: str) -> Deployability:
    """Ask whether the published version can be deployed to an environment.

    Raises:
        BrokerError: it does not say, or knows no such environment.
    """
    root = _ask(options, options.url)
    values = {
        "pacticipant": provider,
        "version": str(options.publish_version),
        "environment": environment,
    }
    answer = _ask(options, _link(root, _CAN_I_DEPLOY, options.url, **values))
    summary = _inner(answer, "summary")
    deployable = summary.get("deployable")
    is_known = isinstance(deployable, bool)
    return Deployability(deployable if is_known else None, str(summary.get("reason") or ""))


def _describe_version(options: BrokerOptions, provider: str) -> None:
    root = _ask(options, options.url)
    values = {"pacticipant": provider, "version": str(options.publish_version)}
    if options.branch:
        relation = "pb:pacticipant-branch-version"
        url = _link(root, relation, options.url, branch=options.branch, **values)
        _ask(options, url, method="PUT", body={})
    for tag in options.provider_tags:
        url = _link(root, "pb:pacticipant-version-tag", options.url, tag=tag, **values)
        _ask(options, url, method="PUT", body={})


def result_body(options: BrokerOptions, source: LoadedPact, result: PactResult) -> dict[str, Any]:
    """The published result of one pact ("Publishing verification results")."""
    body: dict[str, Any] = {
        "success": result.is_success,
        "providerApplicationVersion": options.publish_version,
        "verifiedBy": {"implementation": "apiproof", "version": version("apiproof")},
        "testResults": [_test_result(source, each) for each in result.interactions],
    }
    return {**body, "buildUrl": options.build_url} if options.build_url else body


def _test_result(source: LoadedPact, result: InteractionResult) -> dict[str, Any]:
    """One result, named as the Broker finds its interaction again (pacts/content.rb).

    By the `_id` that the Broker itself gave it; otherwise by its description and the state, which
    it knows of specification 2 only: with `providerStates`, both sides have none.
    """
    raw = source.document["interactions"][result.interaction.position]
    named: dict[str, Any] = {"interactionDescription": result.interaction.description}
    if raw.get("_id"):
        named["interactionId"] = raw["_id"]
    elif raw.get("providerState"):
        named["interactionProviderState"] = raw["providerState"]
    test = {**named, "success": result.status is InteractionStatus.PASSED}
    if result.mismatches:
        test["mismatches"] = [
            {"attribute": each.path, "description": each.text} for each in result.mismatches
        ]
    return test


def _ask(options: BrokerOptions, url: str, *, method: str = "GET", body: Any = None) -> Any:
    try:
        # Links may lead anywhere; a Broker's credentials are for its own origin.
        credentials = replace(options.credentials, origin=options.url)
        return fetch_json(url, credentials, method=method, body=body)
    except FetchFailed as why:
        detail = f" It says: {why.detail}" if why.detail else ""
        raise BrokerError(f"The Pact Broker cannot be used: {why}{detail}") from None


def _link(document: Any, relation: str, url: str, **values: str) -> str:
    """The address of a link of what a URL gave, its template filled in (RFC 6570, level 1)."""
    links = document.get("_links") if isinstance(document, Mapping) else None
    link = links.get(relation) if isinstance(links, Mapping) else None
    if not isinstance(link, Mapping) or not link.get("href"):
        raise BrokerError(
            f"{shown_url(url)} is no Pact Broker, or too old a one for this: its answer has no "
            f"link {relation!r}."
        )
    href = str(link["href"])
    for name, value in values.items():
        href = href.replace(f"{{{name}}}", quote(value, ""))
    return joined_url(url, href)
