"""Fixtures: a shop, and interactions verified against it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from apiproof.environment import Environment
from apiproof.pacts.verify.loading import Filter, LoadedPacts, select
from apiproof.pacts.verify.provider_states import EnvironmentStates
from apiproof.pacts.verify.results import Verification
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.pacts.broker import Broker
from tests.pacts.pacts import order, pact
from tests.pacts.shop import NAME, STATES, Shop

Verify = Callable[..., Verification]


@pytest.fixture(scope="session")
def _staged() -> Iterator[tuple[VerificationSession, Shop]]:
    shop = Shop()
    states = EnvironmentStates(cast("Environment", shop), STATES)
    with VerificationSession.open(shop.app, states, "http://127.0.0.1:8000") as session:
        yield session, shop


@pytest.fixture
def session(_staged: tuple[VerificationSession, Shop]) -> VerificationSession:
    return _staged[0]


@pytest.fixture
def shop(_staged: tuple[VerificationSession, Shop]) -> Shop:
    """The shop of the session, as it was at first."""
    _staged[1].restore()
    return _staged[1]


@pytest.fixture
def verify(session: VerificationSession, shop: Shop) -> Verify:  # noqa: ARG001 - the shop is restored
    """Verify documents against the shop."""

    def run(*documents: dict[str, Any]) -> Verification:
        sources = LoadedPacts()
        for number, document in enumerate(documents):
            sources.add_document(document, f"pact-{number}.json")
        orders, problems = select(sources.found, Filter(), NAME, STATES)
        assert sources.problems + problems == []
        return verify_selected(orders, session, NAME)

    return run


@pytest.fixture
def broker() -> Broker:
    return Broker(pacts={"till": pact(order()), "web": pact(order(), consumer="web")})
