"""What a planted access defect is: a story, a way to plant it, and who must see it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

READ_ME, READ_RANDOM = "read_me", "read_random"


@dataclass(frozen=True)
class AccessDefect:
    """One guard less.

    `check` and `case` name the finding that must come up; `operations` are those that are worth
    probing for it, and on every one of them it must.
    """

    id: str
    story: str
    check: str
    case: str
    apply: Callable[[], AbstractContextManager[Any]] = field(repr=False)
    operations: tuple[str, ...] = (READ_ME, READ_RANDOM)


def replaced(target: object, name: str, value: object) -> Callable[[], AbstractContextManager[Any]]:
    """Plant a defect by replacing an attribute of a module or class while a block runs."""
    return lambda: mock.patch.object(target, name, value)
