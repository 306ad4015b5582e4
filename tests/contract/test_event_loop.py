"""The event loop that `python -m api` serves with."""

from apiproof.environment import Environment
from tests.service import uvicorn_options


def test_the_event_loop_is_one_that_serves_on_after_a_burst(env: Environment) -> None:
    """Not uvloop, which uvicorn takes where it is installed: see decision 216."""
    assert uvicorn_options(env.config)["loop"] == "asyncio"
