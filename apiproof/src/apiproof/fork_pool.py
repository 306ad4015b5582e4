"""Processes forked from this one: what they say, how they end, a few at a time.

A child inherits everything that is imported and cached here, writes JSON lines to a pipe, and ends
without cleaning up what is its parent's. It knows nothing of what they do.
"""

import contextlib
import gc
import json
import math
import os
import select
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

Send = Callable[[dict[str, Any]], None]
Work = Callable[[Send], None]
KEPT_LINES = 15


_COLLECTED_AFTER = (20_000, 20, 20)  # new objects; collections of the young; of the middle ones


def freeze_garbage() -> None:
    """Take all objects of now for lasting, and collect the later ones less often.

    A process that has this stack in it holds a million objects. Each full collection goes through
    them all, and copies their memory into every forked process: 15 % of a fuzzing shard's time.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


@dataclass(eq=False)
class ForkedProcess:
    """A forked process.

    Attributes:
        name: Whose it is.
        pid: The process.
        deadline: When it is killed, on the monotonic clock.
        started: When it began, likewise.
        seconds: How long it took.
        messages: What it has said so far.
        failure: How it ended, where not well: `hung`, or the end of its output.
    """

    name: str
    pid: int
    reader: IO[str]
    output: Path
    deadline: float
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    messages: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def finish(self, failure: str = "", grace: float = 0.0) -> None:
        """Kill it if it still runs, and keep the end of its output where it failed.

        Args:
            failure: Why it is killed; nothing where it has ended.
            grace: Seconds that it gets before, to end by itself.
        """
        if failure:
            self._read_to_the_end(grace)
            os.killpg(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self.seconds = time.monotonic() - self.started
        lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
        self.output.unlink()
        self.reader.close()
        if failure or status:
            code = os.waitstatus_to_exitcode(status)
            self.failure = failure or "\n".join(lines[-KEPT_LINES:]) or f"exit status {code}"

    def _read_to_the_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while select.select([self.reader], [], [], max(0.0, until - time.monotonic()))[0]:
            if not self.reader.readline():
                return


def fork(name: str, work: Work, seconds: float) -> ForkedProcess:
    """Start work in a forked process.

    Args:
        name: Whose it is.
        work: Gets a function that sends a JSON object to the parent; its output goes to a file.
        seconds: After which it is killed; infinity for never.
    """
    reading, writing = os.pipe()
    descriptor, path = tempfile.mkstemp(prefix="apiproof-fork-")
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        with contextlib.suppress(OSError):  # the child does the same; whoever comes first
            os.setpgid(pid, pid)
        os.close(writing)
        os.close(descriptor)
        reader = os.fdopen(reading, encoding="utf-8")
        return ForkedProcess(name, pid, reader, Path(path), time.monotonic() + seconds)
    os.close(reading)
    if seconds < math.inf:
        signal.alarm(int(seconds * 1.5) + 1)  # should the parent be gone by then
    os._exit(_work(work, writing, descriptor))


def _work(work: Work, writing: int, output: int) -> int:
    """Work as the child; returns its exit status."""
    try:
        os.setpgid(0, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # Whoever captures the parent's output has put other objects here.
        sys.stdout = sys.stderr = os.fdopen(output, "w", encoding="utf-8", buffering=1)
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:

            def send(message: dict[str, Any]) -> None:
                pipe.write(json.dumps(message) + "\n")
                pipe.flush()

            work(send)
    except BaseException:  # noqa: BLE001 - whatever it is, it must not unwind the parent's blocks
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    sys.stdout.flush()
    return 0


def run_forked(
    tasks: Iterable[tuple[str, Work]], jobs: int, seconds: float, grace: float = 0.0
) -> Generator[ForkedProcess]:
    """Do tasks in forked processes, some at a time, and yield each when it has ended.

    Those that run when it is closed, or interrupted, are ended as by Ctrl+C.

    Args:
        tasks: Names and work.
        jobs: How many at a time.
        seconds: After which one is killed; infinity for never.
        grace: Seconds that those that are ended get to put down what they have.
    """
    waiting = iter(tasks)
    running: dict[int, ForkedProcess] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                while len(running) < jobs and (task := next(waiting, None)):
                    child = fork(*task, seconds)
                    running[child.pid] = child
                    selector.register(child.reader, selectors.EVENT_READ, child)
                if not running:
                    return
                for child in _ended(selector, running):
                    selector.unregister(child.reader)
                    del running[child.pid]
                    child.finish("hung" if time.monotonic() > child.deadline else "")
                    yield child
        finally:
            for child in running.values():
                os.killpg(child.pid, signal.SIGINT)
            for child in running.values():
                child.finish("interrupted", grace)


def _ended(
    selector: selectors.BaseSelector, running: dict[int, ForkedProcess]
) -> list[ForkedProcess]:
    """Wait for news, and return those that have ended or outlived their time."""
    ended = []
    nearest = min(child.deadline for child in running.values())
    timeout = max(0.0, nearest - time.monotonic()) if nearest < math.inf else None
    for key, _ in selector.select(timeout):
        child: ForkedProcess = key.data
        line = child.reader.readline()
        if line:
            child.messages.append(json.loads(line))
        else:
            ended.append(child)
    late = [child for child in running.values() if time.monotonic() > child.deadline]
    return list(dict.fromkeys([*ended, *late]))


def run_one_forked(name: str, work: Work, seconds: float) -> ForkedProcess:
    """Do one task in a forked process and wait for its end."""
    return next(run_forked([(name, work)], 1, seconds))


def available_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
