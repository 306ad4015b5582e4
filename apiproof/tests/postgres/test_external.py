import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from apiproof.postgres import (
    CreateDatabaseDenied,
    Database,
    DatabasesLeftBehind,
    DatabaseUrlInvalid,
    PostgresError,
    PostgresServer,
    ServerTooOld,
    ServerUnreachable,
    external,
)
from tests.postgres.schema import EMPTY, ROWS, execute, migrate

DATABASES = "SELECT datname FROM pg_database ORDER BY 1"
STAY = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # off in background jobs
import sys
from apiproof.postgres import PostgresServer
with PostgresServer.start() as server:
    server.empty()
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    """Return the URL of a server that plays the external one, on TCP and with a password."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("APIPROOF_DATABASE_URL", raising=False)
        server = PostgresServer.start(tcp=True)
    with server:
        yield server.address.libpq_url("postgres")


def refusal_of(url: str) -> PostgresError:
    with pytest.raises(PostgresError) as refusal:
        PostgresServer.start(url)
    assert "\n" not in str(refusal.value)
    return refusal.value


def test_external_server_is_used_and_left_as_it_was(outside: str) -> None:
    before = execute(outside, DATABASES)
    with PostgresServer.start(outside) as server:
        assert not server.is_embedded
        template = server.template("external", migrate)
        database = server.clone(template)
        with server.clone(template) as other:
            execute(other.url, ROWS)
            other.truncate_all()
            assert other.tables() == EMPTY
        assert len(execute(outside, DATABASES)) == len(before) + 2
        execute(database.url, ROWS)
    assert execute(outside, DATABASES) == before


def test_environment_names_the_external_server(
    outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIPROOF_DATABASE_URL", outside.replace("postgresql:", "postgres:"))
    with PostgresServer.start() as server:
        assert not server.is_embedded


def test_two_runs_on_one_external_server_do_not_disturb_each_other(outside: str) -> None:
    with PostgresServer.start(outside) as staying:
        database = staying.clone(staying.template("same", migrate))
        with PostgresServer.start(outside) as leaving:
            leaving.clone(leaving.template("same", migrate))
        assert database.tables() == EMPTY


def fail_over(_database: Database) -> None:
    raise ZeroDivisionError


def test_databases_are_dropped_when_the_run_fails(outside: str) -> None:
    before = execute(outside, DATABASES)
    with pytest.raises(ZeroDivisionError), PostgresServer.start(outside) as server:
        fail_over(server.clone(server.template("fails", migrate)))
    assert execute(outside, DATABASES) == before


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_databases_are_dropped_when_the_run_is_ended(outside: str, name: signal.Signals) -> None:
    before = execute(outside, DATABASES)
    with subprocess.Popen(  # noqa: S603 - a program of our own
        [sys.executable, "-c", STAY],
        env=os.environ | {"APIPROOF_DATABASE_URL": outside},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as run:
        assert run.stdout
        assert run.stdout.readline() == b"ready\n"
        assert len(execute(outside, DATABASES)) == len(before) + 1
        run.send_signal(name)
        run.wait(30)
    assert execute(outside, DATABASES) == before


@pytest.mark.parametrize("theirs", [signal.SIG_DFL, signal.SIG_IGN])
def test_handler_of_sigterm_is_given_back(outside: str, theirs: signal.Handlers) -> None:
    before = signal.signal(signal.SIGTERM, theirs)
    try:
        with PostgresServer.start(outside):
            during = signal.getsignal(signal.SIGTERM)
        after = signal.getsignal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert after is theirs
    assert (during is theirs) == (theirs is signal.SIG_IGN)


def test_databases_that_cannot_be_dropped_are_named(outside: str) -> None:
    server = PostgresServer.start(outside)
    database = server.empty()
    execute(outside, f"ALTER DATABASE {database.name} IS_TEMPLATE true")
    with pytest.raises(DatabasesLeftBehind, match=database.name):
        server.close()
    execute(outside, f"ALTER DATABASE {database.name} IS_TEMPLATE false")
    server.close()


def test_missing_server_is_told() -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        error = refusal_of(f"postgresql://ford:hunter2@127.0.0.1:{taken.getsockname()[1]}/main")
    assert isinstance(error, ServerUnreachable)
    assert "onnection refused" in str(error)
    assert "unset APIPROOF_DATABASE_URL" in str(error)
    assert "hunter2" not in str(error)


def test_wrong_password_is_told_and_not_repeated(outside: str) -> None:
    user, _, place = outside.rpartition("@")
    error = refusal_of(f"{user}wrong@{place}")
    assert isinstance(error, ServerUnreachable)
    assert "password authentication failed" in str(error)
    assert user.rpartition(":")[2] not in str(error)


def test_parameter_unknown_to_libpq_is_told(outside: str) -> None:
    assert isinstance(refusal_of(f"{outside}?towel=yes"), DatabaseUrlInvalid)


def test_role_without_the_right_to_create_databases_is_told(server: PostgresServer) -> None:
    address = server.address.libpq_url("postgres")
    superuser = address.replace("apiproof@", "postgres@", 1)
    execute(superuser, 'CREATE ROLE "poor one" LOGIN')
    error = refusal_of(address.replace("apiproof@", "poor%20one@", 1))
    execute(superuser, 'DROP ROLE "poor one"')
    assert isinstance(error, CreateDatabaseDenied)
    assert 'ALTER ROLE "poor one" CREATEDB' in str(error)


def test_old_server_is_told(outside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "OLDEST", 990000)
    assert isinstance(refusal_of(outside), ServerTooOld)
