"""The stand-in in both modes, as fixtures; the bench itself is in `bench.py`."""

from collections.abc import Iterator

import pytest

from tests.cognito.bench import StandIn, StandInBench, stand_in_bench


@pytest.fixture(scope="package", params=[False, True], ids=["in-process", "http"])
def bench(request: pytest.FixtureRequest) -> Iterator[StandInBench]:
    with stand_in_bench(http=request.param) as bench:
        yield bench


@pytest.fixture
def pool(bench: StandInBench) -> StandIn:
    return bench.pool()
