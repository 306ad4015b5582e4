"""A reason why a value admitted by one schema is refused by another, and where it lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from understudy.contracts.diff.branch import Conjunction
from understudy.contracts.diff.schemas import Schemas


@dataclass(frozen=True, slots=True)
class Escape:
    """`sub` and `sup` are pointers into the two documents, `path` leads to the value."""

    kind: str
    sub: str
    sup: str
    path: tuple[str, ...] = ()
    sub_value: Any = field(default=None, compare=False)
    sup_value: Any = field(default=None, compare=False)


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
    return [replace(escape, path=(name, *escape.path)) for escape in escapes]
