"""Strategies for regular expressions, built once per process instead of once per draw.

Schemathesis mutates schemas inside of `flatmap`, so that Hypothesis builds the strategy of the same
pattern anew for each draw: character by character, a third of a second for a pattern with hundreds
of ranges. A strategy depends on its pattern, flags and alphabet alone and keeps no state between
draws (what it remembers of a draw it drops after it), so keeping it changes nothing that is drawn.

Source: hypothesis 6.170, strategies/_internal/regex.py, `base_regex_strategy`. If that name is gone
or takes other arguments (before 6.160), nothing is cached and nothing else changes;
apiproof/tests/fuzzing/test_pattern_cache.py says so.
"""

import contextlib
import functools
import inspect
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis.strategies import SearchStrategy
from hypothesis.strategies._internal import regex as hypothesis_regex

SEAM: Final = "base_regex_strategy"
_MOST: Final = 1024  # strategies; boundary cases make a pattern of their own for each length

_building = threading.RLock()  # a pattern's strategy asks for those of its groups


@dataclass(frozen=True)
class _Alphabet:
    """What a string may consist of, equal to another of the same characters."""

    characters: object
    strategy: SearchStrategy[str] | None = field(compare=False)


def _alphabet(strategy: SearchStrategy[str] | None) -> _Alphabet:
    intervals = getattr(strategy, "intervals", None)
    # Any other strategy is equal to itself only, which is how strategies compare.
    return _Alphabet(strategy if intervals is None else intervals.intervals, strategy)


def has_seam() -> bool:
    """Tell whether this Hypothesis builds strategies as the cache expects."""
    original = getattr(hypothesis_regex, SEAM, None)
    if original is None:
        return False
    parsed = inspect.signature(original).parameters.get("parsed")
    return parsed is None or parsed.kind is inspect.Parameter.KEYWORD_ONLY


@contextlib.contextmanager
def cached_patterns() -> Iterator[None]:
    """Keep the strategies of patterns for the block."""
    if not has_seam():
        yield
        return
    original = getattr(hypothesis_regex, SEAM)

    @functools.lru_cache(_MOST)
    def build(regex: re.Pattern[Any], alphabet: _Alphabet) -> Any:
        return original(regex, alphabet=alphabet.strategy)

    def cached(regex: re.Pattern[Any], *, parsed: Any = None, alphabet: Any) -> Any:
        del parsed  # what the pattern parses to
        with _building:
            return build(regex, _alphabet(alphabet))

    setattr(hypothesis_regex, SEAM, cached)
    try:
        yield
    finally:
        setattr(hypothesis_regex, SEAM, original)
