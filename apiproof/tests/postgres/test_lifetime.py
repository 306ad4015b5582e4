"""A run in a process of its own, ended in every way: its server and its files are gone after it."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from apiproof.postgres.run_directory import remove_stale
from tests.postgres.schema import execute

RUN = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # off in background jobs
import sys
from apiproof.postgres import PostgresServer
with PostgresServer.start() as server:
    with server.empty() as database:
        print(database.libpq_url, flush=True)
        word = sys.stdin.readline()
        assert word != "fail\\n"
"""
FORK = """
import os
import psycopg2
from apiproof.postgres import PostgresServer

def sessions():
    guest = psycopg2.connect(database.libpq_url)
    with guest, guest.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                       "AND pid <> pg_backend_pid()")
        return {pid for (pid,) in cursor.fetchall()}

with PostgresServer.start("") as server, server.empty() as database:
    database.tables()
    assert len(sessions()) == 1
    child = os.fork()
    if not child:
        database.tables()
        assert len(sessions()) == 2, "the child uses its parent's session"
        server.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    database.tables()
"""
DEADLINE = 30  # seconds


@dataclass
class Run:
    process: "subprocess.Popen[str]"
    url: str

    @property
    def directory(self) -> Path:
        [host] = parse_qs(urlsplit(self.url).query)["host"]
        return Path(host).parent

    @property
    def postmaster(self) -> int:
        return int((self.directory / "data/postmaster.pid").read_text().split()[0])

    @property
    def watchdog(self) -> int:
        parent = ["ps", "-o", "ppid=", "-p", str(self.postmaster)]
        return int(subprocess.check_output(parent))  # noqa: S603 - a program of the system


@contextlib.contextmanager
def started(**environment: str) -> Iterator[Run]:
    inherited = {k: v for k, v in os.environ.items() if k != "APIPROOF_DATABASE_URL"}
    with subprocess.Popen(  # noqa: S603 - a program of our own
        [sys.executable, "-c", RUN],
        env=inherited | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
    ) as process:
        try:
            assert process.stdout
            yield Run(process, process.stdout.readline().strip())
        finally:
            process.kill()


@contextlib.contextmanager
def watched(path: Path) -> Iterator[None]:
    """Wait at the end until watchdog and server, who hold the lock, are both gone."""
    with (path / "lock").open("r+") as lock:
        yield
        waiter = Thread(target=fcntl.flock, args=(lock, fcntl.LOCK_EX), daemon=True)
        waiter.start()
        waiter.join(DEADLINE)
        assert not waiter.is_alive(), f"a watchdog or server still uses {path}"


def end_by(ending: str, run: Run) -> None:
    match ending:
        case "Ctrl+C":
            os.killpg(run.process.pid, signal.SIGINT)
        case "SIGTERM to all":
            os.kill(run.watchdog, signal.SIGTERM)
            run.process.terminate()
        case "SIGTERM" | "SIGKILL":
            run.process.send_signal(signal.Signals[ending])
        case word:
            run.process.communicate(f"{word}\n", DEADLINE)


@pytest.mark.parametrize(
    "ending", ["end", "fail", "Ctrl+C", "SIGTERM", "SIGTERM to all", "SIGKILL"]
)
def test_nothing_remains_after(ending: str) -> None:
    with started() as run:
        server = run.postmaster
        assert execute(run.url, "SELECT 1") == [(1,)]
        with watched(run.directory):
            end_by(ending, run)
        with pytest.raises(ProcessLookupError):
            os.kill(server, 0)
        assert not run.directory.exists()


def test_ctrl_c_in_the_terminal_spares_the_server_until_its_user_is_done() -> None:
    with started() as run:
        assert os.getpgid(run.watchdog) == run.watchdog != os.getpgid(run.process.pid)


def test_two_runs_do_not_disturb_each_other() -> None:
    with started() as staying, started() as leaving:
        assert staying.directory != leaving.directory
        with watched(leaving.directory):
            leaving.process.kill()
        assert execute(staying.url, "SELECT 1") == [(1,)]


def test_runs_that_meet_an_empty_cache_share_the_making(tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with started(**cache) as one, started(**cache) as other:
        assert execute(one.url, "SELECT 1") == execute(other.url, "SELECT 1") == [(1,)]
    [cluster] = [path.parent for path in tmp_path.rglob("pg_hba.conf")]
    assert not list(cluster.parent.glob("*.new-*"))


def test_sweep_spares_a_server_that_lost_its_watchdog_and_removes_it_when_dead() -> None:
    with started() as run:
        server = run.postmaster
        with watched(run.directory):
            os.kill(run.watchdog, signal.SIGKILL)
            run.process.kill()
            run.process.wait(DEADLINE)
            remove_stale()
            assert execute(run.url, "SELECT 1") == [(1,)]
            os.kill(server, signal.SIGKILL)
        remove_stale()
        assert not run.directory.exists()


def test_forked_child_leaves_its_parents_server_alone() -> None:
    child = [sys.executable, "-c", FORK]
    assert subprocess.run(child, check=False).returncode == 0  # noqa: S603 - a program of our own


def test_socket_is_closed_to_other_accounts() -> None:
    with started() as run:
        assert (run.directory / "socket").stat().st_mode & 0o077 == 0
        assert (run.directory / "data").stat().st_mode & 0o077 == 0
