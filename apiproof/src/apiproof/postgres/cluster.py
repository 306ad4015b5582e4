"""A fresh data directory in the time of a copy: initdb runs once per version and is cached.

It knows initdb and files, and nothing of servers that run.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from apiproof.postgres.binaries import INSTEAD, Account, bin_directory, wheel_version
from apiproof.postgres.errors import ServerNotStarted

ROLE = "apiproof"  # like the master user of RDS: it may create databases but is no superuser
INITDB = (
    "--username=postgres",
    "--auth=reject",  # pg_hba.conf is written below
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",  # the same order of texts on every machine
    "--wal-segsize=1",  # MB: there is less to copy
    "--no-data-checksums",
    "--no-sync",
    "--no-instructions",
)
# The socket's directory is closed to others; TCP asks for a password (and is off unless asked for).
ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
SETUP = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\n"


def create_data_directory(data: Path, account: Account) -> None:
    """Fill `data` with a fresh cluster, by a copy when one of this version is cached.

    Raises:
        ServerNotStarted: initdb fails.
    """
    try:
        cache = user_cache_path("apiproof") / "postgres"
        cached = cache / _key()
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / f"{_key()}.lock"):
            if not cached.is_dir():
                _fill(cached, data, account)
                return
    except (OSError, RuntimeError):  # no cache to write to, or no home: slower, but no failure
        if not data.exists():
            initialize(data, account)
        return
    shutil.copytree(cached, data)
    _hand_over(data, account)


def initialize(data: Path, account: Account) -> None:
    """Make a cluster with initdb, and the role that everybody works as.

    Raises:
        ServerNotStarted: initdb fails; the text has its words.
    """
    data.mkdir(mode=0o700)
    os.chown(data, account.uid, account.gid)
    _run("initdb", f"--pgdata={data}", *INITDB, account=account)
    (data / "pg_hba.conf").write_text(ACCESS)
    _run("postgres", "--single", "-D", str(data), "postgres", account=account, script=SETUP)


def trust_extensions(data: Path, account: Account) -> Path:
    """Let everybody who owns a database create the extensions that the server has, as on RDS.

    A server believes the first control file that it finds, so each that lacks the word is written
    once more, with it. (pgvector lacks it: only a superuser could run a project's migrations.)

    Args:
        data: The data directory, which goes with the server.
        account: Who must be able to read it.

    Returns:
        A directory for `extension_control_path`.
    """
    installed = bin_directory().parent / "share" / "postgresql" / "extension"
    trusted = data / "trusted"
    (trusted / "extension").mkdir(parents=True)
    for control in installed.glob("*.control"):
        text = control.read_text()
        if not re.search(r"^trusted\b", text, re.MULTILINE):
            scripts = str(installed).replace("'", "''")
            more = f"\ntrusted = true\ndirectory = '{scripts}'\n"
            (trusted / "extension" / control.name).write_text(text + more)
    _hand_over(trusted, account)
    return trusted


def _key() -> str:
    recipe = "\n".join((*INITDB, ACCESS, SETUP))
    return f"{wheel_version()}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fill(cached: Path, data: Path, account: Account) -> None:
    """Make a cluster and leave a copy in the cache, which appears whole or not at all."""
    initialize(data, account)
    for leftover in cached.parent.glob(f"{cached.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{cached.name}.new-", dir=cached.parent))
    shutil.copytree(data, fresh / "data")
    (fresh / "data").rename(cached)
    fresh.rmdir()


def _run(program: str, *arguments: str, account: Account, script: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - the path is of our making
        [bin_directory() / program, *arguments],
        input=script,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        **account.process_arguments(),
    )
    # A single-user server goes on after an error and exits with 0.
    if done.returncode or "ERROR:" in done.stderr:
        reason = (done.stderr.strip().splitlines() or ["no word from it"])[-1]
        raise ServerNotStarted(
            f"the embedded PostgreSQL's {program} fails ({reason}): repair that, {INSTEAD}"
        )


def _hand_over(data: Path, account: Account) -> None:
    data.chmod(0o700)
    if account.is_other:
        for path in (data, *data.rglob("*")):
            os.chown(path, account.uid, account.gid)
