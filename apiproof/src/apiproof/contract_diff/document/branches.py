"""Schemas in disjunctive form: a schema is a list of branches, each of one JSON type.

A branch is the conjunction of its marks. This module knows how branches meet, not how they are
made from schemas or compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, gcd, lcm
from typing import Any

TYPES = ("null", "boolean", "number", "string", "array", "object")
ARM = "where "
"""How the names of the arms of conditions begin."""
MOST_BRANCHES = 400
"""Beyond so many, a union of unions is compared by its text instead."""
MOST_ARMS = 48
"""The same for conditions: each doubles the branches, and what it denies is slow to compare."""
MOST_CUTS = 16
"""Into how many slices a range is cut at most, but for one."""


@dataclass(frozen=True, slots=True)
class SchemaSite:
    """A schema at its place in a document; `tag` tells apart those that were made up."""

    pointer: str
    schema: Any = field(compare=False)
    tag: str = ""


Conjunction = tuple[SchemaSite, ...]
"""Schemas that must all hold at once; the empty one admits everything."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint and the pointer of the keyword that makes it."""

    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The property keywords of one schema object: `rest` is None where it says nothing."""

    properties: Mapping[str, SchemaSite]
    patterns: Mapping[str, SchemaSite]
    rest: SchemaSite | None
    pointer: str
    hidden: Mapping[str, SchemaSite] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether no other property may appear."""
        return self.rest is not None and self.rest.schema is False


@dataclass(frozen=True, slots=True)
class Row:
    """The item keywords of one schema object."""

    prefix: tuple[SchemaSite, ...]
    rest: SchemaSite | None


Constraints = Mapping[str, tuple[Constraint, ...]]


@dataclass(frozen=True)
class SchemaBranch:
    """One type with all its constraints; `values` is the finite set left, if it is finite."""

    type: str
    pointer: str
    marks: Constraints = field(default_factory=dict)
    values: tuple[Any, ...] | None = None
    values_pointer: str = ""
    label: str = ""

    def get(self, keyword: str) -> tuple[Constraint, ...]:
        """All marks a keyword left on this branch."""
        return self.marks.get(keyword, ())

    @cached_property
    def shapes(self) -> list[Shape]:
        """The property keywords of every schema in the conjunction."""
        return [mark.value for mark in self.get("shape")]

    @property
    def rows(self) -> list[Row]:
        """The item keywords of every schema in the conjunction."""
        return [mark.value for mark in self.get("row")]

    @cached_property
    def required(self) -> dict[str, str]:
        """Required property names and the pointers that demand them."""
        return {mark.value: mark.pointer for mark in self.get("required")}

    @cached_property
    def properties(self) -> dict[str, tuple[Conjunction, bool]]:
        """The properties that were asked for, as `values` reads them from the shapes."""
        return {}


def identity(value: Any) -> str:
    """Return a key under which JSON values are equal: 1 is 1.0, true is not 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(identity(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k!r}:{identity(v)}" for k, v in sorted(value.items())) + "}"
    return json.dumps(value, default=str)


def type_of(value: Any) -> str:
    """Return the JSON type of a value, integers being numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def anything(pointer: str) -> tuple[SchemaBranch, ...]:
    """Return the branches of the schema that admits every value."""
    return tuple(SchemaBranch(kind, pointer) for kind in TYPES)


def _intersection(one: SchemaBranch, other: SchemaBranch) -> tuple[tuple[Any, ...] | None, str]:
    if one.values is None:
        return other.values, other.values_pointer
    if other.values is None:
        return one.values, one.values_pointer
    keys = {identity(value) for value in other.values}
    common = tuple(value for value in one.values if identity(value) in keys)
    smaller = one if len(one.values) <= len(other.values) else other
    return common, smaller.values_pointer


def _speaks(branch: SchemaBranch) -> bool:
    return bool(branch.marks) or branch.values is not None


def _joined(one: str, other: str) -> str:
    """Return what names a branch of two: the later name, or both arms of conditions."""
    if one.startswith(ARM) and other.startswith(ARM):
        return f"{one}, {other.removeprefix(ARM)}"
    return other or one


def meet(left: Iterable[SchemaBranch], right: Iterable[SchemaBranch]) -> tuple[SchemaBranch, ...]:
    """Return the branches of the conjunction of two schemas."""
    right = tuple(right)
    met = []
    for one in left:
        for other in right:
            if one.type != other.type:
                continue
            values, pointer = _intersection(one, other)
            if values == ():
                continue
            marks = dict(one.marks)
            for keyword, added in other.marks.items():
                kept = marks.get(keyword, ())
                marks[keyword] = kept + tuple(mark for mark in added if mark not in kept)
            named = other if _speaks(other) or not _speaks(one) else one
            label = _joined(one.label, other.label)
            met.append(SchemaBranch(one.type, named.pointer, marks, values, pointer, label))
    return tuple(met)


def contradictory(branch: SchemaBranch) -> bool:
    """Return whether the bounds of a branch leave no value."""
    least, most = branch.get("least"), branch.get("most")
    if least and most and max(m.value for m in least) > min(m.value for m in most):
        return True
    if not (branch.get("lower") and branch.get("upper")):
        return False
    step = step_of(branch)
    low, above = max(strength(mark, 1, step) for mark in branch.get("lower"))
    high, below = max(strength(mark, -1, step) for mark in branch.get("upper"))
    return low > -high or (low == -high and (above or below))


def step_of(branch: SchemaBranch) -> Fraction | None:
    """Return the number of which every value is a multiple."""
    steps = [mark.value for mark in branch.get("multiple")]
    if not steps:
        return None
    return Fraction(lcm(*(s.numerator for s in steps)), gcd(*(s.denominator for s in steps)))


def strength(mark: Constraint, sign: int, step: Fraction | None) -> tuple[Fraction, bool]:
    """Order bounds by how much they refuse; with whole numbers > 0 is >= 1.

    Args:
        mark: A bound, with whether it is exclusive.
        sign: 1 for a lower bound, -1 for an upper one.
        step: What every value is a multiple of, if anything.
    """
    limit, exclusive = mark.value
    if step is None:
        return limit * sign, exclusive
    count = ceil(limit * sign / step)
    if exclusive and count * step == limit * sign:
        count += 1
    return count * step, False


def unrestricted(branch: SchemaBranch) -> bool:
    """Return whether a branch admits every value of its type."""
    if branch.marks:
        return False
    everything = {"null": 1, "boolean": 2}.get(branch.type)
    return branch.values is None or len(branch.values) == everything


def of_every_type(branches: Iterable[SchemaBranch]) -> bool:
    """Return whether branches leave out no type."""
    return {branch.type for branch in branches} == set(TYPES)


def labelled(branches: Iterable[SchemaBranch], label: str) -> tuple[SchemaBranch, ...]:
    """Name branches after the variant of a union that they came from."""
    return tuple(replace(branch, label=label) for branch in branches)


def distinguished(branches: Iterable[SchemaBranch], fact: str) -> tuple[SchemaBranch, ...]:
    """Name branches after the arm of a condition that they are, if no variant names them."""
    return tuple(
        replace(branch, label=_joined(branch.label, f"{ARM}{fact}"))
        if not branch.label or branch.label.startswith(ARM)
        else branch
        for branch in branches
    )


def crowded(one: Sequence[SchemaBranch], other: Sequence[SchemaBranch]) -> bool:
    """Return whether the branches of two parts together are too many to be told apart."""
    if len(one) * len(other) > MOST_BRANCHES:
        return True
    objects = [[branch for branch in part if branch.type == "object"] for part in (one, other)]
    arms = any(branch.label.startswith(ARM) for part in objects for branch in part)
    return arms and len(objects[0]) * len(objects[1]) > MOST_ARMS


def size_kind(kind: str, mark: str) -> str:
    """Return what a bound on the size of a type is called: ("array", "most") is max-items."""
    things = {"string": "length", "array": "items", "object": "properties"}
    return f"{'min' if mark == 'least' else 'max'}-{things[kind]}"


def without_twins(branches: list[SchemaBranch]) -> list[SchemaBranch]:
    """Drop branches that repeat another one mark by mark."""
    kept: list[SchemaBranch] = []
    for branch in branches:
        if not any(_same(branch, other) for other in kept):
            kept.append(branch)
    return kept


def _same(one: SchemaBranch, other: SchemaBranch) -> bool:
    return (one.type, one.values, one.marks) == (other.type, other.values, other.marks)


def pinned(branch: SchemaBranch, name: str, value: Any) -> SchemaBranch:
    """Return the branch with one property pinned to one value."""
    site = SchemaSite("", {"enum": [value]}, tag=f"{name}={value!r}")
    mark = Constraint(Shape({name: site}, {}, None, branch.pointer), branch.pointer)
    return replace(branch, marks={**branch.marks, "shape": (*branch.get("shape"), mark)})


def sliced(branch: SchemaBranch, others: Sequence[SchemaBranch]) -> list[SchemaBranch]:
    """Return a branch of numbers or sizes in slices, cut where the bounds of others lie.

    Slices that hold no value are left out; a branch with more than a few cuts stays whole.
    """
    names = ("lower", "upper") if branch.type == "number" else ("least", "most")
    cuts: set[tuple[Fraction, bool]] = set()  # where, and whether the slice below holds the place
    for low, high in ((each.get(names[0]), each.get(names[1])) for each in others):
        if branch.type == "number":
            cuts |= {mark.value for mark in low}
            cuts |= {(mark.value[0], not mark.value[1]) for mark in high}
        else:
            cuts |= {(mark.value - 1, True) for mark in low} | {(mark.value, True) for mark in high}
    if not 0 < len(cuts) <= MOST_CUTS:
        return [branch]
    slices, rest = [], branch
    for limit, holds in sorted(cuts):
        number = branch.type == "number"
        below = (limit, not holds) if number else limit
        above = (limit, holds) if number else limit + 1
        slices.append(_bounded(rest, names[1], below))
        rest = _bounded(rest, names[0], above)
    return [each for each in (*slices, rest) if not contradictory(each)]


def _bounded(branch: SchemaBranch, name: str, value: Any) -> SchemaBranch:
    mark = Constraint(value, branch.pointer)
    return replace(branch, marks={**branch.marks, name: (*branch.get(name), mark)})
