"""A provider in another process: its requests are forwarded, its states brought about by itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apiproof.http.server import run_server
from apiproof.pacts.verify.loading import Filter, LoadedPacts, select
from apiproof.pacts.verify.provider_states import (
    NoStates,
    RemoteStates,
    StateSetup,
)
from apiproof.pacts.verify.recording_proxy import ProviderUnreachable, deployed_provider
from apiproof.pacts.verify.results import InteractionStatus, Verification
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.pacts.pacts import BEARER, body, interaction, order, pact
from tests.pacts.shop import NAME, Answer, Shop

ADA = ("a customer exists", {"name": "ada"})


class Deployed:
    """A shop with a state handler of its own, as a team of another language would write it."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.handled: list[tuple[str, str]] = []
        self.app = Starlette(routes=[Route("/states", self._handle, methods=["POST"])])
        self.app.mount("/v1", self.shop.app)

    async def _handle(self, request: Request) -> Response:
        asked = await request.json()
        self.handled.append((asked["action"], asked["state"]))
        match asked["state"]:
            case "a customer exists":
                self.shop.customers["ada"] = ["orders"]
                return JSONResponse({"access_token": self.shop.token("ada")})
            case "the access token is invalid":
                return JSONResponse({"access_token": None})
            case "the till is broken":
                return JSONResponse({}, status_code=500)
        return Response(status_code=204)


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def url(deployed: Deployed) -> Iterator[str]:
    with run_server(deployed.app) as base_url:
        yield base_url


def verify(url: str, document: dict[str, Any], states: StateSetup) -> Verification:
    sources = LoadedPacts()
    sources.add_document(document, "pact.json")
    orders, problems = select(sources.found, Filter(), NAME, None)
    assert problems == []
    with VerificationSession.open(deployed_provider(f"{url}/v1"), states, f"{url}/v1") as session:
        return verify_selected(orders, session, NAME)


def listing(*states: Any, status: int = 200) -> dict[str, Any]:
    return pact(interaction("list", "/orders", *states, status=status, request={"headers": BEARER}))


def test_requests_and_answers_pass_unchanged(url: str) -> None:
    echo = interaction(
        "an echo",
        "/echo",
        method="POST",
        request={**body({"a": "ü"}), "query": {"q": ["a b", "c&d"]}},
        response=body({"body": '{"a":"ü"}', "query": "q=a+b&q=c%26d"}),
    )
    verification = verify(url, pact(order(), echo), NoStates())
    assert [each.mismatches for each in verification.pacts[0].interactions] == [(), ()]
    assert verification.exit_code == 0


def test_a_redirect_is_the_providers_answer(url: str, deployed: Deployed) -> None:
    deployed.shop.answer = Answer(307, {"location": "/v1/orders/1"}, None)
    expected = pact(interaction("a redirect", "/order", status=307))
    assert verify(url, expected, NoStates()).exit_code == 0


def test_its_states_url_brings_states_about_and_gives_the_token(
    url: str, deployed: Deployed
) -> None:
    verification = verify(url, listing(ADA, "orders exist"), RemoteStates(f"{url}/states"))
    assert verification.exit_code == 0
    assert deployed.handled == [
        ("setup", "a customer exists"),
        ("setup", "orders exist"),
        ("teardown", "orders exist"),
        ("teardown", "a customer exists"),
    ]


def test_its_states_url_may_leave_the_token_alone(url: str, deployed: Deployed) -> None:
    asked = listing(ADA, "the access token is invalid", status=401)
    assert verify(url, asked, RemoteStates(f"{url}/states")).exit_code == 0
    assert deployed.shop.seen == [("GET", "/v1/orders", "Bearer anything")]


def test_a_token_does_not_outlive_its_interaction(url: str, deployed: Deployed) -> None:
    both = pact(*listing(ADA)["interactions"], *listing(status=401)["interactions"])
    assert verify(url, both, RemoteStates(f"{url}/states")).exit_code == 0
    assert [bearer for _, _, bearer in deployed.shop.seen] == [
        "Bearer token-of-ada",
        "Bearer anything",
    ]


def test_a_state_handler_that_fails_is_reported_at_once(url: str) -> None:
    verification = verify(url, listing("the till is broken"), RemoteStates(f"{url}/states"))
    [result] = verification.pacts[0].interactions
    assert result.status is InteractionStatus.ERROR
    assert "answered 500" in result.error
    assert verification.seconds < 60  # pact's own retries of a 5xx take 127 s (4.2.0)


def test_without_a_states_url_only_stateless_interactions_can_be_verified(url: str) -> None:
    verification = verify(url, pact(order(), *listing(ADA)["interactions"]), NoStates())
    assert verification.exit_code == 2
    stateless, stateful = verification.pacts[0].interactions
    assert stateless.status is InteractionStatus.PASSED
    assert "pass --state-url" in stateful.error


def test_curl_lines_name_the_deployed_provider(url: str) -> None:
    [result] = verify(url, pact(order()), NoStates()).pacts[0].interactions
    assert result.curl.startswith(f"curl -i -X GET {url}/v1/order")


def test_a_provider_that_is_away_is_refused_before_anything_is_verified() -> None:
    with run_server(Shop().app) as url:
        pass
    with pytest.raises(ProviderUnreachable, match=f"No provider answers at {url}"):
        deployed_provider(url)


def test_a_provider_that_dies_half_way_is_not_called_failed(deployed: Deployed) -> None:
    with run_server(deployed.app) as url:
        provider = deployed_provider(f"{url}/v1")
    sources = LoadedPacts()
    sources.add_document(pact(order()), "pact.json")
    orders, _ = select(sources.found, Filter(), NAME, None)
    with VerificationSession.open(provider, NoStates(), url) as session:
        verification = verify_selected(orders, session, NAME)
    assert verification.exit_code == 2
