"""Fuzzing on all cores: each shard in a process with a service, database and user pool of its own.

The processes are forked from one that has imported everything and migrated a database, and reach
the application without a socket. A shard that gives no result there, because the application does
not answer or ends its process, runs once more as `apiproof fuzz --shard 2/4 --served`.
"""

import contextlib
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from apiproof import process_variables
from apiproof.environment import Environment
from apiproof.environment_setup import migrated_template
from apiproof.errors import UserError
from apiproof.fork_pool import ForkedProcess, Send, Work, freeze_garbage, run_forked
from apiproof.fuzzing.cli_run import hook_variables, run_schemathesis
from apiproof.fuzzing.in_process import run_in_process
from apiproof.fuzzing.preload import build_once, import_late
from apiproof.fuzzing.shard_result import ShardResult, read_result, write_result
from apiproof.fuzzing.shards import Shard, shards
from apiproof.fuzzing.step import Events, read_warnings
from apiproof.http.client import BASE_URL, REQUEST_TIMEOUT
from apiproof.live import live_environment, published_document, unpublished_document
from apiproof.postgres import Database
from apiproof.redaction import redact
from apiproof.reporting.store import write_atomically
from apiproof.reporting.terminal import console, print_line
from apiproof.service import Service, load_service

_SHARDS: Final = "reports/shards"
_KEPT_LINES: Final = 15
_GRACE: Final = 5.0  # seconds that an interrupted shard gets to write what it has
_PARTS_PER_WORKER: Final = 2  # so that whoever is done early takes over; each costs a start


def run_shard(
    service: Service,
    shard: Shard,
    arguments: Sequence[str],
    reports: Path,
    database: Database | None = None,
) -> ShardResult:
    """Run one shard at an application in this process; Schemathesis' output goes to the terminal.

    The process ends with exit code 2 if the application does not answer in time.

    Args:
        service: the service.
        shard: which.
        arguments: more of them for `schemathesis run`.
        reports: the folder for its files.
        database: a migrated one to use, and to drop; None for one of a server started for it.
    """
    started = time.monotonic()
    freeze_garbage()
    with (
        Environment.open(service, database=database) as env,
        process_variables.changed(hook_variables(None)),
    ):
        document, summary = reports / ".document.json", reports / ".fuzz-summary.json"
        write_atomically(
            document, json.dumps(unpublished_document(env) or published_document(env.client))
        )
        options = ["run", str(document), "--url", BASE_URL, "--report-json-path", str(summary)]
        events = Events()
        code = run_in_process(env, shard, [*options, *arguments], events, _give_up)
        events.warnings = read_warnings(summary)
        document.unlink()
        summary.unlink(missing_ok=True)
        return _result(shard, env, started, code, events)


def _give_up(request: str) -> NoReturn:
    print(  # noqa: T201  # the process ends here
        f"No answer to {request} within {REQUEST_TIMEOUT:.0f} s: run it with --served.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(2)


def run_served_shard(
    service: Service, name: str, shard: Shard, arguments: Sequence[str], reports: Path
) -> ShardResult:
    """Run one shard at a served application; see `run_shard`.

    Args:
        service: the service.
        name: `package.module:NAME`.
        shard: which.
        arguments: more of them for `schemathesis run`.
        reports: the folder for its files.
    """
    started = time.monotonic()
    with live_environment(service, service_name=name) as (env, ready):
        path = reports / "ready.json"
        ready.write(path)
        try:
            done = run_schemathesis(ready.openapi_url, path, arguments, reports, shard)
        finally:
            path.unlink()
        return _result(shard, env, started, done.exit_code, done.events)


@dataclass(frozen=True)
class ShardTask:
    """A shard to be run in a process of its own, here or on another machine.

    Attributes:
        service: `package.module:NAME`.
        shard: which, as `Shard` writes it.
        arguments: more of them for `schemathesis run`.
        reports: the folder for its files, from the project's.
        served: whether over HTTP.
    """

    service: str
    shard: str
    arguments: tuple[str, ...] = ()
    reports: str = _SHARDS
    served: bool = False

    @property
    def words(self) -> list[str]:
        """What repeats it, as the words of a command line."""
        service = ["--service", self.service] if self.service else []
        served = ["--served"] if self.served else []
        return ["apiproof", "fuzz", *service, "--shard", self.shard, *served, *self.arguments]

    @property
    def command(self) -> str:
        """What repeats it."""
        return shlex.join(self.words)

    @property
    def folder(self) -> Path:
        """Where its files go."""
        return Path(self.reports) / self.shard.replace("/", "-of-").replace("@", "-seed-")

    @property
    def output(self) -> Path:
        """What its process says."""
        return self.folder / "output.txt"

    @property
    def result(self) -> Path:
        """What it found."""
        return self.folder / "result.json"

    def prepare(self) -> None:
        """Make its folder; what an older run left must not pass for this one's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.result.unlink(missing_ok=True)


class Processes:
    """The processes that run shards now."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, words: Sequence[str], output: Path | None = None) -> int:
        """Run a command to its end; returns its exit code.

        Args:
            words: the command.
            output: the file for what it says; None for the terminal.
        """
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(output.open("w", encoding="utf-8")) if output else None
            with self._lock:
                if self._stopped:
                    return 2
                # In a session of its own: Ctrl+C reaches it through `stop`, and once only.
                process = subprocess.Popen(  # noqa: S603  # our own
                    words,
                    stdout=file,
                    stderr=subprocess.STDOUT if file else None,
                    start_new_session=True,
                )
                self._running.add(process)
            try:
                return process.wait()
            finally:
                with self._lock:
                    self._running.discard(process)

    def stop(self) -> None:
        """Let all end as Ctrl+C would, and begin no other."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.send_signal(signal.SIGINT)


def run_task(task: ShardTask, processes: Processes | None = None) -> ShardResult:
    """Run a shard in a process of its own, and wait for it.

    Args:
        task: which.
        processes: those that run beside it.
    """
    task.prepare()
    words = [sys.executable, "-m", *task.words, "--result", str(task.result)]
    code = (processes or Processes()).run(words, task.output)
    return read_result(task.result) or ShardResult(
        task.shard, 2, output=f"no result, exit code {code}:\n{_last_words(task.output)}"
    )


def _last_words(output: Path) -> str:
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    return redact("\n".join(lines[-_KEPT_LINES:]))


class FolderTaken(UserError):
    """Another run writes its shards' results to the same folder."""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have a folder for a block: two runs would take each other's results for their own.

    Forked processes have it, too, until they end.

    Raises:
        FolderTaken: another run has it.
    """
    import fcntl  # noqa: PLC0415 - not everywhere, like what follows

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken(
                f"Another run of fuzzing writes to {folder} now: wait for its end, "
                "or run this one in another folder."
            ) from None
        yield


def fuzz_in_shards(name: str, arguments: Sequence[str], workers: int) -> ShardResult:
    """Run all of a service's shards and put together what they found, telling of each.

    Call it where no other thread runs: it forks. Interrupted, it tells what was found so far.

    Args:
        name: the service's, `package.module:NAME`.
        arguments: more of them for `schemathesis run`.
        workers: how many processes share it.

    Raises:
        FolderTaken: another run does so in this folder.
    """
    with alone_in(Path(_SHARDS)):
        return _fuzzed(name, arguments, workers)


def _fuzzed(name: str, arguments: Sequence[str], workers: int) -> ShardResult:
    started = time.monotonic()
    parts = shards(workers * _PARTS_PER_WORKER if workers > 1 else 1)
    tasks = {str(part): ShardTask(name, str(part), tuple(arguments)) for part in parts}
    shared = f"{len(tasks)} shards, {workers} at a time ..." if workers > 1 else "One process ..."
    print_line(console, shared)
    whole = ShardResult("all")
    found: dict[str, ShardResult] = {}
    try:
        with _prepared(load_service(name), list(tasks.values())) as works:
            _run_forked(works, tasks, workers, found)
    except KeyboardInterrupt:
        unseen = {name: read_result(tasks[name].result) for name in tasks.keys() - found.keys()}
        found |= {name: result for name, result in unseen.items() if result}
        whole.events.errors.append("interrupted: this is what was found until then")
        whole.exit_code = 2
    for result in found.values():
        whole.add(result)
    whole.shard, whole.seconds = "all", round(time.monotonic() - started, 2)
    return whole


def _run_forked(
    works: list[tuple[str, Work]],
    tasks: dict[str, ShardTask],
    workers: int,
    found: dict[str, ShardResult],
) -> None:
    with contextlib.closing(run_forked(works, workers, math.inf, _GRACE)) as children:
        for child in children:
            task = tasks[child.name]
            result = read_result(task.result) or _served(task, child)
            if result.output:
                result.events.errors.append(f"shard {task.shard}: {result.output}")
            found[task.shard] = result
            _tell(task, result)


def fuzz_beside(
    name: str, arguments: Sequence[str], workers: int, reports: Path, processes: Processes
) -> ShardResult:
    """Run `fuzz_in_shards` in a process of its own, from a process with threads.

    Args:
        name: the service's, `package.module:NAME`.
        arguments: more of them for `schemathesis run`.
        workers: how many processes share it.
        reports: the folder for what it found.
        processes: where it runs, for whoever may have to stop it.
    """
    path = reports / "shards.json"
    path.unlink(missing_ok=True)
    words = ["apiproof", "fuzz", "--service", name, "--workers", str(workers)]
    code = processes.run([sys.executable, "-m", *words, "--result", str(path), *arguments])
    found = read_result(path)
    path.unlink(missing_ok=True)
    if found is None:
        found = ShardResult("all", 2)
        found.events.errors.append(f"fuzzing ended with exit code {code} and no result")
    return found


@contextlib.contextmanager
def _prepared(service: Service, tasks: Sequence[ShardTask]) -> Iterator[list[tuple[str, Work]]]:
    """Start and import what all shards need, for a block; yields their work."""
    import_late()
    with migrated_template(service) as clone:
        inherited = build_once(service, clone)

        def work(task: ShardTask) -> Work:
            def run(_: Send) -> None:
                with task.output.open("w", encoding="utf-8") as file:
                    os.dup2(file.fileno(), 1)
                    os.dup2(file.fileno(), 2)
                shard = Shard.parse(task.shard)
                database = clone() if clone else None
                found = run_shard(inherited, shard, task.arguments, task.folder, database)
                write_result(found, task.result)

            return run

        for task in tasks:
            task.prepare()
        freeze_garbage()
        yield [(task.shard, work(task)) for task in tasks]


def _served(task: ShardTask, child: ForkedProcess) -> ShardResult:
    """Run a shard over HTTP whose process gave no result."""
    reason = _last_words(task.output) or child.failure
    print_line(console, f"shard {task.shard} gave no result, so it is served now: {reason}")
    return run_task(ShardTask(task.service, task.shard, task.arguments, task.reports, served=True))


def _result(
    shard: Shard, env: Environment, started: float, code: int, events: Events
) -> ShardResult:
    return ShardResult(
        str(shard),
        # Nothing to do is an error of Schemathesis'; other shards may have what was chosen.
        0 if events.is_idle else code,
        events,
        [tuple(row) for row in env.coverage_log.rows()],  # type: ignore[misc]  # rows are lists
        list(env.server_errors),
        round(time.monotonic() - started, 2),
    )


def _tell(task: ShardTask, found: ShardResult) -> None:
    print_line(console, found.line)
    if found.exit_code:
        print_line(console, f"  again: {task.command}", wrap=False)
        print_line(console, f"  output: {task.output}", wrap=False)
