"""Waiting for what must happen, instead of sleeping."""

import time
from collections.abc import Callable

PATIENCE = 30.0  # seconds until a test that waits for an event gives up


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds.

    Args:
        condition: Asked again and again.
        what: What it means, for the failure's message.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
