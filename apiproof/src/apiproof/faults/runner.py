"""The run of a study: prepare once, control first, then every defect in a process of its own.

It must not know how results are drawn.
"""

import contextlib
import importlib.util
import inspect
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apiproof.cognito import Cognito
from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.faults.execution import Ended, Executor, Forks
from apiproof.faults.experiment import Experiment, SharedEnvironment, verdicts_of
from apiproof.faults.experiment_result import ExperimentResult, ExperimentResults, Verdict
from apiproof.faults.injection import Defect
from apiproof.faults.observer import LayerFinding, Unit
from apiproof.faults.reach import Reach
from apiproof.faults.study import Layer, Study
from apiproof.fork_pool import Send, freeze_garbage, run_one_forked
from apiproof.fuzzing.cache_warmup import warm_up_caches
from apiproof.live import published_document
from apiproof.postgres import Database, PostgresServer
from apiproof.service import load_service

# What tests and layers load; libraries of the service are known once it was loaded.
HEAVY = (
    "alembic.command", "boto3", "fastapi", "jsonschema_rs", "openapi_spec_validator",
    "schemathesis.pytest.plugin", "apiproof.pacts.verify.session", "apiproof.fuzzing",
    "apiproof.strategies", "uvicorn",
)  # fmt: skip
LONGEST = 300.0  # seconds for one defect
LONGEST_CONTROL = 1200.0  # seconds for all of a layer
CONTROL_PARTS = 6  # of a layer, whatever the processes are: else nothing could be resumed
BUDGET = 1.0  # seconds of processor time for a layer on one defect, the yardstick like ours

Progress = Callable[[ExperimentResult], None]


class PreparationFailed(UserError):
    """The service cannot be loaded or migrated, so nothing can be planted in it."""


@dataclass(frozen=True)
class Runner:
    """Runs the experiments of a study.

    Attributes:
        study: What is run.
        shared: What experiments share.
        outcomes: Where results are kept.
        execute: Makes experiments.
        narrow: Whether layers leave out what cannot meet a defect, and keep to their budgets.
        thorough: Whether failures are made small, as a developer would see them.
    """

    study: Study
    shared: SharedEnvironment
    outcomes: ExperimentResults
    execute: Executor = field(default_factory=Forks)
    narrow: bool = True
    thorough: bool = False

    def control(self, progress: Progress, seeds: Sequence[int]) -> list[ExperimentResult]:
        """Run every layer without a defect, once per seed."""
        experiments = list(self._controls(seeds))
        return list(self._run(experiments, progress, LONGEST_CONTROL))

    def earlier_control(self) -> list[ExperimentResult]:
        """Return the control runs of the same sources that have been made before."""
        names = [experiment.name for experiment in self._controls(self.study.seeds)]
        return [outcome for name in names if (outcome := self.outcomes.get(name))]

    def traced(self, layers: Sequence[Layer], progress: Progress) -> list[ExperimentResult]:
        """Let layers note which functions of the package their units enter."""
        package = self.study.package
        experiments = [
            Experiment(f"traced {layer.name} {number}", (part,), traced=package, part=number)
            for layer in layers
            for number, part in enumerate(layer.parts(CONTROL_PARTS), 1)
        ]
        return list(self._run(experiments, progress, LONGEST_CONTROL))

    def with_profiles(self, controls: Iterable[ExperimentResult]) -> "Runner":
        """Return a runner that knows what the control runs showed."""
        verdicts = [verdict for outcome in controls for verdict in outcome.verdicts]
        yardsticks = {layer.name for layer in self.study.layers if not layer.ours}
        profile: dict[str, dict[str, Unit]] = {}
        for verdict in reversed(verdicts):  # of several seeds the first counts
            profile.setdefault(verdict.layer, {}).update(verdict.units)
        known = {
            name: frozenset(pair for verdict in verdicts for pair in _pairs(verdict, name))
            for name in yardsticks
        }
        return replace(self, shared=replace(self.shared, profile=profile, known=known))

    def with_opening(self) -> "Runner":
        """Return a runner that knows which functions an opening environment enters."""
        found = _asked("opening", lambda send: send(_opening(self.shared, self.study.package)))
        return replace(self, shared=replace(self.shared, opening=frozenset(found["functions"])))

    def defects(self, defects: Sequence[Defect], progress: Progress) -> list[ExperimentResult]:
        """Plant each defect and let the layers look."""
        layers = self.study.layers
        experiments = [
            Experiment(defect.id, layers, defect, narrow=self.narrow, thorough=self.thorough)
            for defect in defects
        ]
        return list(self._run(experiments, progress, LONGEST))

    def claims_control(
        self, defects: Sequence[Defect], progress: Progress
    ) -> list[ExperimentResult]:
        """Run all checks that claim a defect, without one."""
        return list(self._run(self.claims_controls(defects), progress, LONGEST_CONTROL))

    def claims_controls(self, defects: Sequence[Defect]) -> list[Experiment]:
        """The experiments of `claims_control`: layers in parts, so that processes share them."""
        checks = tuple(dict.fromkeys(name for defect in defects for name in defect.caught_by))
        return [
            Experiment(f"control {layer.name} claims {number}", (part,), only=checks, part=number)
            for layer in self._claiming(checks)
            for number, part in enumerate(layer.parts(CONTROL_PARTS), 1)
        ]

    def claims(self, defects: Sequence[Defect], progress: Progress) -> list[ExperimentResult]:
        """Plant each defect and run the checks that claim it, until one of them notices."""
        experiments = [
            Experiment(
                defect.id,
                self._claiming(defect.caught_by),
                defect,
                thorough=self.thorough,
                only=defect.caught_by,
            )
            for defect in defects
        ]
        return list(self._run(experiments, progress, LONGEST))

    def _claiming(self, checks: Sequence[str]) -> tuple[Layer, ...]:
        parts = (layer.claiming(checks) for layer in self.study.layers)
        return tuple(part for part in parts if part)

    def _controls(self, seeds: Sequence[int]) -> Iterator[Experiment]:
        for seed in seeds:
            for layer in self.study.layers:
                yield Experiment(f"control {layer.name} {seed}", (layer,), seed=seed)

    def _run(
        self, experiments: Sequence[Experiment], progress: Progress, seconds: float
    ) -> Iterator[ExperimentResult]:
        waiting = []
        for experiment in experiments:
            if outcome := self.outcomes.get(experiment.name):
                progress(outcome)
                yield outcome
            else:
                waiting.append(experiment)
        for ended in self.execute(self.shared, waiting, seconds):
            outcome = _result_of(ended)
            self.outcomes.add(outcome)
            progress(outcome)
            yield outcome


def _pairs(verdict: Verdict, layer: str) -> set[tuple[str, str]]:
    if verdict.layer != layer:
        return set()
    return {(check, finding.where) for finding in verdict.findings for check in finding.checks}


def _result_of(ended: Ended) -> ExperimentResult:
    verdicts = verdicts_of(ended.messages)
    begun = [message["begins"] for message in ended.messages if "begins" in message]
    if ended.failure == "hung" and len(begun) > len(verdicts):
        # A suite that does not end is noticed, but names nothing.
        hung = LayerFinding(("hung",), begun[-1], "The layer did not end.", 0, LONGEST)
        verdicts = (*verdicts, Verdict(begun[-1], 0, LONGEST, first=hung))
        return ExperimentResult(ended.name, verdicts, seconds=round(ended.seconds, 1))
    return ExperimentResult(ended.name, verdicts, ended.failure, round(ended.seconds, 1))


@contextmanager
def prepared(study: Study, service: str) -> Iterator[SharedEnvironment]:
    """Load, boot and warm up everything that experiments share, for a block.

    The service itself is only loaded in forked processes, so that each can plant first.

    Raises:
        PreparationFailed: It cannot be loaded or migrated.
    """
    for name in HEAVY:
        importlib.import_module(name)
    with Cognito.start() as cognito:
        cognito.keys.jwks()  # pools of forked processes use the material of these two again
        cognito.client().describe_user_pool(UserPoolId=cognito.user_pool_id)
    with PostgresServer.start() as server:
        template = server.template(
            study.fingerprint(),
            lambda url: _asked("migrate", lambda send: _migrate(service, url, send)),
        )
        loaded = _asked("environment", lambda send: send(_loaded(service, server.clone(template))))
        _import_alike(loaded["modules"], _planted_packages(study, service))
        warm_up_caches(loaded["document"])
        freeze_garbage()
        budgets = {layer.name: BUDGET for layer in study.layers}
        yield SharedEnvironment(server, template, service, budgets=budgets)


def _loaded(name: str, database: Database) -> dict[str, Any]:
    """The service's document, and all modules that a process has in which it was asked for it."""
    service = load_service(name)
    with Environment.open(service, database=database) as env:
        published_document(env.client)
    return {"document": service.document(), "modules": sorted(sys.modules)}


def _planted_packages(study: Study, service: str) -> set[str]:
    """The packages that no process may have before something is planted in them."""
    modules = {rewrite.module for defect in study.defects for rewrite in defect.rewrites}
    return {name.partition(".")[0] for name in (*modules, service.partition(":")[0])} | {
        study.package.name
    }


def _import_alike(names: Iterable[str], planted: Collection[str]) -> None:
    """Import the libraries that another process has, so that forked ones need not.

    Args:
        names: Of modules.
        planted: Packages of which nothing is imported.
    """
    libraries = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))
    for name in names:
        if name in sys.modules or name.partition(".")[0] in planted:
            continue
        with contextlib.suppress(Exception):  # who needs it is told
            found = importlib.util.find_spec(name)
            if found and found.origin and found.origin.startswith(libraries):
                importlib.import_module(name)
    # It looks at all modules once, and knows them then: each shown failure would pay for it.
    inspect.getmodule(compile("", "<no module's>", "exec"))


def _asked(name: str, work: Callable[[Send], None]) -> Any:
    def answer(send: Send) -> None:
        try:
            work(send)
        except UserError as why:
            send({"refused": str(why)})

    child = run_one_forked(name, answer, LONGEST)
    if child.failure or not child.messages:
        raise PreparationFailed(f"Nothing can be planted: {name} failed:\n{child.failure}")
    found = child.messages[0]
    if "refused" in found:
        raise PreparationFailed(found["refused"])
    return found


def _migrate(service: str, url: str, send: Send) -> None:
    load_service(service).migrate(url)
    send({})


def _opening(shared: SharedEnvironment, package: Path) -> dict[str, Any]:
    with Reach(package) as reach:
        service = load_service(shared.service)
        with Environment.open(service, database=shared.server.clone(shared.template)):
            return {"functions": reach.taken()}
