"""Boots in this process: where they go, what they cache, and what they say when they fail."""

import contextlib
import errno
import fcntl
import os
import subprocess
import sysconfig
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from apiproof.postgres import (
    PostgresServer,
    ServerNotStarted,
    binaries,
    cluster,
    embedded,
    run_directory,
    watchdog,
)
from apiproof.postgres.run_directory import make_directory, remove_stale
from tests.postgres.schema import execute


@pytest.fixture(autouse=True)
def _no_external_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APIPROOF_DATABASE_URL", raising=False)


def test_cluster_is_made_under_a_lock_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def initialize(data: Path, _account: binaries.Account) -> None:
        [lock] = tmp_path.rglob("*.lock")
        with lock.open() as rival, pytest.raises(BlockingIOError):
            fcntl.flock(rival, fcntl.LOCK_EX | fcntl.LOCK_NB)
        data.mkdir()
        made.append(data)

    monkeypatch.setattr(cluster, "user_cache_path", lambda _name: tmp_path / "cache")
    monkeypatch.setattr(cluster, "initialize", initialize)
    cluster.create_data_directory(tmp_path / "one", binaries.account())
    cluster.create_data_directory(tmp_path / "other", binaries.account())
    assert made == [tmp_path / "one"]
    assert (tmp_path / "other").is_dir()


def test_sweep_spares_directories_that_are_being_made() -> None:
    fresh = make_directory(binaries.account())
    (fresh.path / "lock").unlink()
    remove_stale()
    assert fresh.path.exists()
    long_ago = time.time() - 2 * run_directory.NEWBORN
    os.utime(fresh.path, (long_ago, long_ago))
    remove_stale()
    assert not fresh.path.exists()
    fresh.remove()


def test_long_temporary_directory_does_not_break_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(run_directory, "MEMORY", deep)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with PostgresServer.start() as server, server.empty() as database:
        assert execute(database.url, "SELECT 1") == [(1,)]
        assert "xxx" not in database.url


def test_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres").write_text("not a run_directory")
    monkeypatch.setattr(cluster, "user_cache_path", lambda _name: tmp_path)
    with PostgresServer.start() as server, server.empty() as database:
        assert execute(database.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        ("x86_64-pc-linux-musl", "needs glibc, and this is musl"),
        ("x86_64-pc-linux-gnu", "run as an ordinary user"),
    ],
)
def test_programs_that_do_not_run_here_are_one_line_that_names_the_other_way(
    monkeypatch: pytest.MonkeyPatch, platform: str, told: str
) -> None:
    def absent(*_arguments: object, **_options: object) -> None:
        # What execve answers where the program's loader is missing, as glibc's is under musl.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    binaries.bin_directory.cache_clear()
    monkeypatch.setattr(subprocess, "run", absent)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: platform)
    try:
        with pytest.raises(ServerNotStarted, match=told) as refused:
            binaries.bin_directory()
    finally:
        binaries.bin_directory.cache_clear()
    assert "APIPROOF_DATABASE_URL" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_fitting_directory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_directory, "SOCKET_PATH_LIMIT", 10)
    with pytest.raises(ServerNotStarted, match="TMPDIR"):
        make_directory(binaries.account())


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[run_directory.RunDirectory]:
    """Return the directories that boots make from now on."""
    directories: list[run_directory.RunDirectory] = []

    def make(account: binaries.Account) -> run_directory.RunDirectory:
        directories.append(make_directory(account))
        return directories[-1]

    monkeypatch.setattr(embedded, "make_directory", make)
    return directories


def test_boot_failure_tells_the_servers_own_words_and_leaves_nothing(
    made: list[run_directory.RunDirectory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "max_connections", "many")
    with pytest.raises(ServerNotStarted, match=r"max_connections.*APIPROOF_DATABASE_URL"):
        PostgresServer.start()
    assert not made[0].path.exists()


def test_reason_of_a_failed_boot_is_the_fatal_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("LOG:  could not bind\nFATAL:  no sockets\nLOG:  database system is shut down\n")
    assert watchdog.reason(log) == "FATAL:  no sockets"


def test_initdb_failure_tells_its_own_words_and_leaves_nothing(
    made: list[run_directory.RunDirectory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "user_cache_path", lambda _name: tmp_path)
    monkeypatch.setattr(cluster, "INITDB", ("--encoding=runes",))
    with pytest.raises(ServerNotStarted, match=r"initdb.*runes.*APIPROOF_DATABASE_URL"):
        PostgresServer.start()
    assert not made[0].path.exists()


def test_outsiders_need_the_password_of_a_tcp_server() -> None:
    with PostgresServer.start(tcp=True) as server, server.empty() as database:
        assert urlsplit(database.libpq_url).hostname == "127.0.0.1"
        assert execute(database.libpq_url, "SELECT 1") == [(1,)]
        secret = urlsplit(database.libpq_url).password or ""
        for guess in ("", ":guess"):
            with pytest.raises(psycopg2.OperationalError, match="password"):
                execute(database.libpq_url.replace(f":{secret}", guess), "SELECT 1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PGSERVICE", "nowhere"), ("PGOPTIONS", "-c nothing=like=it"), ("PGSSLMODE", "nonsense")],
)
def test_libpq_settings_of_the_user_are_for_other_servers(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with PostgresServer.start() as server, server.empty() as database:
        with contextlib.closing(psycopg2.connect(database.libpq_url)) as connection:
            assert connection.status == psycopg2.extensions.STATUS_READY
        assert name not in os.environ
    assert os.environ[name] == value


def test_who_owns_a_database_creates_the_extensions_of_the_server(server: PostgresServer) -> None:
    """As the master user of RDS may: migrations say CREATE EXTENSION, and are no superuser's."""
    installed = binaries.bin_directory().parent / "share" / "postgresql" / "extension"
    names = {control.stem for control in installed.glob("*.control")} - {"plpgsql"}
    assert "vector" in names
    with server.empty() as database:
        for name in names:
            execute(database.url, f"CREATE EXTENSION {name}")
        execute(database.url, "CREATE TABLE place (at vector(2)); DROP TABLE place")
        for name in names:
            execute(database.url, f"DROP EXTENSION {name}")
