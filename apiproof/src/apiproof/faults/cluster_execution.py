"""Experiments on a Dask cluster: jobs of several, since each job imports and migrates first.

An experiment whose layers need nothing of each other is dealt out layer by layer. What control
runs taught travels with the jobs; all else, a worker has: study, service and sources.
"""

import base64
import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from apiproof.cluster import Job, connected, done_by
from apiproof.errors import UserError
from apiproof.faults.execution import Ended, Executor, Forks
from apiproof.faults.experiment import Experiment, SharedEnvironment
from apiproof.faults.injection import Defect, Rewrite, Statement
from apiproof.faults.observer import Unit
from apiproof.faults.runner import CONTROL_PARTS, prepared
from apiproof.faults.study import Study, load_study
from apiproof.reporting.terminal import console, print_line
from apiproof.result_lines import sources_here

if TYPE_CHECKING:
    from distributed import Client

Execution = Callable[[], AbstractContextManager[Executor]]
_PER_JOB: Final = 6  # experiments; to prepare takes as long as some of them


class JobsFailed(UserError):
    """Some jobs gave nothing; what others gave is kept."""


@contextmanager
def executor(cluster: str | None, study: str | None, jobs: int) -> Iterator[Executor]:
    """Provide what makes experiments, for a block.

    Args:
        cluster: as `apiproof.cluster.connected` takes it; None for this process.
        study: as for `load_study`, here and at each worker.
        jobs: how many at a time in this process.
    """
    if cluster is None:
        yield Forks(jobs)
        return
    with connected(cluster) as client:
        print_line(console, f"Dashboard: {client.dashboard_link}", wrap=False)
        yield OnCluster(client, study)


class OnCluster:
    """Makes experiments on a cluster.

    Args:
        client: the cluster.
        study: its name, as for `load_study`.
    """

    def __init__(self, client: "Client", study: str | None) -> None:
        self._client = client
        self._study = study

    def __call__(
        self, shared: SharedEnvironment, experiments: Iterable[Experiment], seconds: float
    ) -> Iterator[Ended]:
        """Make experiments; see `Executor`.

        Raises:
            JobsFailed: see there.
        """
        parts: dict[str, list[Ended | None]] = {}  # by experiment, in the order of its layers
        failures: list[str] = []
        jobs = self._jobs(shared, _split(experiments, parts), seconds)
        for done in done_by(self._client, jobs, sources_here()):
            if done.value is None:
                failures.append(done.failure)
                continue
            for name, number, ended in done.value["ended"]:
                parts[name][number] = Ended(name, *ended)
                if all(parts[name]):
                    yield _joined([part for part in parts.pop(name) if part])
        if failures:
            raise JobsFailed(
                f"{len(failures)} jobs failed; run it again, and it goes on from here. "
                f"The first one: {failures[0]}"
            )

    def _jobs(
        self, shared: SharedEnvironment, parts: Iterator[tuple[int, Experiment]], seconds: float
    ) -> Iterator[Job]:
        known = _packed(shared)
        for number in itertools.count(1):
            batch = [[place, as_json(part)] for place, part in itertools.islice(parts, _PER_JOB)]
            if not batch:
                return
            yield Job(
                f"experiments {number}",
                "apiproof.faults.cluster_execution:make",
                {
                    "study": self._study,
                    "service": shared.service,
                    "known": known,
                    "seconds": seconds,
                    "experiments": batch,
                },
            )


def make(arguments: dict[str, Any]) -> dict[str, Any]:
    """Do a job, in the process that was started for it.

    Args:
        arguments: `study`, `service`, `known`, `seconds`, and `experiments` with their places.
    """
    study = load_study(arguments["study"])
    places = {
        str(number): (place, from_json(values, study))
        for number, (place, values) in enumerate(arguments["experiments"])
    }
    with prepared(study, arguments["service"]) as prepared_here:
        shared = replace(prepared_here, **_unpacked(arguments["known"]))
        waiting = [replace(part, name=number) for number, (_, part) in places.items()]
        ended = [
            (places[each.name][1].name, places[each.name][0], [*vars(each).values()][1:])
            for each in Forks(1)(shared, waiting, arguments["seconds"])
        ]
    return {"ended": ended}


def _split(
    experiments: Iterable[Experiment], parts: dict[str, list[Ended | None]]
) -> Iterator[tuple[int, Experiment]]:
    """Give the parts of experiments with their places, and note how many each has."""
    for experiment in experiments:
        # Where one layer's finding ends it, the next must wait for it.
        is_whole = experiment.stops or experiment.only
        layers = [experiment.layers] if is_whole else [(layer,) for layer in experiment.layers]
        parts[experiment.name] = [None] * len(layers)
        for number, some in enumerate(layers):
            yield number, replace(experiment, layers=some)


def _joined(parts: list[Ended]) -> Ended:
    return Ended(
        parts[0].name,
        [message for part in parts for message in part.messages],
        next((part.failure for part in parts if part.failure), ""),
        sum(part.seconds for part in parts),
    )


def as_json(experiment: Experiment) -> dict[str, Any]:
    """Write an experiment down for another process."""
    return {
        **vars(experiment),
        "layers": [layer.name for layer in experiment.layers],
        "defect": asdict(experiment.defect) if experiment.defect else None,
        "traced": str(experiment.traced) if experiment.traced else None,
    }


def from_json(values: Mapping[str, Any], study: Study) -> Experiment:
    """Read what `as_json` gave, with the layers of a study."""
    by_name = {layer.name: layer for layer in study.layers}
    only = tuple(values["only"])
    chosen = [by_name[name] for name in values["layers"]]
    found = [layer.claiming(only) for layer in chosen] if only else chosen
    parts = [layer for layer in found if layer]
    if number := values["part"]:
        parts = [layer.parts(CONTROL_PARTS)[number - 1] for layer in parts]
    return Experiment(
        **{
            **values,
            "layers": tuple(parts),
            "defect": _defect(values["defect"]) if values["defect"] else None,
            "traced": Path(values["traced"]) if values["traced"] else None,
            "only": only,
        }
    )


def _defect(values: Mapping[str, Any]) -> Defect:
    alterations = tuple(
        Statement(**each) if "sql" in each else Rewrite(**each) for each in values["alterations"]
    )
    lists = {name: tuple(values[name]) for name in ("caught_by", "operations")}
    return Defect(**{**values, **lists, "alterations": alterations})


def _packed(shared: SharedEnvironment) -> str:
    """What control runs taught, small enough to travel with each job."""
    known = {
        "profile": {
            layer: {name: asdict(unit) for name, unit in units.items()}
            for layer, units in shared.profile.items()
        },
        "known": {layer: sorted(pairs) for layer, pairs in shared.known.items()},
        "opening": sorted(shared.opening),
    }
    return base64.b64encode(zlib.compress(json.dumps(known).encode())).decode()


def _unpacked(text: str) -> dict[str, Any]:
    known = json.loads(zlib.decompress(base64.b64decode(text)))
    return {
        "profile": {
            layer: {
                name: Unit(unit["seconds"], tuple(unit["operations"]), tuple(unit["functions"]))
                for name, unit in units.items()
            }
            for layer, units in known["profile"].items()
        },
        "known": {
            layer: frozenset((check, where) for check, where in pairs)
            for layer, pairs in known["known"].items()
        },
        "opening": frozenset(known["opening"]),
    }
