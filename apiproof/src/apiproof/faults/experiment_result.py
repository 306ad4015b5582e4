"""What came of an experiment, as data; how it reads and writes itself as JSON.

It must not know how experiments are run or drawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from apiproof.faults.observer import LayerFinding, Observer, Unit
from apiproof.result_lines import JsonLines


class Detection(StrEnum):
    """How a defect fared with the suite, or with one layer of it."""

    NAMED = "named"
    ACCIDENT = "accident"
    MISSED = "missed"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Verdict:
    """What one layer said of one defect.

    Attributes:
        layer: Its name.
        cases: How many requests were answered while it looked.
        seconds: How long it looked.
        first: The finding that it would have stopped at.
        claimed: The first finding of a check that claims to notice the defect.
        complete: Whether it looked at everything, had it found nothing.
        findings: All findings, where the layer did not stop at the first.
        units: What its units cost and reached.
    """

    layer: str
    cases: int
    seconds: float
    first: LayerFinding | None = None
    claimed: LayerFinding | None = None
    complete: bool = True
    findings: tuple[LayerFinding, ...] = ()
    units: Mapping[str, Unit] = field(default_factory=dict)

    @classmethod
    def of(cls, layer: str, observer: Observer) -> Self:
        """Conclude what an observer saw."""
        keeps_all = not observer.stop_at_first
        return cls(
            layer=layer,
            cases=observer.cases,
            seconds=round(observer.seconds, 3),
            first=observer.first,
            claimed=observer.claimed,
            complete=not observer.exhausted,
            findings=tuple(observer.findings) if keeps_all else (),
            units=observer.units if keeps_all else {},
        )

    @property
    def detection(self) -> Detection:
        """How the defect fared with this layer."""
        if self.claimed:
            return Detection.NAMED
        return Detection.ACCIDENT if self.first else Detection.MISSED

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a verdict back."""
        units = {name: _unit(unit) for name, unit in values["units"].items()}
        return cls(
            **{
                **values,
                "first": _finding(values["first"]),
                "claimed": _finding(values["claimed"]),
                "findings": tuple(filter(None, map(_finding, values["findings"]))),
                "units": units,
            }
        )


@dataclass(frozen=True)
class ExperimentResult:
    """What all layers said of one experiment.

    Attributes:
        name: The defect's id, or the name of a control run.
        verdicts: By layer, in the order in which they ran.
        trouble: Why the experiment could not be made; empty where it could.
        seconds: How long it took.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    trouble: str = ""
    seconds: float = 0.0

    def verdict(self, layer: str) -> Verdict | None:
        """What one layer said."""
        return next((verdict for verdict in self.verdicts if verdict.layer == layer), None)

    def detection(self, layers: Iterable[str]) -> Detection:
        """How the defect fared with some layers together."""
        found = {verdict.detection for verdict in self.verdicts if verdict.layer in set(layers)}
        order = (Detection.NAMED, Detection.ACCIDENT, Detection.MISSED)
        return next((detection for detection in order if detection in found), Detection.UNTRIED)

    def time_to_detection(self, layers: Iterable[str]) -> float | None:
        """Seconds until the first of some layers, run one after another, found something."""
        spent = 0.0
        for verdict in self.verdicts:
            if verdict.layer in set(layers):
                if verdict.first:
                    return spent + verdict.first.seconds
                spent += verdict.seconds
        return None

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return {
            "name": self.name,
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "trouble": self.trouble,
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read an outcome back."""
        verdicts = tuple(map(Verdict.from_dict, values["verdicts"]))
        return cls(values["name"], verdicts, values["trouble"], values["seconds"])


def _finding(values: Mapping[str, Any] | None) -> LayerFinding | None:
    return LayerFinding(**{**values, "checks": tuple(values["checks"])}) if values else None


def _unit(values: Mapping[str, Any]) -> Unit:
    return Unit(values["seconds"], tuple(values["operations"]), tuple(values["functions"]))


class ExperimentResults:
    """The outcomes of experiments, by name.

    Args:
        lines: Where they are kept.
    """

    def __init__(self, lines: JsonLines) -> None:
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
