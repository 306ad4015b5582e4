"""The embedded server's watchdog: a small process that ends the server when its user is gone.

It runs as a script with nothing but the standard library: `watchdog.py '<JSON order>'`. Its
standard
input is a pipe that the user's process holds open. When that closes, for whatever reason (the end,
an exception, SIGTERM, SIGKILL), the watchdog stops PostgreSQL and removes the run's directory. It
must not know what the server is used for.
"""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BOOT_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 10.0  # seconds
POLL = 0.005  # seconds between looks at a server that boots


def boot(order: dict[str, Any], port: int) -> "subprocess.Popen[bytes]":
    """Start PostgreSQL on a port; the standard error goes to the log in the run's directory."""
    settings = order["settings"] | {"port": str(port)}
    with Path(order["log"]).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - the order comes from our own process
            [
                order["postgres"],
                "-D",
                order["data"],
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=order["data"],
            # Held by the server too: the lock is free only when watchdog and server are both gone.
            pass_fds=[order["lock"]],
            **order["account"],
        )


def is_ready(data: Path) -> bool:
    """Whether the server accepts connections (utils/pidfile.h: line 8 of postmaster.pid)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def wait_until_ready(server: "subprocess.Popen[bytes]", data: Path) -> bool:
    """Wait until the server accepts connections; False when it ends or takes too long."""
    deadline = time.monotonic() + BOOT_TIMEOUT
    while server.poll() is None and time.monotonic() < deadline:
        if is_ready(data):
            return True
        time.sleep(POLL)
    return False


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Stop the server at once: its data is thrown away, so a checkpoint would be for nothing."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)  # "immediate shutdown"
    try:
        server.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def keep(order: dict[str, Any]) -> None:
    """Boot, tell the port (or why not) in one line of JSON, and stay until the input closes."""
    # Another process may take a free port before the server does, hence a second and third try.
    for _attempt in range(3 if order["tcp"] else 1):
        port = free_port() if order["tcp"] else 5432
        server = boot(order, port)
        try:
            if wait_until_ready(server, Path(order["data"])):
                sys.stdout.write(json.dumps({"port": port}) + "\n")
                sys.stdout.flush()
                sys.stdin.readline()  # "stop", or the end of the pipe
                return
        finally:
            stop(server)
    sys.stdout.write(json.dumps({"failure": reason(Path(order["log"]))}) + "\n")


def reason(log: Path) -> str:
    """Return the line of the log that says why the server has ended."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL:" in line]
    return (fatal or lines or ["no word from it"])[-1]


def main() -> None:
    """Keep one server; signals to the whole group must not end the watchdog before its server."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    order = json.loads(sys.argv[1])
    try:
        keep(order)
    except BrokenPipeError:
        pass  # the user's process ended during the boot
    finally:
        shutil.rmtree(order["directory"], ignore_errors=True)


if __name__ == "__main__":
    main()
