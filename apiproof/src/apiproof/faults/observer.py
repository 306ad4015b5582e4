"""Who watches a layer look for one defect, and says when it may stop.

A layer stops at its first finding. Was that by another check than the one that claims to notice
the defect, then only the checks that do claim it go on: the defect may be caught twice. It knows
neither layers nor defects.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from apiproof.faults.reach import Reach
from apiproof.redaction import redact


@dataclass(frozen=True)
class Unit:
    """What one unit of a layer (a test, an operation) did when nothing was planted.

    Attributes:
        seconds: Of processor time.
        operations: operationIds that answered it.
        functions: Of the service, those that it entered, where that was asked for.
    """

    seconds: float
    operations: tuple[str, ...]
    functions: tuple[str, ...] = ()

    def with_another(self, other: "Unit") -> "Unit":
        """Both as one."""
        return Unit(
            round(self.seconds + other.seconds, 3),
            tuple(sorted({*self.operations, *other.operations})),
            tuple(sorted({*self.functions, *other.functions})),
        )


@dataclass(frozen=True)
class LayerFinding:
    """Something that a layer noticed.

    Attributes:
        checks: The names of the checks that noticed.
        where: The unit, as a developer would run it.
        text: What a developer would see.
        cases: How many requests had been answered by then.
        seconds: How long the layer had been looking.
    """

    checks: tuple[str, ...]
    where: str
    text: str
    cases: int
    seconds: float


@dataclass
class Observer:
    """Watches one layer.

    Args:
        count: Returns how many requests were answered so far, by operationId.
        named: The checks that claim to notice the defect.
        budget: Seconds of processor time after which only named checks go on; None for no end.
        known: Findings that come up without any defect, as `check` and `where`: they are none.
        reach: Notes the functions that units enter.
    """

    count: Callable[[], dict[str, int]]
    named: Collection[str] = ()
    budget: float | None = None
    known: Collection[tuple[str, str]] = ()
    first: LayerFinding | None = None
    claimed: LayerFinding | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    findings: list[LayerFinding] = field(default_factory=list)
    stop_at_first: bool = True
    reach: Reach | None = None

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._cpu = self._unit_cpu = time.process_time()
        self._before = self._unit_before = self.count()

    @property
    def cases(self) -> int:
        """How many requests were answered since the layer began."""
        return sum(self.count().values()) - sum(self._before.values())

    @property
    def seconds(self) -> float:
        """How long the layer has been looking."""
        return time.monotonic() - self._started

    @property
    def exhausted(self) -> bool:
        """Whether the budget is used up."""
        return self.budget is not None and time.process_time() - self._cpu > self.budget

    def wants(self, checks: Iterable[str]) -> bool:
        """Whether a unit with these checks should still be run; it begins now if so."""
        if self.claimed is not None and self.stop_at_first:
            return False
        over = self.exhausted or (self.first is not None and self.stop_at_first)
        wanted = not over or any(check in self.named for check in checks)
        if wanted:
            self._unit_cpu, self._unit_before = time.process_time(), self.count()
            if self.reach:
                self.reach.taken()
        return wanted

    def passed(self, where: str) -> None:
        """Note that a unit is done, and what it cost."""
        after, before = self.count(), self._unit_before
        reached = tuple(sorted(name for name in after if after[name] != before.get(name, 0)))
        entered = self.reach.taken() if self.reach else ()
        seconds = round(time.process_time() - self._unit_cpu, 3)
        unit = Unit(seconds, reached, entered)
        # Several tests may share a node id.
        self.units[where] = self.units[where].with_another(unit) if where in self.units else unit

    def found(self, checks: Iterable[str], where: str, text: str) -> None:
        """Note a finding of the current unit."""
        names = tuple(name for name in checks if (name, where) not in self.known)
        if not names:
            return
        # Failed assertions show requests and answers, and what is found is kept in a file.
        finding = LayerFinding(names, where, redact(text), self.cases, self.seconds)
        self.findings.append(finding)
        self.first = self.first or finding
        if self.claimed is None and any(name in self.named for name in names):
            self.claimed = finding
