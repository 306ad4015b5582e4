"""A mutation session: a sample of mutants within a time, judged by the suite's own layers.

It must not know how mutants are made, nor what the service is.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from apiproof.faults.experiment import Experiment, Ground, verdicts_of
from apiproof.faults.fork_pool import Child, Send, Work, spread
from apiproof.faults.injection import Defect
from apiproof.faults.mutants import Mutant
from apiproof.faults.outcome import Verdict
from apiproof.faults.result_store import Lines
from apiproof.faults.study import Layer
from apiproof.faults.suppressions import Excuses

LONGEST = 240.0  # seconds for one mutant


class Fate(StrEnum):
    """What became of a mutant.

    STILLBORN ones cannot be imported: no test is needed against them, so they do not count.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    STILLBORN = "stillborn"


@dataclass(frozen=True)
class Judged:
    """A mutant and its fate; `by` is the test that killed it, or the reason why it counts not."""

    mutant: Mutant
    fate: Fate
    by: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The mutant as JSON, without its whole text."""
        about = {name: value for name, value in vars(self.mutant).items() if name != "text"}
        return {**about, "fate": self.fate, "by": self.by, "seconds": round(self.seconds, 1)}


class Judgements:
    """What became of mutants, before excuses, in this run and earlier ones of the same sources.

    Args:
        lines: Where they are kept.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._found = {line["id"]: line for line in lines.earlier()}

    def get(self, mutant: Mutant) -> Judged | None:
        """Return what became of a mutant, if that is known."""
        line = self._found.get(mutant.id)
        return Judged(mutant, Fate(line["fate"]), line["by"], line["seconds"]) if line else None

    def add(self, judged: Judged) -> None:
        """Keep what became of a mutant."""
        self._lines.add({"id": judged.mutant.id, **judged.as_dict()})


@dataclass(frozen=True)
class Session:
    """Judges mutants.

    Attributes:
        ground: What experiments share; its profile says which test enters which function.
        layers: The judges, in order.
        excuses: Which survivors are forgiven.
        earlier: What is known already.
        jobs: How many at a time.
    """

    ground: Ground
    layers: tuple[Layer, ...]
    excuses: Excuses
    earlier: Judgements
    jobs: int = 2

    def judge(self, sample: Sequence[Mutant], seconds: float | None) -> Iterator[Judged]:
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
        by_id = {mutant.id: mutant for mutant in due}
        for child in spread(self._tasks(by_id.values(), seconds), self.jobs, LONGEST):
            judged = self._conclude(by_id[child.name], child)
            self.earlier.add(judged)
            yield self._excused(judged)

    def _tasks(self, sample: Iterable[Mutant], seconds: float | None) -> Iterator[tuple[str, Work]]:
        started = time.monotonic()
        for mutant in sample:
            if seconds is not None and time.monotonic() - started > seconds:
                return
            yield mutant.id, self._work(mutant)

    def _work(self, mutant: Mutant) -> Callable[[Send], None]:
        defect = Defect(
            id="mutant",
            story=mutant.id,
            area="mutation",
            cwe="",
            owasp="",
            plants=(mutant.rewrite(),),
            caught_by=(),
            documented=False,
        )
        run = Experiment(
            "mutant", self.layers, defect, narrow=False, function=mutant.function, stops=True
        )
        return lambda send: run.run(self.ground, send)

    def _conclude(self, mutant: Mutant, child: Child) -> Judged:
        verdicts = verdicts_of(child.messages)
        fate, by = self._fate(child, verdicts)
        return Judged(mutant, fate, by, child.seconds)

    def _fate(self, child: Child, verdicts: Sequence[Verdict]) -> tuple[Fate, str]:
        if child.failure == "hung":
            return Fate.KILLED, "a suite that does not end"
        last = child.failure.splitlines()[-1] if child.failure else ""
        if "PlantFailed" in last:
            return Fate.SURVIVED, "the module is never imported"
        if last and not any("begins" in message for message in child.messages):
            return Fate.STILLBORN, last
        if last:
            return Fate.KILLED, last
        found = next((verdict.first for verdict in verdicts if verdict.first), None)
        if found:
            return Fate.KILLED, found.where
        return Fate.SURVIVED, ""

    def _excused(self, judged: Judged) -> Judged:
        mutant = judged.mutant
        reason = self.excuses.reason(mutant.path, mutant.before, mutant.after)
        if reason is None or judged.fate is not Fate.SURVIVED:
            return judged
        return replace(judged, fate=Fate.EQUIVALENT, by=reason)


def score(judged: Iterable[Judged]) -> tuple[int, int]:
    """Return how many mutants were killed, and of how many that somebody could tell apart."""
    counts = Counter(each.fate for each in judged)
    return counts[Fate.KILLED], counts[Fate.KILLED] + counts[Fate.SURVIVED]


def as_dict(judged: Sequence[Judged], excuses: Excuses) -> Mapping[str, Any]:
    """A session as JSON."""
    killed, counted = score(judged)
    return {
        "killed": killed,
        "counted": counted,
        "score": round(killed / counted, 4) if counted else None,
        "fates": dict(Counter(each.fate for each in judged)),
        "outside": dict(excuses.outside),
        "survivors": [each.as_dict() for each in judged if each.fate is Fate.SURVIVED],
        "mutants": [each.as_dict() for each in judged],
    }
