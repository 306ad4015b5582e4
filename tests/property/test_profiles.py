"""Profiles: what each promises, and where failed examples are kept."""

import subprocess
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from apiproof.strategies.profiles import LOCAL, REDIS_SETTING, DatabaseMisnamed, database


def test_ci_draws_the_same_examples_in_every_run() -> None:
    assert settings.get_profile("ci").derandomize


def test_a_module_that_is_loaded_changes_nothing_of_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis draws constants of the modules that are loaded: the order of tests would count."""

    def drawn() -> list[int]:
        values: list[int] = []

        @seed(1)
        @settings(max_examples=200, database=None)
        @given(st.integers())
        def collect(value: int) -> None:
            values.append(value)

        collect()
        return values

    before, path = drawn(), tmp_path / "late.py"
    path.write_text(f"NUMBERS = {list(range(70_000, 70_400))}", encoding="utf-8")
    late = types.ModuleType("late")
    late.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "late", late)
    assert drawn() == before


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
