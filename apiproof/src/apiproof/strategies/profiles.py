"""Hypothesis profiles, and where the examples that failed are kept.

ci      derandomized, so that a red run is red again; keeps nothing, as Hypothesis demands
dev     random; keeps what failed in `.hypothesis/examples`
deep    for hours; likewise

HYPOTHESIS_REDIS_URL (redis://host:6379/0) lets the runs of many machines share what they found:
dev and deep then read and write there as well as locally.
"""

import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import (
    BackgroundWriteDatabase,
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    MultiplexedDatabase,
)
from hypothesis.internal.conjecture import providers

LOCAL = Path() / ".hypothesis" / "examples"
REDIS_SETTING = "HYPOTHESIS_REDIS_URL"


class DatabaseMisnamed(Exception):
    """The setting leads to no Redis database; the text is one line that says what to do."""


def register() -> None:
    """Register the profiles and load the one that HYPOTHESIS_PROFILE names, `ci` by default.

    Raises:
        DatabaseMisnamed: HYPOTHESIS_REDIS_URL is no Redis URL, or the client is not installed.
    """
    common: dict[str, Any] = {
        "deadline": None,
        "print_blob": True,
        # Not Phase.explain: it traces every line, and shrinking would take twenty times as long.
        "phases": [phase for phase in Phase if phase is not Phase.explain],
        # One environment per worker is emptied by hand where examples need it: its scope is no
        # mistake.
        "suppress_health_check": [HealthCheck.function_scoped_fixture],
    }
    kept = database(os.environ.get(REDIS_SETTING, ""))
    settings.register_profile("ci", derandomize=True, max_examples=40, **common)
    settings.register_profile("dev", max_examples=100, database=kept, **common)
    settings.register_profile("deep", max_examples=5000, database=kept, **common)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
    _draw_alike()


def _draw_alike() -> None:
    """Keep the constants of modules out of what a derandomized profile draws.

    Hypothesis draws those of the modules that are loaded by then, so that the order of tests would
    change what a test draws (6.170; apiproof/tests/fuzzing/test_local_constants.py).
    """
    if not hasattr(providers, "_get_local_constants"):  # an older one draws none
        return
    from hypothesis.internal.constants_ast import Constants  # noqa: PLC0415 - likewise

    found = providers._get_local_constants  # noqa: SLF001 - it has no setting
    providers._get_local_constants = lambda: (  # noqa: SLF001 - likewise
        Constants() if settings().derandomize else found()
    )


def database(redis_url: str, *, waits: bool = False) -> ExampleDatabase:
    """Open the database of failed examples: the local one, and a shared one where there is any.

    Args:
        redis_url: of the shared one; empty for none. Nothing is connected yet.
        waits: whether writes are done when they return, as in a process that ends without ado.

    Raises:
        DatabaseMisnamed: as in `register`.
    """
    local = DirectoryBasedExampleDatabase(LOCAL)
    if not redis_url:
        return local
    shared = _shared(redis_url)
    # Else writes wait for nobody: a slow network must not slow the examples down.
    return MultiplexedDatabase(local, shared if waits else BackgroundWriteDatabase(shared))


def _shared(redis_url: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase  # noqa: PLC0415 - optional
        from redis import Redis  # noqa: PLC0415 - likewise
    except ImportError:
        raise DatabaseMisnamed(
            f"{REDIS_SETTING} is set, but the client is missing: pip install redis."
        ) from None
    try:
        return RedisExampleDatabase(Redis.from_url(redis_url))
    except ValueError:
        # The URL may hold a password, so it is not repeated.
        raise DatabaseMisnamed(
            f"{REDIS_SETTING} is no Redis URL: write it like redis://localhost:6379/0."
        ) from None
