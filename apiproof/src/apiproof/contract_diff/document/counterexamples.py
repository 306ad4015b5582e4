"""Why a value admitted by one schema is refused by another, where it lies, how to tell it."""

from __future__ import annotations

from collections.abc import Iterable
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
    """`sub` and `sup` are pointers into the two documents, `path` leads to the value."""

    kind: str
    sub: str
    sup: str
    path: tuple[str, ...] = ()
    sub_value: Any = field(default=None, compare=False)
    sup_value: Any = field(default=None, compare=False)
    pair: Pair | None = field(default=None, compare=False)

    def below(self, path: tuple[str, ...]) -> Counterexample:
        """Return it as seen from the start of a path."""
        return Counterexample(
            self.kind, self.sub, self.sup, (*path, *self.path), self.sub_value, self.sup_value
        )


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


def some_paths(found: Iterable[Counterexample]) -> tuple[Counterexample, ...]:
    """Keep a few of the shortest paths to each misfit."""
    kept: list[Counterexample] = []
    seen: dict[tuple[str, str, str], int] = {}
    for each in sorted(dict.fromkeys(found), key=lambda one: len(one.path)):
        key = (each.kind, each.sub, each.sup)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= FEW_PATHS:
            kept.append(each)
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
