"""Jobs on a Dask cluster, each in a process of its own in the project's folder of a worker.

Dask leases jobs to workers, moves those of a worker that is lost to another, and shows it all on
its dashboard. What a job gives is a JSON object; nothing else travels, and no settings do: workers
have their own environment.

Source: https://distributed.dask.org/en/stable/ (resilience, client), distributed 2026.8.
"""

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apiproof.errors import UserError
from apiproof.redaction import redact
from apiproof.result_lines import fingerprint

if TYPE_CHECKING:
    from distributed import Client, Future

_REACHED_WITHIN: Final = "10s"
_KEPT_LINES: Final = 15
_AHEAD: Final = 2  # jobs that a worker has been given, so that none waits for the next


class ClusterUnreachable(UserError):
    """There is no scheduler at an address, it has no worker, or Dask is not installed."""


class SourcesDiffer(UserError):
    """A worker has other sources than whoever hands out the jobs."""


@dataclass(frozen=True)
class Job:
    """What is done somewhere.

    Attributes:
        key: its name; two jobs of one run never share it.
        function: `package.module:name` of what takes the arguments and returns a JSON object.
        arguments: JSON as well.
    """

    key: str
    function: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes:
        job: which.
        value: what it gave; None where it failed.
        failure: why it failed.
        worker: the address of who did it.
    """

    job: Job
    value: dict[str, Any] | None
    failure: str = ""
    worker: str = ""


@contextlib.contextmanager
def connected(address: str) -> "Iterator[Client]":
    """Connect to a cluster for a block.

    Args:
        address: a scheduler's (`tcp://10.0.0.1:8786`), or `local` or `local:4` for workers on
            this machine that end with the block.

    Raises:
        ClusterUnreachable: see there.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - optional, and heavy
    except ImportError:
        raise ClusterUnreachable(
            "Dask is missing: pip install 'apiproof[cluster]', here and at each worker."
        ) from None
    kind, _, count = address.partition(":")
    with contextlib.ExitStack() as stack:
        target: Any = address
        if kind == "local":
            if count and not (count.isascii() and count.isdigit() and int(count) > 0):
                raise ClusterUnreachable(f"{address}: say local:4 for four workers, or local.")
            target = stack.enter_context(
                LocalCluster(  # type: ignore[no-untyped-call]  # Dask's
                    n_workers=int(count) if count else None,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                )
            )
        try:
            client = stack.enter_context(Client(target, timeout=_REACHED_WITHIN))  # type: ignore[no-untyped-call]  # Dask's
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterUnreachable(
                f"No Dask scheduler answers at {address} ({type(error).__name__}): start one with "
                "`dask scheduler`, or say local."
            ) from None
        yield client


def done_by(
    client: "Client",
    jobs: Iterator[Job],
    sources: Sequence[str],
    is_over: Callable[[], bool] = lambda: False,
) -> Iterator[JobResult]:
    """Hand out jobs, and yield each once when it has ended, in any order.

    Args:
        client: the cluster.
        jobs: taken as workers have room, so that there may be no end of them.
        sources: files and folders that workers must have as they are here.
        is_over: whether no further job is to begin.

    Raises:
        ClusterUnreachable: there is no worker.
        SourcesDiffer: see there.
    """
    from distributed import as_completed  # noqa: PLC0415 - optional, and heavy

    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise ClusterUnreachable(
            "The cluster has no worker: start some with `dask worker ADDRESS`."
        )
    digest = fingerprint(sources)
    room = _AHEAD * sum(worker["nthreads"] for worker in workers.values())
    running: dict[str, Job] = {}
    run = uuid.uuid4().hex[:8]  # a scheduler takes jobs of one name for the same, whoever asks

    def begin() -> "Future[Any] | None":
        job = None if is_over() else next(jobs, None)
        if job is None:
            return None
        key = f"{job.key} {run}"
        running[key] = job
        return client.submit(
            perform, job.function, dict(job.arguments), list(sources), digest,
            key=key, pure=False,
        )  # fmt: skip

    first = [future for future in (begin() for _ in range(room)) if future is not None]
    futures = as_completed(first)  # type: ignore[no-untyped-call]  # Dask's
    for future in futures:
        yield _result(running.pop(future.key), future)
        if (following := begin()) is not None:
            futures.add(following)  # type: ignore[no-untyped-call]  # Dask's


def _result(job: Job, future: "Future[Any]") -> JobResult:
    try:
        # It waits once more where the worker was lost that had done the job, and its result.
        value, worker = future.result()
    except SourcesDiffer:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the job ended with is its failure
        return JobResult(job, None, redact(f"{type(error).__name__}: {error}"))
    future.release()  # type: ignore[no-untyped-call]  # Dask's
    return JobResult(job, value, worker=worker)


def perform(
    function: str, arguments: dict[str, Any], sources: list[str], digest: str
) -> tuple[dict[str, Any], str]:
    """Do a job, at a worker, in a process of its own; returns what it gave and the worker.

    Args:
        function: as in `Job`.
        arguments: likewise.
        sources: what must be as it was where the job comes from.
        digest: of those.

    Raises:
        SourcesDiffer: it is not.
        RuntimeError: the process gave nothing; with the end of what it said.
    """
    from distributed import get_worker  # noqa: PLC0415 - optional, and heavy

    worker = str(get_worker().address)
    if fingerprint(sources) != digest:
        raise SourcesDiffer(
            f"The worker {worker} has other sources in its folder: bring it to the same commit, "
            "and start `dask worker` in the project's folder."
        )
    asked = json.dumps({"function": function, "arguments": arguments})
    done = subprocess.run(  # our own
        [sys.executable, "-m", "apiproof.cluster_job"],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        given: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = "\n".join(done.stderr.splitlines()[-_KEPT_LINES:])
        raise RuntimeError(redact(f"exit code {done.returncode}: {said}")) from None
    return given, worker
