"""Fuzzing on all cores: each shard in a process with a service, database and user pool of its own.

A shard is `apiproof fuzz --shard 2/4`, wherever it runs; what it found comes back as a file and is
put together here as if one run had found it.
"""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from apiproof.coverage import CoverageLog
from apiproof.fuzzing.cli_run import run_schemathesis
from apiproof.fuzzing.shards import Shard, shards
from apiproof.fuzzing.step import Events
from apiproof.http.child.server_errors import ErrorSite
from apiproof.live import live_environment
from apiproof.redaction import redact
from apiproof.reporting.formats import adapter
from apiproof.reporting.store import write_atomically
from apiproof.reporting.terminal import console, print_line
from apiproof.service import load_service

_KEPT_LINES: Final = 15


@dataclass
class ShardResult:
    """What a shard, or all of a run's, found.

    Attributes:
        shard: which.
        exit_code: Schemathesis'; of several, the worst.
        events: what it tells.
        coverage: rows of the coverage log.
        server_errors: where answers of 500 and above came from.
        seconds: of the wall clock.
        output: the end of what a process said that gave no result.
    """

    shard: str = ""
    exit_code: int = 0
    events: Events = field(default_factory=Events)
    coverage: list[tuple[str, int, bool, int]] = field(default_factory=list)
    server_errors: list[ErrorSite] = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""

    def add(self, other: "ShardResult") -> None:
        """Put another's into this one."""
        self.exit_code = max(self.exit_code, other.exit_code)
        self.events.merge(other.events)
        log = CoverageLog()
        log.add(self.coverage)
        log.add(other.coverage)
        self.coverage = [tuple(row) for row in log.rows()]  # type: ignore[misc]  # rows are lists
        self.server_errors += other.server_errors

    @property
    def line(self) -> str:
        """How it ended, as one line."""
        requests = sum(self.events.cases.values())
        ended = {0: "passed", 1: "failed"}.get(self.exit_code, "error")
        counted = f"{len(self.events.scenarios)} scenarios, {requests:,} requests"
        return f"shard {self.shard}: {ended} in {self.seconds:.1f} s, {counted}"


def run_shard(
    service_name: str, shard: Shard, arguments: Sequence[str], reports: Path, port: int = 0
) -> ShardResult:
    """Run one shard in this process' environment; Schemathesis' output goes to the terminal.

    Args:
        service_name: `package.module:NAME`.
        shard: which.
        arguments: more of them for `schemathesis run`.
        reports: the folder for its files.
        port: the API's; 0 for a free one.
    """
    started = time.monotonic()
    with live_environment(load_service(service_name), port=port, service_name=service_name) as (
        env,
        ready,
    ):
        path = reports / "ready.json"
        ready.write(path)
        try:
            done = run_schemathesis(ready.openapi_url, path, arguments, reports, shard)
        finally:
            path.unlink()
        return ShardResult(
            str(shard),
            # Nothing chosen is an error of Schemathesis'; other shards may have what was chosen.
            0 if done.events.is_empty else done.exit_code,
            done.events,
            [tuple(row) for row in env.coverage_log.rows()],  # type: ignore[misc]  # rows are lists
            list(env.server_errors),
            round(time.monotonic() - started, 2),
        )


@dataclass(frozen=True)
class ShardTask:
    """A shard to be run in a process of its own, here or on another machine.

    Attributes:
        service: `package.module:NAME`.
        shard: which, as `Shard` writes it.
        arguments: more of them for `schemathesis run`.
        reports: the folder for its files, from the project's.
    """

    service: str
    shard: str
    arguments: tuple[str, ...] = ()
    reports: str = "reports/shards"

    @property
    def words(self) -> list[str]:
        """What repeats it, as the words of a command line."""
        service = ["--service", self.service] if self.service else []
        return ["apiproof", "fuzz", *service, "--shard", self.shard, *self.arguments]

    @property
    def command(self) -> str:
        """What repeats it."""
        return shlex.join(self.words)

    @property
    def folder(self) -> Path:
        """Where its files go."""
        return Path(self.reports) / self.shard.replace("/", "-of-").replace("@", "-seed-")


class Processes:
    """The processes that run shards now."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, words: Sequence[str], output: Path) -> int:
        """Run a command to its end; returns its exit code.

        Args:
            words: the command.
            output: the file for what it says.
        """
        with output.open("w", encoding="utf-8") as file:
            with self._lock:
                if self._stopped:
                    return 2
                # In a session of its own: Ctrl+C reaches it through `stop`, and once only.
                process = subprocess.Popen(  # noqa: S603  # our own
                    words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
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
    task.folder.mkdir(parents=True, exist_ok=True)
    result, output = task.folder / "result.json", task.folder / "output.txt"
    result.unlink(missing_ok=True)
    words = [sys.executable, "-m", *task.words, "--result", str(result)]
    code = (processes or Processes()).run(words, output)
    try:
        found: ShardResult = adapter(ShardResult).validate_json(result.read_bytes())
    except (OSError, ValueError):
        lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
        end = redact("\n".join(lines[-_KEPT_LINES:]))
        return ShardResult(task.shard, 2, output=f"no result, exit code {code}:\n{end}")
    return found


def write_result(result: ShardResult, path: Path) -> None:
    """Write what `run_task` reads in another process."""
    write_atomically(path, adapter(ShardResult).dump_json(result).decode())


def run_tasks(
    tasks: Sequence[ShardTask], workers: int, processes: Processes
) -> Iterator[tuple[ShardTask, ShardResult]]:
    """Run shards, some at a time, and yield each when it has ended.

    Args:
        tasks: which; the longest had better come first.
        workers: how many at a time.
        processes: where they run.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="shard") as pool:
        running = {pool.submit(run_task, task, processes): task for task in tasks}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        finally:
            processes.stop()


def fuzz_in_shards(
    service: str, arguments: Sequence[str], workers: int, processes: Processes | None = None
) -> ShardResult:
    """Run all of a service's shards and put together what they found, telling of each.

    Args:
        service: `package.module:NAME`.
        arguments: more of them for `schemathesis run`.
        workers: how many processes share it.
        processes: where they run, for whoever may have to stop them.
    """
    started = time.monotonic()
    tasks = [ShardTask(service, str(shard), tuple(arguments)) for shard in shards(workers)]
    print_line(console, f"{len(tasks)} shards, {workers} at a time ...")
    whole = ShardResult("all")
    for task, found in run_tasks(tasks, workers, processes or Processes()):
        _tell(task, found)
        if found.output:
            whole.events.errors.append(f"shard {task.shard}: {found.output}")
        whole.add(found)
    whole.seconds = round(time.monotonic() - started, 2)
    return whole


def _tell(task: ShardTask, found: ShardResult) -> None:
    print_line(console, found.line)
    if found.exit_code:
        print_line(console, f"  again: {task.command}", wrap=False)
        print_line(console, f"  output: {task.folder / 'output.txt'}", wrap=False)


def available_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
