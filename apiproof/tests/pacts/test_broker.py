"""Pacts of a Broker: asked for as pact's own client does, checked like files, and told about."""

import base64
import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
from pact import Verifier

from apiproof.commands.pact_verify import ask_deployability
from apiproof.contract_diff.pact.comparison import Comparison
from apiproof.contract_diff.pact.findings import PactSeverity
from apiproof.http.server import run_server
from apiproof.pacts.verify import run
from apiproof.pacts.verify.broker import (
    BrokerError,
    BrokerOptions,
    SelectorInvalid,
    add_broker_pacts,
    can_i_deploy,
    notices_after,
    publish,
    read_selector,
    result_body,
)
from apiproof.pacts.verify.fetching import Credentials, FetchFailed, fetch_json
from apiproof.pacts.verify.loading import Filter, LoadedPacts, select
from apiproof.pacts.verify.results import InteractionStatus, Verification
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.pacts.broker import Broker, orders_of
from tests.pacts.pacts import interaction, order, pact
from tests.pacts.shop import NAME, STATES


@pytest.fixture
def url(broker: Broker) -> Iterator[str]:
    with run_server(broker.app) as base_url:
        yield base_url


def verified(options: BrokerOptions, session: VerificationSession) -> Verification:
    orders = orders_of(options)
    verification = verify_selected(orders, session, NAME)
    publish(options, NAME, orders, verification)
    return verification


@pytest.mark.usefixtures("shop")
def test_a_brokers_pacts_are_verified(url: str, session: VerificationSession) -> None:
    verification = verify_selected(orders_of(BrokerOptions(url)), session, NAME)
    assert [each.consumer for each in verification.pacts] == ["till", "web"]
    assert verification.exit_code == 0
    assert verification.verified == 2


OPTIONS = {
    "branch": BrokerOptions(
        "", selectors=({"mainBranch": True}, {"branch": "x", "consumer": "web"}), branch="main"
    ),
    "tags": BrokerOptions("", consumer_tags=("prod",), provider_tags=("dev",), branch="main"),
    "pending": BrokerOptions(
        "", selectors=({"latest": True},), include_pending=True, branch="b", wip_since="2026-01-31"
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_it_is_asked_what_pacts_own_client_asks(broker: Broker, url: str, name: str) -> None:
    options = OPTIONS[name]
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    theirs = Verifier(NAME, host="127.0.0.1").add_transport(url=url)
    builder = theirs.broker_source(url, selector=True, use_env=False)
    for selector in options.query()["consumerVersionSelectors"]:
        renamed = {"mainBranch": "main_branch"}
        builder.consumer_version(**{renamed.get(key, key): each for key, each in selector.items()})
    builder.provider_tags(*options.provider_tags)
    if options.branch:
        builder.provider_branch(options.branch)
    if options.include_pending:
        builder.include_pending()
    if options.wip_since:
        builder.include_wip_since(options.wip_since)
    with contextlib.suppress(RuntimeError):  # the Broker is no shop
        builder.build().verify()
    add_broker_pacts(LoadedPacts(), BrokerOptions(**{**vars(options), "url": url}), NAME)
    asked_by_them, asked_by_us = broker.asked
    assert asked_by_us == asked_by_them


def test_a_brokers_pacts_are_checked_before_they_are_verified(broker: Broker, url: str) -> None:
    broker.pacts = {"till": pact(interaction("x", "/orders", "a costumer exists"))}
    loaded = LoadedPacts()
    add_broker_pacts(loaded, BrokerOptions(url), NAME)
    [selected], _ = select(loaded.found, Filter(), NAME, STATES)
    [line] = selected.errors.values()
    assert "did you mean 'a customer exists'?" in line


@pytest.mark.usefixtures("shop")
def test_results_are_published_with_branch_and_tags(
    broker: Broker, url: str, session: VerificationSession
) -> None:
    broker.pacts["web"] = pact(interaction("a hole", "/nowhere"), consumer="web")
    verified(
        BrokerOptions(
            url,
            branch="feat/x",
            provider_tags=("dev",),
            publish_version="1.0",
            build_url="http://b",
        ),
        session,
    )
    assert broker.described == [
        "/pacticipants/shop/branches/feat/x/versions/1.0",
        "/pacticipants/shop/versions/1.0/tags/dev",
    ]
    (till, passed), (web, failed) = broker.told
    assert (till, web) == ("till", "web")
    assert passed["success"] is True
    assert passed["providerApplicationVersion"] == "1.0"
    assert passed["buildUrl"] == "http://b"
    assert failed["success"] is False
    [result] = failed["testResults"]
    assert result["interactionDescription"] == "a hole"
    assert result["mismatches"][0]["attribute"] == "$.status"


@pytest.mark.usefixtures("shop")
def test_work_in_progress_fails_nothing(
    broker: Broker, url: str, session: VerificationSession
) -> None:
    """Whether it is pending the Broker tells only who asks for that, too."""
    broker.pacts["web"] = pact(interaction("x", "/nowhere"), consumer="web")
    broker.wip = {"web"}
    assert len(orders_of(BrokerOptions(url))) == 1
    verification = verify_selected(
        orders_of(BrokerOptions(url, wip_since="2026-01-31")), session, NAME
    )
    assert verification.statuses[InteractionStatus.PENDING] == 1
    assert verification.exit_code == 0


@pytest.mark.parametrize("kind", ["pending", "wip"])
def test_what_a_pending_pact_expects_of_the_document_fails_nothing(
    broker: Broker, url: str, kind: str
) -> None:
    broker.pacts = {"web": pact(interaction("x", "/nowhere"), consumer="web")}
    document = {"openapi": "3.1.0", "paths": {"/order": {"get": {"responses": {}}}}}

    def severities(options: BrokerOptions) -> list[PactSeverity]:
        pacts = [each.source.pact for each in orders_of(options)]
        return [each.severity for one in pacts for each in Comparison(document).findings(one)]

    asked = BrokerOptions(url, include_pending=True, wip_since="2026-01-31")
    assert severities(asked) == [PactSeverity.ERROR]
    setattr(broker, kind, {"web"})
    assert severities(asked) == [PactSeverity.WARNING]


@pytest.mark.usefixtures("shop")
def test_a_pending_pact_fails_nothing_but_is_reported_to_the_broker(
    broker: Broker, url: str, session: VerificationSession
) -> None:
    broker.pacts = {"web": pact(interaction("a hole", "/nowhere"), consumer="web")}
    broker.pending = {"web"}
    verification = verified(
        BrokerOptions(url, include_pending=True, publish_version="1.0"), session
    )
    assert verification.exit_code == 0
    assert verification.statuses == {InteractionStatus.PENDING: 1}
    assert [told["success"] for _, told in broker.told] == [False]


@pytest.mark.usefixtures("shop")
def test_what_could_not_be_verified_is_no_success(
    broker: Broker, url: str, session: VerificationSession
) -> None:
    broker.pacts = {"till": pact(order(), interaction("x", "/", "the till is broken"))}
    assert verified(BrokerOptions(url, publish_version="1.0"), session).exit_code == 2
    assert [told["success"] for _, told in broker.told] == [False]


BASIC = "Basic " + base64.b64encode(b"ada:s3cret").decode()


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        ("Bearer t0ken", Credentials(token="t0ken")),
        (BASIC, Credentials(username="ada", password="s3cret")),
    ],
)
def test_credentials_are_sent(
    broker: Broker, url: str, header: str, credentials: Credentials
) -> None:
    broker.authorization = header
    assert len(orders_of(BrokerOptions(url, credentials=credentials))) == 2
    with pytest.raises(BrokerError, match="answered 401; pass --broker-token, or") as refusal:
        orders_of(BrokerOptions(url, credentials=Credentials(token="wr0ng")))
    assert "wr0ng" not in str(refusal.value)


def test_credentials_in_the_url_are_sent_and_never_shown(broker: Broker, url: str) -> None:
    broker.authorization = BASIC
    inside = url.replace("//", "//ada:s3cret@")
    assert len(orders_of(BrokerOptions(inside, credentials=Credentials(origin=inside)))) == 2
    with pytest.raises(BrokerError) as refusal:
        orders_of(BrokerOptions(inside.replace("s3cret", "wr0ng")))
    assert "wr0ng" not in str(refusal.value)


def test_a_broker_without_such_pacts_is_reported(broker: Broker, url: str) -> None:
    broker.pacts = {}
    with pytest.raises(BrokerError, match='has no pact with "shop" for these selectors'):
        orders_of(BrokerOptions(url))


@pytest.mark.usefixtures("shop")
def test_every_published_result_finds_its_interaction_again(
    broker: Broker, url: str, session: VerificationSession
) -> None:
    """By the Broker's `_id`; a pact file of specification 2 by description and state."""
    twice = [interaction("the same words", "/order"), interaction("the same words", "/nowhere")]
    broker.pacts = {"till": pact(order(), *twice)}
    verified(BrokerOptions(url, publish_version="1.0"), session)
    assert broker.missing_results("till") == []
    [(_, body)] = broker.told
    assert [each["success"] for each in body["testResults"]] == [True, True, False]
    assert len({each["interactionId"] for each in body["testResults"]}) == 3


@pytest.mark.usefixtures("shop")
def test_a_result_without_the_brokers_id_names_description_and_state(
    session: VerificationSession,
) -> None:
    second = {
        "description": "x",
        "providerState": "orders exist",
        "request": {"method": "GET", "path": "/order"},
        "response": {"status": 200},
    }
    document = {"consumer": {"name": "old"}, "provider": {"name": NAME}, "interactions": [second]}
    loaded = LoadedPacts()
    loaded.add_document(document, "old.json")
    selected, _ = select(loaded.found, Filter(), NAME, STATES)
    [result] = verify_selected(selected, session, NAME).pacts
    [told] = result_body(BrokerOptions("", publish_version="1"), loaded.found[0], result)[
        "testResults"
    ]
    assert told["interactionDescription"] == "x"
    assert told["interactionProviderState"] == "orders exist"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"consumer": "web"}, "must specify a value for environment or tag or branch"),
        ({"environment": "nowhere"}, "environment with name 'nowhere' does not exist"),
        ({"branch": "x", "deployed": True}, "cannot specify branch fields with environment"),
    ],
)
def test_what_the_broker_says_of_a_selector_is_passed_on(
    url: str, selector: dict[str, object], expected: str
) -> None:
    with pytest.raises(BrokerError) as refusal:
        orders_of(BrokerOptions(url, selectors=(selector,)))
    assert "answered 400. It says: " in str(refusal.value)
    assert expected in str(refusal.value)


def test_a_pact_that_cannot_be_fetched_stands_in_no_others_way(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def fetch(asked: str, *arguments: Any, **options: Any) -> Any:
        if "till" in asked:
            raise FetchFailed(f"{asked}: answered 500.")
        return fetch_json(asked, *arguments, **options)

    monkeypatch.setattr("apiproof.pacts.verify.broker.fetch_json", fetch)
    sources = LoadedPacts()
    add_broker_pacts(sources, BrokerOptions(url), NAME)
    assert [source.pact.consumer for source in sources.found] == ["web"]
    [line] = sources.problems
    assert "answered 500." in line


@pytest.mark.usefixtures("shop")
def test_results_that_are_not_taken_are_an_error_and_shown(
    monkeypatch: pytest.MonkeyPatch, broker: Broker, url: str, session: VerificationSession
) -> None:
    """What was verified is reported all the same, and the other results are published."""

    def fetch(asked: str, *arguments: Any, **options: Any) -> Any:
        if "till" in asked and asked.endswith("/verification-results"):
            raise FetchFailed(f"{asked}: answered 403.")
        return fetch_json(asked, *arguments, **options)

    monkeypatch.setattr("apiproof.pacts.verify.broker.fetch_json", fetch)
    monkeypatch.setattr(run, "_session", lambda *_: contextlib.nullcontext(session))
    request = run.VerifyRequest(
        broker=BrokerOptions(url, publish_version="1.0"), provider=NAME, provider_url="http://shop"
    )
    result = run.verify(run.plan(request, None), request, None, lambda *_: None)
    assert [consumer for consumer, _ in broker.told] == ["web"]
    assert (result.verified, result.exit_code) == (2, 2)
    assert "answered 403" in result.unpublished
    assert "results are not published" in result.summary


@pytest.mark.parametrize(
    "answer", [[], {"_embedded": []}, {"_embedded": {"pacts": {}}}, {"_embedded": {"pacts": []}}]
)
def test_a_list_of_another_shape_is_one_line(
    monkeypatch: pytest.MonkeyPatch, url: str, answer: object
) -> None:
    def fetch(_url: str, _credentials: Credentials, *, method: str = "GET", **_: object) -> object:
        relation = "pb:provider-pacts-for-verification"
        return answer if method == "POST" else {"_links": {relation: {"href": f"{url}/list"}}}

    monkeypatch.setattr("apiproof.pacts.verify.broker.fetch_json", fetch)
    with pytest.raises(BrokerError, match="has no pact with"):
        add_broker_pacts(LoadedPacts(), BrokerOptions(url), NAME)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("path", "success"), [("/order", "true"), ("/nowhere", "false")])
def test_the_brokers_notices_are_chosen_by_what_happened(
    broker: Broker, url: str, session: VerificationSession, path: str, success: str
) -> None:
    broker.pacts = {"till": pact(interaction("x", path))}
    broker.pending = {"till"}
    options = BrokerOptions(url, include_pending=True)
    selected = orders_of(options)
    assert ("before_verification", "The pact of till is being verified") in selected[
        0
    ].source.notices
    [result] = verify_selected(selected, session, NAME).pacts
    for published in (True, False):
        words = f"till is pending, success {success}, published {str(published).lower()}"
        assert notices_after(result, published=published) == [words]


@pytest.mark.parametrize(
    ("deployable", "code", "words"),
    [
        (True, 0, "shop 1.0 can be deployed to production: "),
        (False, 1, "shop 1.0 cannot be deployed to production: "),
        (None, 2, "shop 1.0 may or may not be deployed to production, the Broker cannot tell: "),
    ],
)
def test_can_i_deploy_is_what_the_broker_says(
    broker: Broker,
    url: str,
    capsys: pytest.CaptureFixture[str],
    *,
    deployable: bool | None,
    code: int,
    words: str,
) -> None:
    broker.deployable = deployable
    options = BrokerOptions(url, publish_version="1.0")
    assert ask_deployability(options, NAME, "production") == code
    assert words in " ".join(capsys.readouterr().out.split())
    answer = can_i_deploy(options, NAME, "production")
    assert answer.is_deployable is deployable
    assert "verif" in answer.reason
    with pytest.raises(BrokerError, match="Environment with name 'moon' does not exist"):
        can_i_deploy(BrokerOptions(url, publish_version="1.0"), NAME, "moon")


def test_something_else_than_a_broker_is_reported(session: VerificationSession) -> None:
    with pytest.raises(BrokerError, match=r"answered 404"):
        orders_of(BrokerOptions(session.provider_url))
    with pytest.raises(BrokerError, match=r"is no Pact Broker, .* has no link"):
        orders_of(BrokerOptions(f"{session.provider_url}/order"))


def test_a_broker_that_is_away_is_reported() -> None:
    with run_server(Broker().app) as url:
        pass
    with pytest.raises(BrokerError, match=r"no answer \(ConnectionError\)"):
        orders_of(BrokerOptions(url))


def test_selectors_are_json_objects() -> None:
    assert read_selector('{"mainBranch": true}') == {"mainBranch": True}
    for text in ("main", "[]", "{"):
        with pytest.raises(SelectorInvalid, match="is not a JSON object; write it as"):
            read_selector(text)
