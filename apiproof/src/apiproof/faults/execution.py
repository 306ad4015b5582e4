"""Where experiments are made: here, each in a forked process, or wherever else they can be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apiproof.faults.experiment import Experiment, SharedEnvironment
from apiproof.fork_pool import Work, run_forked


@dataclass(frozen=True)
class Ended:
    """How the process of an experiment ended.

    Attributes:
        name: the experiment's.
        messages: what it sent.
        failure: how it ended, where not well: `hung`, or the end of its output.
        seconds: how long it took.
    """

    name: str
    messages: Sequence[Mapping[str, Any]]
    failure: str
    seconds: float


class Executor(Protocol):
    """Makes experiments, in any order."""

    def __call__(
        self, shared: SharedEnvironment, experiments: Iterable[Experiment], seconds: float
    ) -> Iterator[Ended]:
        """Make experiments, and yield how each ended.

        Args:
            shared: what they share.
            experiments: taken one by one, when there is room.
            seconds: after which one of them is killed.
        """
        ...


@dataclass(frozen=True)
class Forks:
    """Makes experiments in processes forked from this one.

    Attributes:
        jobs: how many at a time.
    """

    jobs: int = 2

    def __call__(
        self, shared: SharedEnvironment, experiments: Iterable[Experiment], seconds: float
    ) -> Iterator[Ended]:
        """Make experiments; see `Executor`."""

        def work(experiment: Experiment) -> Work:
            return lambda send: experiment.run(shared, send)

        tasks = ((experiment.name, work(experiment)) for experiment in experiments)
        for child in run_forked(tasks, self.jobs, seconds):
            yield Ended(child.name, child.messages, child.failure, child.seconds)
