"""An ASGI application behind uvicorn in a process of its own, as it is deployed.

Threads, signals, log lines and a crash are those of production; an application in this process
would share its interpreter with the clients and the stand-ins.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from apiproof.http.server import GRACE_SECONDS, HOST, STARTUP_SECONDS, ServerDied, bind_socket

_LAST = 2000  # characters of the output in an error


class ServerProcess:
    """A server process; use it as a context manager.

    Attributes:
        url: where it listens, without a trailing slash.
    """

    def __init__(
        self,
        target: str,
        environment: Mapping[str, str],
        *,
        path: str = "/",
        folder: Path | None = None,
    ) -> None:
        """Prepare a server; it starts with the block.

        Args:
            target: the application, as `module:attribute`.
            environment: environment variables, beside those of this process.
            path: asked for to see whether it answers; any status will do.
            folder: its working directory; this process's own if not given.
        """
        self._target = target
        self._environment = {**os.environ, **environment}
        self._path = path
        self._folder = folder
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
        self._process: subprocess.Popen[bytes]
        self.url = ""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it has written so far, on both streams."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    @property
    def threads(self) -> int:
        """How many threads it has (Linux)."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open (Linux)."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def cpu_seconds(self) -> float:
        """How much processor time it has taken (Linux)."""
        # The name in parentheses may hold spaces; utime and stime are fields 14 and 15, proc(5).
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes it, SIGCONT lets it go on, SIGKILL ends it at once."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """End it with SIGTERM, or SIGKILL if it does not listen, and return its exit code."""
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(2 * GRACE_SECONDS)
        self._process.kill()
        return self._process.wait()

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            ServerDied: it ended before it answered; the text has its last words.
        """
        with bind_socket() as listener:
            listener.listen(uvicorn.Config("").backlog)
            port = listener.getsockname()[1]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", __name__, self._target, str(listener.fileno())],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
            )
        # Our copy of the socket is closed: a server that dies hangs up.
        self.url = f"http://{HOST}:{port}"
        try:
            self._wait_until_it_answers(port)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _wait_until_it_answers(self, port: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=STARTUP_SECONDS)
        try:
            connection.request("GET", self._path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            said = self.output[-_LAST:].strip()
            raise ServerDied(
                f"{self._target} did not start: {said or 'it said nothing'}"
            ) from error
        finally:
            connection.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._output.close()


def main(target: str, descriptor: str) -> None:
    """Serve an application on a socket that another process has opened."""
    # Not `uvicorn --fd`: it takes the socket for a Unix one, and each answer waits 40 ms (Nagle).
    config = uvicorn.Config(target, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
