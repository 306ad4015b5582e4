"""Outcomes on disk, one JSON line each, so that an interrupted run goes on where it stopped."""

import json
from collections.abc import Iterable
from pathlib import Path

from understudy.sensitivity.outcome import Outcome


class Outcomes:
    """The outcomes of one state of the sources; those of any other state are forgotten.

    Args:
        path: The file.
        fingerprint: Of the sources.
        fresh: Whether to forget those of this state, too.
    """

    def __init__(self, path: Path, fingerprint: str, *, fresh: bool = False) -> None:
        self._path = path
        self._found: dict[str, Outcome] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if lines and not fresh and lines[0] == fingerprint:
            self._found = dict(_parsed(lines[1:]))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fingerprint + "\n", encoding="utf-8")

    def get(self, name: str) -> Outcome | None:
        """Return an outcome, if there is one."""
        return self._found.get(name)

    def forget(self, names: Iterable[str]) -> None:
        """Let these be found out again in this run."""
        for name in names:
            self._found.pop(name, None)

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; those in trouble are tried again by the next run."""
        self._found[outcome.name] = outcome
        if not outcome.trouble:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(outcome.as_dict()) + "\n")


def _parsed(lines: list[str]) -> list[tuple[str, Outcome]]:
    found = []
    for line in lines:
        try:
            outcome = Outcome.from_dict(json.loads(line))
        except ValueError:
            break  # the line that an interruption cut off
        found.append((outcome.name, outcome))
    return found
