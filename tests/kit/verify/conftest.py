"""Fixtures: a shop, and interactions played in it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from tests.kit.verify.shop import NAME, STATES, Shop
from understudy.contracts.verification.direction import WorldDirector
from understudy.contracts.verification.results import InteractionResult, Verification
from understudy.contracts.verification.selection import Filter, select
from understudy.contracts.verification.sources import Sources
from understudy.contracts.verification.verifying import Theatre, verify_orders
from understudy.world import World

Play = Callable[..., InteractionResult]
Verify = Callable[..., Verification]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def theatre(shop: Shop) -> Iterator[Theatre]:
    director = WorldDirector(cast("World", shop), STATES)
    with Theatre.open(shop.app, director, "http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
def verify(theatre: Theatre) -> Verify:
    """Verify documents against the shop."""

    def run(*documents: dict[str, Any]) -> Verification:
        sources = Sources()
        for number, document in enumerate(documents):
            sources.add_document(document, f"pact-{number}.json")
        orders, problems = select(sources.found, Filter(), NAME, STATES)
        assert sources.problems + problems == []
        return verify_orders(orders, theatre, NAME)

    return run
