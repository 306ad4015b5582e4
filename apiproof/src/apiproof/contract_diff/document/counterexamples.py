"""Why a value admitted by one schema is refused by another, where it lies, how to tell it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from apiproof.contract_diff.document.branches import (
    Conjunction,
    Constraint,
    SchemaBranch,
    SchemaSite,
)
from apiproof.contract_diff.document.schemas import Schemas

Pair = tuple[Conjunction, Conjunction]
"""Two schemas, of which the first is asked to be included in the second."""
LINK = "link"
"""The kind of a counterexample that only leads on to another pair that does not hold."""
FEW_PATHS = 3
"""How many ways to the same misfit are told."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """`sub` and `sup` are pointers into the two documents, `path` leads to the value.

    `pair` is the number of the pair to which it only leads on.
    """

    kind: str
    sub: str
    sup: str
    path: tuple[str, ...] = ()
    sub_value: Any = field(default=None, compare=False)
    sup_value: Any = field(default=None, compare=False)
    pair: int | None = field(default=None, compare=False)

    def at(self, path: tuple[str, ...]) -> Counterexample:
        """Return it with the path that leads to it from somewhere else."""
        return Counterexample(self.kind, self.sub, self.sup, path, self.sub_value, self.sup_value)


class Judge(Protocol):
    """What the checks of containers need of the whole.

    `forward` says that `sub` is the old document; `losing` that a counterexample in this direction
    harms a client; `logical` that only values count, not what APIs promise by convention.
    """

    sub: Schemas
    sup: Schemas
    forward: bool
    losing: bool
    logical: bool

    def holds(self, one: Conjunction, other: Conjunction) -> bool:
        """Return whether, as far as is known, every value of `one` is admitted by `other`."""
        ...

    def below(self, name: str, one: Conjunction, other: Conjunction) -> list[Counterexample]:
        """Return what leads on to a pair one step down, where that does not hold."""
        ...

    def includes_back(self, one: SchemaSite, other: SchemaSite) -> bool:
        """Return whether every value of a schema of `sup` is admitted by one of `sub`."""
        ...


Path = tuple[str, ...]
Ways = tuple[list[Counterexample], list[tuple[Path, int]]]
"""Why a pair does not hold by itself, and the numbers of the pairs to which each step leads."""


class Reasons:
    """Tells why pairs do not hold, from what was found of each pair by itself.

    Pairs go by the numbers that they have in `found`. Only pairs of which nothing more will be
    found may be asked for: what was told once is kept.
    """

    def __init__(self, found: Sequence[tuple[Counterexample, ...]]) -> None:
        self._found = found
        self._ways: dict[int, Ways] = {}
        self._kept: dict[int, tuple[Counterexample, ...]] = {}

    def shortest(self, pair: int) -> tuple[Counterexample, ...]:
        """Return why a pair does not hold, with a few of the shortest paths to each reason."""
        if pair not in self._kept:
            self._kept[pair] = _shortest(self._reached(pair))
        return self._kept[pair]

    def _reached(self, root: int) -> Iterator[tuple[Path, Counterexample]]:
        visits: dict[int, int] = {}
        queue: deque[tuple[Path, tuple[int, ...]]] = deque([((), (root,))])
        while queue:
            path, chain = queue.popleft()
            visits[chain[-1]] = visits.get(chain[-1], 0) + 1
            if visits[chain[-1]] > FEW_PATHS:
                continue
            ends, links = self._ways_of(chain[-1])
            for each in ends:
                yield path, each
            for step, below in links:
                if visits.get(below, 0) < FEW_PATHS and below not in chain:
                    queue.append(((*path, *step), (*chain, below)))

    def _ways_of(self, pair: int) -> Ways:
        if pair not in self._ways:
            found = self._found[pair]
            ends = [each for each in found if each.pair is None]
            links = [(each.path, each.pair) for each in found if each.pair is not None]
            self._ways[pair] = ends, links
        return self._ways[pair]


def _shortest(reached: Iterable[tuple[Path, Counterexample]]) -> tuple[Counterexample, ...]:
    """Return counterexamples with the paths that lead to them, a few of the shortest to each."""
    kept: list[Counterexample] = []
    seen: dict[tuple[str, str, str], list[Path]] = {}
    for path, each in sorted(reached, key=lambda pair: len(pair[0]) + len(pair[1].path)):
        ways = seen.setdefault((each.kind, each.sub, each.sup), [])
        whole = (*path, *each.path)
        if len(ways) < FEW_PATHS and whole not in ways:
            ways.append(whole)
            kept.append(each.at(whole))
    return tuple(kept)


def misfit(found: list[Counterexample]) -> tuple[int, int]:
    """Return how far a branch is from fitting: the least was most likely meant."""
    return len(found), min((len(each.path) for each in found), default=0)


def type_name(branch: SchemaBranch) -> str:
    """Return a branch's type as schemas write it, integers by name."""
    whole = branch.type == "number" and any(m.value == 1 for m in branch.get("multiple"))
    return "integer" if whole else branch.type


_CONSTRAINTS = {
    "type": "multiple",
    "multiple-of": "multiple",
    "minimum": "lower",
    "maximum": "upper",
    "property-names": "names",
}


def _limits(branch: SchemaBranch, kind: str) -> tuple[Constraint, ...]:
    sizes = {"min": "least", "max": "most"}
    return branch.get(_CONSTRAINTS.get(kind) or sizes.get(kind[:3], kind))


def refusing_pointer(branch: SchemaBranch, kind: str) -> str:
    """Return the pointer of the keyword that refuses."""
    if kind == "enum":
        return branch.values_pointer
    limits = _limits(branch, kind)
    return limits[0].pointer if limits else branch.pointer


def refusing_value(branch: SchemaBranch, kind: str) -> Any:
    """Return what the keyword that refuses demands, for a sentence."""
    if kind == "enum":
        return list(branch.values or ())
    limits = _limits(branch, kind)
    return str(limits[0].value) if limits else None
