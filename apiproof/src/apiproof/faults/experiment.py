"""One experiment, in a process of its own: plant, open an environment, let the layers look.

It must not know other experiments, nor that it is a child.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg2

from apiproof.environment import Environment
from apiproof.faults.experiment_result import Verdict
from apiproof.faults.injection import Defect, injected
from apiproof.faults.observer import Observer, Unit
from apiproof.faults.reach import Reach
from apiproof.faults.study import Layer, LayerContext
from apiproof.fork_pool import Send
from apiproof.postgres import Database, PostgresServer
from apiproof.postgres.server import Template
from apiproof.service import Service, configured_service, load_service

Profile = Mapping[str, Mapping[str, Unit]]
Known = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class SharedEnvironment:
    """What all experiments share: the server, the migrated template, what control runs taught.

    Attributes:
        server: Where each experiment has a database of its own.
        template: Its origin.
        service: The service's name.
        profile: By layer, what its units cost and reached when nothing was planted.
        known: By layer, what it finds without any defect; only a yardstick may.
        budgets: By layer, seconds of processor time.
        opening: Functions that loading the service and opening an environment enter: all units
        depend on
            what they do, also those that do not enter them.
    """

    server: PostgresServer
    template: Template
    service: str
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
        only: The only checks that run, until one of them notices; empty for all.
        part: Which part of its layer it has, from 1; 0 for all of it.
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
    only: tuple[str, ...] = ()
    part: int = 0

    def run(self, shared: SharedEnvironment, send: Send) -> None:
        """Make it, and send a message before and after each layer.

        Raises:
            InjectionFailed: The defect would change nothing.
        """
        defects = [self.defect] if self.defect else []
        with injected(defects) as injection, ExitStack() as stack:
            reach = stack.enter_context(Reach(self.traced)) if self.traced else None
            service = load_service(shared.service)
            database = shared.server.clone(shared.template)
            if self.defect:
                service = _documented_service(service, self.defect, shared.service, stack)
                _alter(database, self.defect)
            env = stack.enter_context(Environment.open(service, database=database))
            injection.load_rest()
            for layer in self.layers:
                send({"begins": layer.name})
                verdict = self._examine(layer, env, shared, reach)
                send({"verdict": verdict.as_dict()})
                if (self.stops and verdict.first) or (
                    self.only and self.defect and verdict.claimed
                ):
                    return

    def _examine(
        self, layer: Layer, env: Environment, shared: SharedEnvironment, reach: Reach | None
    ) -> Verdict:
        defect = self.defect
        observer = self.observer(layer.name, lambda: _counted(env), shared, reach)
        context = LayerContext(
            service=env.service,
            env=env,
            operations=frozenset(defect.operations if defect and self.narrow else ()),
            seed=self.seed,
            thorough=self.thorough,
            function="" if self.function in shared.opening else self.function,
            profile=shared.profile.get(layer.name, {}),
        )
        try:
            env.reset()
            layer.examine(context, observer)
        except Exception as error:  # noqa: BLE001 - a layer that breaks has noticed, by accident
            observer.found((type(error).__name__,), layer.name, f"{type(error).__name__}: {error}")
        return Verdict.of(layer.name, observer)

    def observer(
        self,
        layer: str,
        count: Callable[[], dict[str, int]],
        shared: SharedEnvironment,
        reach: Reach | None = None,
    ) -> Observer:
        """Return who watches a layer of this experiment.

        Args:
            layer: its name.
            count: returns how many requests were answered so far, by operationId.
            shared: what experiments share.
            reach: notes which functions are entered.
        """
        defect = self.defect
        budget = shared.budgets.get(layer) if self.narrow and defect else None
        return Observer(
            count=count,
            named=self.only or (defect.caught_by if defect else ()),
            budget=0.0 if self.only else budget,
            known=shared.known.get(layer, frozenset()),
            stop_at_first=defect is not None,
            reach=reach,
        )


def _counted(env: Environment) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for entry, count in env.coverage_log.counts.items():
        counts[entry.operation_id] += count
    return counts


def _documented_service(service: Service, defect: Defect, name: str, stack: ExitStack) -> Service:
    """Let the committed document be the one that the author of the defect would commit."""
    if not defect.documented:
        return service
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apiproof-")))
    path = folder / service.document_path.name
    text = json.dumps(service.document(), indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    changed = replace(service, document_path=path)
    module, _, attribute = name.partition(":")
    # Tests import the service by its name.
    setattr(sys.modules[module], attribute or "SERVICE", changed)
    return changed


def _alter(database: Database, defect: Defect) -> None:
    statements = [alteration.sql for alteration in defect.statements]
    if not statements:
        return
    connection = psycopg2.connect(database.libpq_url)
    try:
        with connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
    finally:
        connection.close()


def service_name(given: str | None) -> str:
    """Return the service's name without importing it."""
    return given or configured_service()


def verdicts_of(messages: Sequence[Mapping[str, object]]) -> tuple[Verdict, ...]:
    """Read the verdicts out of an experiment's messages."""
    return tuple(
        Verdict.from_dict(message["verdict"])  # type: ignore[arg-type]  # as `run` sends them
        for message in messages
        if "verdict" in message
    )
