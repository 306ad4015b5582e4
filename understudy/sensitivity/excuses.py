"""What a mutation session leaves out and what it forgives, each with its reason, from TOML.

    [outside]
    "service/main.py" = "The process's start; judged by tests of the command line."

    [[equivalent]]
    path = "service/prices.py"
    after = ["return max(price, 1)"]          # the mutated line, or lines that are as good
    reason = "Prices are at least 1 by their type."

It must not know how mutants are made.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import Refusal


class ExcusesUnreadable(Refusal):
    """The file is missing, no TOML, or an entry has no reason."""


@dataclass(frozen=True)
class Excuses:
    """What is left out and what is forgiven.

    Attributes:
        outside: Path prefixes -> why the judges cannot see them.
        equivalent: (path, mutated line) -> why nobody can tell it from the original.
    """

    outside: Mapping[str, str]
    equivalent: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, path: Path | None) -> "Excuses":
        """Read the file; without one, nothing is left out or forgiven.

        Raises:
            ExcusesUnreadable
        """
        if path is None:
            return cls({}, {})
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
            outside = dict(values.get("outside", {}))
            entries = values.get("equivalent", [])
            equivalent = {
                (entry["path"], after): entry["reason"]
                for entry in entries
                for after in _lines(entry["after"])
            }
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise ExcusesUnreadable(f"{path} cannot be read: {error!r}.") from None
        if not all([*outside.values(), *equivalent.values()]):
            raise ExcusesUnreadable(f"{path}: every entry needs a reason.")
        return cls(outside, equivalent)


def _lines(after: str | list[str]) -> list[str]:
    return [after] if isinstance(after, str) else after
