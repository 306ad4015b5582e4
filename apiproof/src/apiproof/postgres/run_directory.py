"""The directory of one run of the embedded server: made, locked, and swept when its run has died.

It knows files, locks and accounts, and nothing of PostgreSQL but how long a socket's path may be.
"""

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from apiproof.postgres.binaries import INSTEAD, Account
from apiproof.postgres.errors import ServerNotStarted

PREFIX = "apiproof-pg-"
LOCK = "lock"
MEMORY = Path("/dev/shm")  # noqa: S108 - Linux' file system in memory; mkdtemp makes it safe
MEMORY_NEEDED = 512 * 2**20  # bytes; a run takes about 100 MB, and containers often give just 64
SOCKET_PATH_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS
SOCKET_NAME = "/12345678/socket/.s.PGSQL.65535"  # as long as what is appended to the base
NEWBORN = 3600  # seconds in which a directory without a lock may still be in the making


@dataclass(frozen=True)
class RunDirectory:
    """A directory of ours with a place for data and sockets, locked while anyone uses it."""

    path: Path
    lock: int  # file descriptor

    @property
    def data(self) -> Path:
        """Where the data directory goes."""
        return self.path / "data"

    @property
    def socket(self) -> Path:
        """Where the server's socket goes: only its account (and root) may enter."""
        return self.path / "socket"

    @property
    def log(self) -> Path:
        """Where the server's messages go."""
        return self.path / "log"

    def remove(self) -> None:
        """Let go of the lock and remove everything."""
        os.close(self.lock)
        shutil.rmtree(self.path, ignore_errors=True)


def make_directory(account: Account) -> RunDirectory:
    """Make a run's directory where the account may enter and sockets fit.

    Raises:
        ServerNotStarted: there is no such place.
    """
    base = next((base for base in _bases() if _is_fit(base, account)), None)
    if base is None:
        raise ServerNotStarted(
            "no temporary directory fits the embedded PostgreSQL: "
            f"set TMPDIR to a short one that others may enter, {INSTEAD}"
        )
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    path.chmod(0o711 if account.is_other else 0o700)
    directory = RunDirectory(path, _lock_newborn(path))
    directory.socket.mkdir(mode=0o700)
    os.chown(directory.socket, account.uid, account.gid)
    return directory


def remove_stale() -> None:
    """Remove what killed runs left behind, but only if watchdog and server are both dead."""
    for base in _bases():
        for path in base.glob(f"{PREFIX}*"):
            with suppress(OSError):  # another run sweeps at the same time
                if _is_abandoned(path):
                    shutil.rmtree(path, ignore_errors=True)


def _bases() -> list[Path]:
    """Return the places for a run's directory, the best one first."""
    # A clone is 300 new files: 7 ms in memory, 13 to 200 ms on a disk's file system.
    # /tmp is the way out when TMPDIR is long or closed; mkdtemp makes the use of both safe.
    places = (MEMORY, Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108
    return [base for base in dict.fromkeys(places) if base.is_dir()]


def _is_fit(base: Path, account: Account) -> bool:
    if len(os.fsencode(base)) + len(PREFIX) + len(SOCKET_NAME) > SOCKET_PATH_LIMIT:
        return False
    if base == MEMORY and shutil.disk_usage(base).free < MEMORY_NEEDED:
        return False
    return os.access(base, os.W_OK) and (not account.is_other or _is_open_to_all(base))


def _is_open_to_all(path: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (path, *path.resolve().parents))


def _lock_newborn(path: Path) -> int:
    # Locked before it gets its name: a lock file that a sweep can see is always locked by someone.
    newborn = path / "lock.new"
    descriptor = os.open(newborn, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    newborn.rename(path / LOCK)
    return descriptor


def _is_abandoned(path: Path) -> bool:
    status = path.lstat()
    if path.is_symlink() or not path.is_dir() or status.st_uid != os.geteuid():
        return False
    try:
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - status.st_mtime > NEWBORN
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
