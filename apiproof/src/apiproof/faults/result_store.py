"""The outcomes of experiments, kept so that an interrupted run goes on where it stopped."""

from collections.abc import Iterable

from apiproof.faults.experiment_result import ExperimentResult
from apiproof.result_lines import Lines


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
