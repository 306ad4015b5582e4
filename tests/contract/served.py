"""The service as a deployment starts it: `python -m api`, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from apiproof.environment import Environment
from tests.contract.events import PATIENCE
from tests.service import ROOT, environment_variables


@dataclass
class Served:
    """A process that serves.

    Attributes:
        process: it.
        url: where it listens.
        written: what it has written so far, or all of it once it has ended.
    """

    process: "subprocess.Popen[str]"
    url: str = ""
    written: str = field(default="", repr=False)

    def stop(self) -> None:
        """Ask it to end, wait for that, and read the rest of what it writes."""
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.written += rest
        # uvicorn sends itself the signal once more when it has tidied up.
        assert self.process.returncode == -signal.SIGTERM


@contextmanager
def served(env: Environment, *arguments: str, **variables: str) -> Iterator[Served]:
    """Start the service among an environment's surroundings; it is killed at the end of the block.

    Args:
        env: The surroundings.
        arguments: Of the command line.
        variables: Settings, as environment variables.
    """
    process = started(env, *arguments, **variables)
    with process:
        try:
            service = Served(process)
            assert process.stdout is not None
            while not service.url:
                line = process.stdout.readline()
                assert line, "the service ended before it served"
                service.written += line
                service.url = "".join(re.findall(r"running on (http://[^ ]+)", line))
            yield service
        finally:
            process.kill()


def started(env: Environment, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Start the service, whether it will serve or not; arguments as above."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "api", "--port", "0", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment_variables(env.config), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
