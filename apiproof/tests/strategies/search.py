"""Looking for what a strategy must be able to produce: found, not shrunken."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import Phase, find, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
# Whoever wants 1 in 100 finds it here all but surely; shrinking would take most of the time.
PATIENCE = 1000


def drawn(strategy: SearchStrategy[T], wanted: Callable[[T], bool] = lambda _: True) -> T:
    """Draw until something is as wanted.

    Raises:
        NoSuchExample: nothing was.
    """
    limits = settings(phases=[Phase.generate], max_examples=PATIENCE)
    return find(strategy, wanted, settings=limits)
