# ruff: noqa: S603, S607  # the commands are our own
"""Odd surroundings: whatever is missing or in the way is one line, and the exit code 2."""

import errno
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from apiproof import application, cli
from apiproof.commands import serve
from apiproof.environment_file import DEFAULT_PATH, EnvironmentFile
from tests.test_environment_file import READY

SERVICE = """
from starlette.applications import Starlette
from apiproof.service import Service

DOCUMENT = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
PLAIN = Service(Starlette(), name="x", database=False, make_document=lambda: DOCUMENT)
STORED = Service(Starlette(), name="x", make_document=lambda: DOCUMENT)
"""
STRANGER = ("unshare", "--user", "--map-user=12345", "--map-group=12345")  # not in /etc/passwd
PATIENCE = 60.0  # seconds


def _can(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run([*command, "true"], check=False, capture_output=True)
    return done.returncode == 0


as_stranger = pytest.mark.skipif(
    not _can(*STRANGER), reason="this machine gives no user namespaces (unshare --user)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "svc.py").write_text(SERVICE, encoding="utf-8")
    return tmp_path


def command(arguments: str, prefix: Sequence[str] = ()) -> list[str]:
    # Without HOME and anything else that is told by the user's session.
    return [*prefix, "env", "-i", "PATH=/usr/bin:/bin", sys.executable, "-m", "apiproof",
            *arguments.split()]  # fmt: skip


def refused(folder: Path, arguments: str, prefix: Sequence[str] = ()) -> str:
    """Run a command that must fail by one line and 2, and return the line."""
    done = subprocess.run(
        command(arguments, prefix), cwd=folder, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("apiproof: ")
    return line


@contextmanager
def serving(folder: Path, prefix: Sequence[str] = ()) -> Iterator[EnvironmentFile]:
    """Run `apiproof serve` until the block ends; it ends well."""
    path = folder / DEFAULT_PATH
    before = path.read_bytes() if path.exists() else b""
    process = subprocess.Popen(
        command("serve --port 0 --service svc:PLAIN", prefix), cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while not path.exists() or path.read_bytes() == before:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield EnvironmentFile.read(path)
    finally:
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, output


@as_stranger
def test_a_user_without_a_passwd_entry_and_without_a_home_is_served(folder: Path) -> None:
    with serving(folder, STRANGER) as ready:
        assert ready.users


@as_stranger
def test_where_postgresql_cannot_start_one_line_says_so(folder: Path) -> None:
    """PostgreSQL's initdb looks its user up, and there is no way around."""
    line = refused(folder, "serve --port 0 --service svc:STORED", STRANGER)
    assert "APIPROOF_DATABASE_URL" in line


@as_stranger
@pytest.mark.parametrize(
    "arguments",
    ["serve --port 0 --service svc:PLAIN", "run --service svc:PLAIN", "init svc:PLAIN.app"],
)
def test_a_folder_that_cannot_be_written_is_one_line(folder: Path, arguments: str) -> None:
    folder.chmod(0o555)
    try:
        assert "cannot be written (Permission denied)" in refused(folder, arguments, STRANGER)
    finally:
        folder.chmod(0o755)


@as_stranger
@pytest.mark.parametrize("arguments", ["serve --port 0 --service svc:PLAIN", "init svc:PLAIN.app"])
def test_a_full_disk_is_one_line(folder: Path, arguments: str) -> None:
    script = (
        "mount -t tmpfs -o size=8k full full && cp svc.py full && cd full && "
        'head -c 100k /dev/zero > rest 2>/dev/null; exec "$@"'
    )
    (folder / "full").mkdir()
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
    assert "No space left on device" in refused(folder, arguments, prefix)


@pytest.mark.parametrize(("url", "lines"), [("", 0), ("postgresql://a@b/c", 1)])
def test_a_service_without_a_database_is_served_without_a_line_for_it(
    url: str, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    serve.describe(replace(READY, database_url=url), Path("ready.json"))
    told = capsys.readouterr().out.splitlines()
    assert len([line for line in told if line.startswith("Database")]) == lines
    assert len([line for line in told if line.startswith("Cognito")]) == 1


def test_a_stale_ready_file_is_noticed_and_replaced(folder: Path) -> None:
    path = folder / DEFAULT_PATH
    replace(READY, control_url="http://127.0.0.1:1").write(path)
    assert "has ended" in refused(folder, "token --user user-1")
    with serving(folder) as ready:
        assert ready.control_url != "http://127.0.0.1:1"
    assert not path.exists()


HURRIED = """
import os, signal
from apiproof.environment_file import EnvironmentFile
from apiproof.__main__ import run

write = EnvironmentFile.write


def seen_at_once(self, path):
    write(self, path)
    os.kill(os.getpid(), signal.SIGINT)


EnvironmentFile.write = seen_at_once
run()
"""


def test_who_sees_the_ready_file_may_stop_the_server_at_once(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HURRIED, "serve", "--port", "0", "--service", "svc:PLAIN"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / DEFAULT_PATH).exists()


def test_schemathesis_by_itself_says_that_the_ready_file_is_stale(folder: Path) -> None:
    replace(READY, control_url="http://127.0.0.1:1", service="svc:PLAIN").write(
        folder / DEFAULT_PATH
    )
    done = subprocess.run(
        ["env", "-i", "PATH=/usr/bin:/bin", "SCHEMATHESIS_HOOKS=apiproof.fuzzing.hooks",
         sys.executable, "-m", "schemathesis.cli", "run", "http://127.0.0.1:1/openapi.json"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2
    assert "apiproof: The environment of this ready file has ended." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_serve_in_a_folder_is_one_line_and_leaves_the_file(folder: Path) -> None:
    with serving(folder) as ready:
        line = refused(folder, "serve --port 0 --service svc:PLAIN")
        assert "--ready-file" in line
        assert EnvironmentFile.read(folder / DEFAULT_PATH) == ready


def test_an_exception_of_the_projects_own_callback_is_named_with_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "its_callbacks.py").write_text("def prepare():\n    raise LookupError('no row')\n")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    prepare = importlib.import_module("its_callbacks").prepare
    monkeypatch.setattr(cli, "app", lambda **_: prepare())
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 2
    text = capsys.readouterr().err
    assert "its_callbacks.py:2 prepare raised LookupError: no row" in text
    assert "report" not in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("a\nb"), "unexpected RuntimeError: a b. Please report it"),
        (KeyError("password"), "unexpected KeyError"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "x cannot be written (No space"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "d"), "d: Is a directory; name a file."),
        (FileExistsError(errno.EEXIST, "File exists", "f"), "f: is a file; name a folder."),
        (OSError(errno.EIO, "Input/output error", "x"), "unexpected OSError"),
    ],
)
def test_an_exception_that_nobody_expected_is_two(
    folder: Path,
    error: Exception,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.chdir(folder)  # this file is no part of that project
    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 2
    text = capsys.readouterr().err
    assert expected in text
    assert text.count("\n") == 1


def test_a_library_of_an_extra_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise ModuleNotFoundError("No module named 'schemathesis'", name="schemathesis")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 2
    assert 'schemathesis is not installed: pip install "apiproof[all]"' in capsys.readouterr().err


def test_the_reason_of_a_child_is_its_exception() -> None:
    output = (
        "Traceback (most recent call last):\n"
        '  File "env.py", line 3\n'
        "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection refused\n"
        "\tIs the server running?\n\n"
        "(Background on this error at: https://sqlalche.me/e/20/e3q8)\n"
    )
    reason = application.reason_of(output)
    assert reason.startswith("sqlalchemy.exc.OperationalError: ")
    assert application.reason_of("one\ntwo\n") == "two"
    assert application.reason_of("") == "the process ended without a word"


WITHOUT_PSYCOPG_3 = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "psycopg" else find(name, *rest)
sys.path.insert(0, sys.argv[1])
import launcher
launcher.take_the_driver_that_is_there()
import sqlalchemy
print(sqlalchemy.create_engine("postgresql://a@b/c").driver)
"""


def test_a_plain_url_takes_the_driver_that_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PSYCOPG_3, str(application.LAUNCHER.parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "psycopg2", done.stderr


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ('extension "postgis" is not available', "APIPROOF_DATABASE_URL"),
        ('relation "users" does not exist', "variables"),
    ],
)
def test_migrations_that_fail_say_what_helps(tmp_path: Path, reason: str, advice: str) -> None:
    """The embedded PostgreSQL comes without contributed extensions; variables would not help."""
    ini = tmp_path / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = .\n")
    (tmp_path / "env.py").write_text(f"raise RuntimeError({reason!r})\n")
    with pytest.raises(application.MigrationsFailed, match=advice) as caught:
        application.migrate(ini, "postgresql://nowhere/x", {}, None)
    assert reason in str(caught.value)
