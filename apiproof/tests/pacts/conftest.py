"""Fixtures: a shop, and interactions played in it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from apiproof.environment import Environment
from apiproof.pacts.verify.direction import WorldDirector
from apiproof.pacts.verify.results import Verification
from apiproof.pacts.verify.selection import Filter, select
from apiproof.pacts.verify.sources import Sources
from apiproof.pacts.verify.verifying import Theatre, verify_orders
from tests.pacts.shop import NAME, STATES, Shop

Verify = Callable[..., Verification]


@pytest.fixture(scope="session")
def _staged() -> Iterator[tuple[Theatre, Shop]]:
    shop = Shop()
    director = WorldDirector(cast("Environment", shop), STATES)
    with Theatre.open(shop.app, director, "http://127.0.0.1:8000") as theatre:
        yield theatre, shop


@pytest.fixture
def theatre(_staged: tuple[Theatre, Shop]) -> Theatre:
    return _staged[0]


@pytest.fixture
def shop(_staged: tuple[Theatre, Shop]) -> Shop:
    """The shop on the stage, as it was at first."""
    _staged[1].restore()
    return _staged[1]


@pytest.fixture
def verify(theatre: Theatre, shop: Shop) -> Verify:  # noqa: ARG001 - the shop is restored
    """Verify documents against the shop."""

    def run(*documents: dict[str, Any]) -> Verification:
        sources = Sources()
        for number, document in enumerate(documents):
            sources.add_document(document, f"pact-{number}.json")
        orders, problems = select(sources.found, Filter(), NAME, STATES)
        assert sources.problems + problems == []
        return verify_orders(orders, theatre, NAME)

    return run
