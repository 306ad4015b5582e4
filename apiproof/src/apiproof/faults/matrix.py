"""The kill matrix: defects by layers, and what it proves; it must not know how it is drawn."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apiproof.faults.experiment_result import Detection, ExperimentResult
from apiproof.faults.injection import Defect
from apiproof.faults.study import Study

Curve = list[tuple[float, int]]


@dataclass(frozen=True)
class Matrix:
    """The outcomes of a study.

    Attributes:
        study: What was run.
        controls: One per layer and seed.
        rows: Defects with their outcomes, in the catalogue's order.
        seconds: How long the defects took altogether.
    """

    study: Study
    controls: tuple[ExperimentResult, ...]
    rows: tuple[tuple[Defect, ExperimentResult], ...]
    seconds: float = 0.0

    @property
    def ours(self) -> list[str]:
        """The layers of the suite itself."""
        return [layer.name for layer in self.study.layers if layer.ours]

    @property
    def yardsticks(self) -> list[str]:
        """The layers beside it."""
        return [layer.name for layer in self.study.layers if not layer.ours]

    def detection(self, outcome: ExperimentResult) -> Detection:
        """How a defect fared with the suite."""
        return outcome.detection(self.ours)

    def with_detection(self, detection: Detection) -> list[tuple[Defect, ExperimentResult]]:
        """The rows whose defect fared so with the suite."""
        return [
            (defect, found) for defect, found in self.rows if self.detection(found) is detection
        ]

    def caught(self, layer: str) -> Counter[Detection]:
        """How the defects fared with one layer."""
        return Counter(outcome.detection([layer]) for _, outcome in self.rows)

    def curve(self, layers: Sequence[str]) -> Curve:
        """Defects caught by some layers against seconds since each was planted."""
        times = (outcome.time_to_detection(layers) for _, outcome in self.rows)
        found = sorted(time for time in times if time is not None)
        return [(round(seconds, 3), number) for number, seconds in enumerate(found, start=1)]

    @property
    def red_controls(self) -> list[str]:
        """What layers of the suite found though nothing was planted."""
        return [
            f"{outcome.name}: {trouble}"
            for outcome in self.controls
            for trouble in _troubles(outcome, self.ours)
        ]

    @property
    def false_alarms(self) -> list[str]:
        """What yardsticks found though nothing was planted; it is not counted for defects."""
        return sorted(
            {
                f"{verdict.layer}: {', '.join(finding.checks)} at {finding.where}"
                for outcome in self.controls
                for verdict in outcome.verdicts
                if verdict.layer in self.yardsticks
                for finding in verdict.findings
            }
        )

    @property
    def failures(self) -> list[str]:
        """Why the suite does not pass the study, one line each."""
        lines = [f"without a defect, {line}" for line in self.red_controls]
        for defect, outcome in self.rows:
            detection = self.detection(outcome)
            if outcome.trouble:
                last = outcome.trouble.splitlines()[-1]
                lines.append(f"{defect.id}: the experiment failed: {last}")
            elif detection is not Detection.NAMED:
                how = "caught by accident only" if detection is Detection.ACCIDENT else "missed"
                lines.append(f"{defect.id}: {how}; meant for {', '.join(defect.caught_by)}")
        if not self.rows:
            lines.append("no defect was planted")
        return lines

    def as_dict(self) -> dict[str, Any]:
        """The matrix as JSON."""
        return {
            "layers": [layer.name for layer in self.study.layers],
            "seconds": round(self.seconds, 1),
            "summary": {name: dict(self.caught(name)) for name in (*self.ours, *self.yardsticks)},
            "suite": dict(Counter(self.detection(outcome) for _, outcome in self.rows)),
            "curves": {"suite": self.curve(self.ours), "yardsticks": self.curve(self.yardsticks)},
            "false alarms": self.false_alarms,
            "failures": self.failures,
            "controls": [_control(outcome) for outcome in self.controls],
            "defects": [_row(defect, outcome) for defect, outcome in self.rows],
        }


def _troubles(outcome: ExperimentResult, layers: Sequence[str]) -> list[str]:
    found = [outcome.trouble.splitlines()[-1]] if outcome.trouble else []
    for verdict in outcome.verdicts:
        if verdict.layer in layers:
            found += [f"{finding.where} fails" for finding in verdict.findings]
            if not verdict.cases:
                found.append("the layer sent nothing")
    return found


def _control(outcome: ExperimentResult) -> dict[str, Any]:
    verdicts = outcome.verdicts
    return {
        "name": outcome.name,
        "cases": sum(verdict.cases for verdict in verdicts),
        "seconds": outcome.seconds,
        "findings": [finding.where for verdict in verdicts for finding in verdict.findings],
    }


def _row(defect: Defect, outcome: ExperimentResult) -> dict[str, Any]:
    about = {
        name: getattr(defect, name)
        for name in ("id", "story", "area", "cwe", "owasp", "operations", "caught_by")
    }
    return {**about, **outcome.as_dict()}
