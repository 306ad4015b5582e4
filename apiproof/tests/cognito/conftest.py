"""The emulator in both modes, as fixtures; the bench itself is in `bench.py`."""

from collections.abc import Iterator

import pytest

from tests.cognito.bench import Emulator, EmulatorBench, emulator_bench


@pytest.fixture(scope="package", params=[False, True], ids=["in-process", "http"])
def bench(request: pytest.FixtureRequest) -> Iterator[EmulatorBench]:
    with emulator_bench(http=request.param) as bench:
        yield bench


@pytest.fixture
def pool(bench: EmulatorBench) -> Emulator:
    return bench.pool()
