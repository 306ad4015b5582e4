"""A reason why a value admitted by one schema is refused by another, and where it lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from apiproof.contract_diff.document.branch import Conjunction
from apiproof.contract_diff.document.schemas import Schemas


@dataclass(frozen=True, slots=True)
class Escape:
    """`sub` and `sup` are pointers into the two documents, `path` leads to the value."""

    kind: str
    sub: str
    sup: str
    path: tuple[str, ...] = ()
    sub_value: Any = field(default=None, compare=False)
    sup_value: Any = field(default=None, compare=False)


LINK = "link"
"""The kind of an escape that only refers to another pair of schemas, in `sub_value`."""


def hard(escapes: Iterable[Escape]) -> list[Escape]:
    """Return the escapes that are no mere links."""
    return [escape for escape in escapes if escape.kind != LINK]


def under_path(path: tuple[str, ...], escape: Escape) -> Escape:
    """Return an escape as seen from the start of a path."""
    return Escape(
        escape.kind,
        escape.sub,
        escape.sup,
        (*path, *escape.path),
        escape.sub_value,
        escape.sup_value,
    )


FEW_PATHS = 3
"""How many ways to the same misfit are told."""


def some_paths(escapes: Iterable[Escape]) -> tuple[Escape, ...]:
    """Keep a few of the shortest paths to each misfit: cyclic schemas have endlessly many."""
    kept: list[Escape] = []
    seen: dict[tuple[str, str, str], int] = {}
    for escape in sorted(dict.fromkeys(escapes), key=lambda escape: len(escape.path)):
        key = (escape.kind, escape.sub, escape.sup)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= (1 if escape.kind == LINK else FEW_PATHS):
            kept.append(escape)
    return tuple(kept)


class Judge(Protocol):
    """What the checks of containers need of the whole.

    `forward` says that `sub` is the old document; `losing` that an escape in this direction harms
    a client.
    """

    sub: Schemas
    sup: Schemas
    forward: bool
    losing: bool

    def escapes(self, one: Conjunction, other: Conjunction) -> tuple[Escape, ...]:
        """Return why values of `one` are not all admitted by `other`; empty if they are."""
        ...


def under(name: str, escapes: Iterable[Escape]) -> list[Escape]:
    """Return escapes of a child as seen from its parent."""
    return [under_path((name,), escape) for escape in escapes]
