"""What a mutation session leaves out and what it forgives, each with its reason, from TOML.

    [outside]
    "service/main.py" = "The process's start; judged by tests of the command line."

    [[equivalent]]
    path = "service/prices.py"
    after = ["return max(price, 1)"]          # the mutated line, or lines that are as good
    reason = "Prices are at least 1 by their type."

    [[equivalent]]
    path = "service/tables.py"
    before = ["name: str = Field(max_length=9)"]   # whatever the line, or lines, become
    reason = "Migrations make the tables."

It must not know how mutants are made.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiproof.errors import UserError


class SuppressionsUnreadable(UserError):
    """The file is missing, no TOML, or an entry has no reason."""


@dataclass(frozen=True)
class Suppressions:
    """What is left out and what is forgiven.

    Attributes:
        outside: Path prefixes -> why the judges cannot see them.
        equivalent: (path, line as it becomes) -> why nobody can tell it from the original.
        idle: (path, line as it is) -> why nobody can tell any change of it.
    """

    outside: Mapping[str, str]
    equivalent: Mapping[tuple[str, str], str]
    idle: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def reason(self, path: str, before: str, after: str) -> str | None:
        """Say why a changed line is forgiven, if it is."""
        return self.equivalent.get((path, after)) or self.idle.get((path, before))

    @classmethod
    def read(cls, path: Path | None) -> "Suppressions":
        """Read the file; without one, nothing is left out or forgiven.

        Raises:
            SuppressionsUnreadable: As its docstring says.
        """
        if path is None:
            return cls({}, {})
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
            outside = dict(values.get("outside", {}))
            entries = values.get("equivalent", [])
            equivalent, idle = (_by_line(entries, which) for which in ("after", "before"))
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise SuppressionsUnreadable(f"{path} cannot be read: {error!r}.") from None
        if len(equivalent) + len(idle) < len(entries):
            raise SuppressionsUnreadable(
                f"{path}: every entry needs a line, as `after` or `before`."
            )
        if not all([*outside.values(), *equivalent.values(), *idle.values()]):
            raise SuppressionsUnreadable(f"{path}: every entry needs a reason.")
        return cls(outside, equivalent, idle)


def _by_line(entries: list[dict[str, Any]], which: str) -> dict[tuple[str, str], str]:
    found = {}
    for entry in entries:
        lines = entry.get(which, [])
        for line in [lines] if isinstance(lines, str) else lines:
            found[entry["path"], line] = entry["reason"]
    return found
