"""Results on disk, one JSON line each, so that an interrupted run goes on where it stopped."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from apiproof.faults.experiment_result import ExperimentResult


class Lines:
    """JSON lines that hold for one state of the sources; those of any other are forgotten.

    Args:
        path: The file.
        fingerprint: Of the sources.
        fresh: Whether to forget those of this state, too.
    """

    def __init__(self, path: Path, fingerprint: str, *, fresh: bool = False) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        known = bool(lines) and not fresh and lines[0] == f"{fingerprint}\n"
        # Without the line that an interruption cut off, or the next one would be appended to it.
        self._earlier = [line for line in lines[1:] if line.endswith("\n")] if known else []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join([f"{fingerprint}\n", *self._earlier]), encoding="utf-8")

    def earlier(self) -> Iterator[dict[str, Any]]:
        """Give the lines of earlier runs, but for one that an interruption cut off."""
        yield from map(json.loads, self._earlier)

    def add(self, line: Mapping[str, Any]) -> None:
        """Keep a line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class ExperimentResults:
    """The outcomes of experiments, by name.

    Args:
        lines: Where they are kept.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._found = {
            outcome.name: outcome for outcome in map(ExperimentResult.from_dict, lines.earlier())
        }

    def get(self, name: str) -> ExperimentResult | None:
        """Return an outcome, if there is one."""
        return self._found.get(name)

    def forget(self, names: Iterable[str]) -> None:
        """Let these be found out again in this run."""
        for name in names:
            self._found.pop(name, None)

    def add(self, outcome: ExperimentResult) -> None:
        """Keep an outcome; those in trouble are tried again by the next run."""
        self._found[outcome.name] = outcome
        if not outcome.trouble:
            self._lines.add(outcome.as_dict())
