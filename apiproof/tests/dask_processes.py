"""Parts of a Dask cluster in processes of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KIT = Path(__file__).parent.parent


@contextmanager
def dask(*words: str, says: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a part of a cluster, and wait until it says something; yields it and what it said."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    with subprocess.Popen(  # noqa: S603  # our own
        [sys.executable, "-m", "dask", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*inherited, str(KIT), str(folder)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(says, line):
                    yield process, found[1]
                    break
            else:
                pytest.fail(f"dask {words[0]} ended")
        finally:
            process.kill()


@contextmanager
def scheduler_at(folder: Path) -> Iterator[str]:
    """Start a scheduler for a block; yields its address."""
    words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    with dask(*words, says=r"Scheduler at:\s+(tcp://\S+)", folder=folder) as (_, address):
        yield address


@contextmanager
def worker(scheduler: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a worker in a project's folder, for a block."""
    words = ("worker", scheduler, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
    ready = r"(Starting established connection)"
    with dask(*words, "--no-dashboard", says=ready, folder=folder) as (process, _):
        yield process
