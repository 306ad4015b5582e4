"""Whether every string that matches one regular expression matches another.

The difference of two automata is searched for a witness. What cannot be decided (look-around, back
references, word boundaries, sheer size) counts as not included, unless both texts are the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from apiproof.contract_diff.document.automata import (
    ANYTHING,
    LAST,
    Automaton,
    Parser,
    PatternUndecidable,
)

MOST_PAIRS = 6_000


@dataclass(frozen=True)
class _Language:
    machine: Automaton
    first: int
    last: int

    def opened(self) -> frozenset[int]:
        return self.machine.closure(frozenset({self.first}), start=True, end=False)

    def accepts(self, states: frozenset[int]) -> bool:
        return self.last in self.machine.closure(states, start=False, end=True)

    def accepts_nothing(self) -> bool:
        both = self.machine.closure(frozenset({self.first}), start=True, end=True)
        return self.last in both

    def step(self, states: frozenset[int], char: int) -> frozenset[int]:
        reached = frozenset(
            there
            for here in states
            for charset, there in self.machine.moves[here]
            if any(low <= char <= high for low, high in charset)
        )
        return self.machine.closure(reached, start=False, end=False)


def _language(pattern: str) -> _Language:
    parser = Parser(pattern)
    first, last = parser.alternatives()
    if parser.here != len(pattern):
        raise PatternUndecidable(pattern)
    machine = parser.machine
    before, after = machine.state(), machine.state()  # an expression matches anywhere in a string
    machine.moves[before].append((ANYTHING, before))
    machine.moves[after].append((ANYTHING, after))
    machine.free[before].append(first)
    machine.free[last].append(after)
    machine.closing[last].append(after)
    return _Language(machine, before, after)


def _samples(*languages: _Language) -> list[int]:
    """Return one character of every class that the expressions can tell apart."""
    edges = {0}
    for language in languages:
        for moves in language.machine.moves:
            for charset, _ in moves:
                edges.update(edge for low, high in charset for edge in (low, high + 1))
    return sorted(edge for edge in edges if edge <= LAST)


@lru_cache(maxsize=512)
def includes(wider: str, narrower: str) -> bool:
    """Return whether every string that `narrower` matches is matched by `wider`."""
    try:
        small, large = _language(narrower), _language(wider)
    except (PatternUndecidable, IndexError, ValueError, RecursionError):
        return wider == narrower
    if small.accepts_nothing() and not large.accepts_nothing():
        return False
    samples = _samples(small, large)
    start = (small.opened(), large.opened())
    queue, seen = deque([start]), {start}
    while queue:
        one, other = queue.popleft()
        if small.accepts(one) and not large.accepts(other):
            return False
        for char in samples:
            pair = (small.step(one, char), large.step(other, char))
            if pair[0] and pair not in seen:
                seen.add(pair)
                queue.append(pair)
        if len(seen) > MOST_PAIRS:
            return False
    return True
