"""A mutation session: a sample of mutants within a time, judged by the suite's own layers.

It must not know how mutants are made, nor what the service is.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from apiproof.faults.execution import Ended, Executor, Forks
from apiproof.faults.experiment import Experiment, SharedEnvironment, verdicts_of
from apiproof.faults.experiment_result import Verdict
from apiproof.faults.injection import Defect
from apiproof.faults.mutants import Mutant
from apiproof.faults.study import Layer
from apiproof.faults.suppressions import Suppressions
from apiproof.result_lines import JsonLines

SHORTEST = 240.0  # seconds that each mutant gets
BUSY = 4.0  # how much longer than their processor time tests may take


class MutantStatus(StrEnum):
    """What became of a mutant.

    INVALID ones cannot be imported: no test is needed against them, so they do not count.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    INVALID = "invalid"


@dataclass(frozen=True)
class MutantResult:
    """A mutant and what became of it; `by` is its killer, or why it counts not."""

    mutant: Mutant
    status: MutantStatus
    by: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The mutant as JSON, without its whole text."""
        about = {name: value for name, value in vars(self.mutant).items() if name != "text"}
        return {**about, "status": self.status, "by": self.by, "seconds": round(self.seconds, 1)}


class MutantResults:
    """What became of mutants, before suppressions, in runs of the same sources.

    Args:
        lines: Where they are kept.
    """

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines
        self._found = {line["id"]: line for line in lines.earlier()}

    def get(self, mutant: Mutant) -> MutantResult | None:
        """Return what became of a mutant, if that is known."""
        line = self._found.get(mutant.id)
        return (
            MutantResult(mutant, MutantStatus(line["status"]), line["by"], line["seconds"])
            if line
            else None
        )

    def add(self, result: MutantResult) -> None:
        """Keep what became of a mutant."""
        self._lines.add({"id": result.mutant.id, **result.as_dict()})


@dataclass(frozen=True)
class MutationRun:
    """Judges mutants.

    Attributes:
        shared: What experiments share; its profile says which test enters which function.
        layers: The judges, in order.
        suppressions: Which survivors are forgiven.
        earlier: What is known already.
        execute: Makes experiments.
    """

    shared: SharedEnvironment
    layers: tuple[Layer, ...]
    suppressions: Suppressions
    earlier: MutantResults
    execute: Executor = field(default_factory=Forks)

    def run(self, sample: Sequence[Mutant], seconds: float | None) -> Iterator[MutantResult]:
        """Judge mutants until the time is over.

        Args:
            sample: In the order in which they are tried.
            seconds: After which no new one is begun; None for no end.
        """
        due = []
        for mutant in sample:
            if known := self.earlier.get(mutant):
                yield self._excused(known)
            else:
                due.append(mutant)
        # Who cannot be told from the original takes a whole suite: they wait for the others.
        due.sort(key=lambda mutant: self._reason(mutant) is not None)
        by_id = {mutant.id: mutant for mutant in due}
        experiments = self._experiments(by_id.values(), seconds)
        for ended in self.execute(self.shared, experiments, self._longest):
            result = self._result_of(by_id[ended.name], ended)
            self.earlier.add(result)
            yield self._excused(result)

    @property
    def _longest(self) -> float:
        """Seconds after which a suite does not end, rather than that it is long or has waited."""
        units = [unit for layer in self.shared.profile.values() for unit in layer.values()]
        return SHORTEST + BUSY * sum(unit.seconds for unit in units)

    def _experiments(self, sample: Iterable[Mutant], seconds: float | None) -> Iterator[Experiment]:
        started = time.monotonic()
        for mutant in sample:
            if seconds is not None and time.monotonic() - started > seconds:
                return
            yield self._experiment(mutant)

    def _experiment(self, mutant: Mutant) -> Experiment:
        defect = Defect(
            id="mutant",
            story=mutant.id,
            area="mutation",
            cwe="",
            owasp="",
            alterations=(mutant.rewrite(),),
            caught_by=(),
            documented=False,
        )
        layers = self._nearest_first(mutant.function)
        return Experiment(
            mutant.id, layers, defect, narrow=False, function=mutant.function, stops=True
        )

    def _nearest_first(self, function: str) -> tuple[Layer, ...]:
        """Begin with whoever has a test of the fewest functions, this one among them."""

        def fewest(layer: Layer) -> float:
            units = self.shared.profile.get(layer.name, {}).values()
            entered = (len(unit.functions) for unit in units if function in unit.functions)
            return min(entered, default=math.inf)

        return tuple(sorted(self.layers, key=fewest))

    def _result_of(self, mutant: Mutant, ended: Ended) -> MutantResult:
        verdicts = verdicts_of(ended.messages)
        status, by = self._status_of(ended, verdicts)
        return MutantResult(mutant, status, by, ended.seconds)

    def _status_of(self, ended: Ended, verdicts: Sequence[Verdict]) -> tuple[MutantStatus, str]:
        if ended.failure == "hung":
            return MutantStatus.KILLED, "a suite that does not end"
        last = ended.failure.splitlines()[-1] if ended.failure else ""
        if "InjectionFailed" in last:
            return MutantStatus.SURVIVED, "the module is never imported"
        if last and not any("begins" in message for message in ended.messages):
            return MutantStatus.INVALID, last
        if last:
            return MutantStatus.KILLED, last
        found = next((verdict.first for verdict in verdicts if verdict.first), None)
        if found:
            return MutantStatus.KILLED, found.where
        return MutantStatus.SURVIVED, ""

    def _excused(self, result: MutantResult) -> MutantResult:
        reason = self._reason(result.mutant)
        if reason is None or result.status is not MutantStatus.SURVIVED:
            return result
        return replace(result, status=MutantStatus.EQUIVALENT, by=reason)

    def _reason(self, mutant: Mutant) -> str | None:
        return self.suppressions.reason(mutant.path, mutant.before, mutant.after)


def score(results: Iterable[MutantResult]) -> tuple[int, int]:
    """Return how many mutants were killed, and of how many that somebody could tell apart."""
    counts = Counter(each.status for each in results)
    return counts[MutantStatus.KILLED], counts[MutantStatus.KILLED] + counts[MutantStatus.SURVIVED]


def as_dict(results: Sequence[MutantResult], suppressions: Suppressions) -> Mapping[str, Any]:
    """A session as JSON."""
    killed, counted = score(results)
    return {
        "killed": killed,
        "counted": counted,
        "score": round(killed / counted, 4) if counted else None,
        "statuses": dict(Counter(each.status for each in results)),
        "outside": dict(suppressions.outside),
        "survivors": [each.as_dict() for each in results if each.status is MutantStatus.SURVIVED],
        "mutants": [each.as_dict() for each in results],
    }
