"""One experiment, in a process of its own: plant, open a world, let the layers look.

It must not know other experiments, nor that it is a child.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg2

from understudy.defects import Defect, planted
from understudy.postgres import Database, PostgresServer
from understudy.postgres.server import Template
from understudy.sensitivity.forks import Send
from understudy.sensitivity.observer import Observer, Unit
from understudy.sensitivity.outcome import Verdict
from understudy.sensitivity.reach import Reach
from understudy.sensitivity.study import Layer, Scene
from understudy.subject import Subject, configured_subject, load_subject
from understudy.world import World

Profile = Mapping[str, Mapping[str, Unit]]
Known = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Ground:
    """What all experiments share: the server, the migrated template, what control runs taught.

    Attributes:
        server: Where each experiment has a database of its own.
        template: Its origin.
        subject: The subject's name.
        profile: By layer, what its units cost and reached when nothing was planted.
        known: By layer, what it finds without any defect; only a yardstick may.
        budgets: By layer, seconds of processor time.
        opening: Functions that loading the service and opening a world enter: all units depend on
            what they do, also those that do not enter them.
    """

    server: PostgresServer
    template: Template
    subject: str
    profile: Profile = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)
    budgets: Mapping[str, float] = field(default_factory=dict)
    opening: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Experiment:
    """A defect, or none, and the layers that look.

    Attributes:
        name: In results.
        layers: In order.
        defect: What is planted; None for a control run.
        seed: Of generated examples.
        narrow: Whether layers leave out what cannot meet the defect, and keep to their budgets.
        thorough: Whether failures are made small, as a developer would see them.
        function: The only one that differs, where there is only one.
        traced: A folder; units note which of its functions they enter.
        stops: Whether the first finding of any layer ends it.
    """

    name: str
    layers: tuple[Layer, ...]
    defect: Defect | None = None
    seed: int = 0
    narrow: bool = True
    thorough: bool = False
    function: str = ""
    traced: Path | None = None
    stops: bool = False

    def run(self, ground: Ground, send: Send) -> None:
        """Make it, and send a message before and after each layer.

        Raises:
            PlantFailed: The defect would change nothing.
        """
        defects = [self.defect] if self.defect else []
        with planted(defects) as planting, ExitStack() as stack:
            subject = load_subject(ground.subject)
            database = ground.server.clone(ground.template)
            if self.defect:
                subject = _told(subject, self.defect, ground.subject, stack)
                _alter(database, self.defect)
            world = stack.enter_context(World.open(subject, database=database))
            planting.require_loaded()
            for layer in self.layers:
                send({"begins": layer.name})
                verdict = self._examine(layer, world, ground)
                send({"verdict": verdict.as_dict()})
                if self.stops and verdict.first:
                    return

    def _examine(self, layer: Layer, world: World, ground: Ground) -> Verdict:
        defect = self.defect
        observer = Observer(
            count=lambda: _counted(world),
            named=defect.caught_by if defect else (),
            budget=ground.budgets.get(layer.name) if self.narrow and defect else None,
            known=ground.known.get(layer.name, frozenset()),
            stop_at_first=defect is not None,
            reach=Reach(self.traced) if self.traced else None,
        )
        scene = Scene(
            subject=world.subject,
            world=world,
            operations=frozenset(defect.operations if defect and self.narrow else ()),
            seed=self.seed,
            thorough=self.thorough,
            function="" if self.function in ground.opening else self.function,
            profile=ground.profile.get(layer.name, {}),
        )
        try:
            world.reset()
            with observer.reach or nullcontext():
                layer.examine(scene, observer)
        except Exception as error:  # noqa: BLE001 - a layer that breaks has noticed, by accident
            observer.found((type(error).__name__,), layer.name, f"{type(error).__name__}: {error}")
        return Verdict.of(layer.name, observer)


def _counted(world: World) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for entry, count in world.ledger.counts.items():
        counts[entry.operation_id] += count
    return counts


def _told(subject: Subject, defect: Defect, name: str, stack: ExitStack) -> Subject:
    """Let the committed document be the one that the author of the defect would commit."""
    if not defect.documented:
        return subject
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="understudy-")))
    path = folder / subject.document_path.name
    text = json.dumps(subject.document(), indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    told = replace(subject, document_path=path)
    module, _, attribute = name.partition(":")
    # Tests import the subject by its name.
    setattr(sys.modules[module], attribute or "SUBJECT", told)
    return told


def _alter(database: Database, defect: Defect) -> None:
    statements = [plant.sql for plant in defect.statements]
    if not statements:
        return
    connection = psycopg2.connect(database.libpq_url)
    try:
        with connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
    finally:
        connection.close()


def subject_name(given: str | None) -> str:
    """Return the subject's name without importing it."""
    return given or configured_subject()


def verdicts_of(messages: Sequence[Mapping[str, object]]) -> tuple[Verdict, ...]:
    """Read the verdicts out of an experiment's messages."""
    return tuple(
        Verdict.from_dict(message["verdict"])  # type: ignore[arg-type]  # as `run` sends them
        for message in messages
        if "verdict" in message
    )
