"""Whether a part of the tests passed before with the very same inputs; `noxfile.py` asks."""

import datetime as dt
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Beside the kit itself: its pins, how its tests are run, and what its commands find above them.
SHARED = ("pyproject.toml", "constraints.txt", "noxfile.py", "schemathesis.toml")
VARIABLES = ("APIPROOF_", "AWS_", "HYPOTHESIS_", "PG", "PYTEST_", "PYTHON", "SCHEMATHESIS_")
PROGRAMS = ("chromium", "chromium-browser", "chrome", "node", "npm", "redis-server", "unshare")
WRITTEN = {"__pycache__", "reports"}  # by the tests; what begins with a dot is, too


def digest_of_inputs(root: Path, environment: Mapping[str, str]) -> str:
    """Return what tells two runs of the kit's own tests apart before they begin.

    That is each file of `apiproof/`, the pins, Python and the system, the variables that the tests
    or their libraries read (an external database's address among them), and the programs whose
    lack skips a test.
    """
    kit = root / "apiproof"
    files = [root / name for name in SHARED if (root / name).is_file()]
    for folder, folders, names in os.walk(kit):
        folders[:] = [name for name in folders if name[0] != "." and name not in WRITTEN]
        files += [Path(folder, name) for name in names]
    found = hashlib.sha256(f"{sys.version}\0{platform.platform()}".encode())
    for path in sorted(files):
        found.update(f"\0{path.relative_to(root)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    for name in sorted(environment):
        if name.startswith(VARIABLES):
            found.update(f"\0{name}={environment[name]}".encode())
    for name in PROGRAMS:
        found.update(f"\0{shutil.which(name, path=environment.get('PATH'))}".encode())
    return found.hexdigest()


@dataclass(frozen=True)
class PassedBefore:
    """The note of the last green whole run, and what is to be known before it is believed."""

    note: Path
    digest: str
    ci: bool
    """Where it is set, nothing is left out."""

    def when(self) -> str | None:
        """Return when these inputs passed (ISO 8601), or None where they are to be run."""
        if self.ci or not self.note.is_file():
            return None
        digest, _, when = self.note.read_text(encoding="utf-8").strip().partition(" ")
        return when if digest == self.digest else None

    def forget(self) -> None:
        """Forget the last run, before another begins: one that is broken off leaves no note."""
        self.note.unlink(missing_ok=True)

    def remember(self, digest_now: str) -> None:
        """Note a whole run that passed, unless its inputs were changed while it ran."""
        if digest_now == self.digest:
            now = dt.datetime.now().astimezone().isoformat(sep=" ", timespec="minutes")
            self.note.parent.mkdir(parents=True, exist_ok=True)
            self.note.write_text(f"{self.digest} {now}\n", encoding="utf-8")


def passed_before(root: Path, environment: Mapping[str, str]) -> PassedBefore:
    """Return the note on the kit's own tests of the project at `root`."""
    ci = environment.get("CI", "").lower() not in {"", "0", "false"}
    return PassedBefore(root / ".nox" / "kit-passed", digest_of_inputs(root, environment), ci)
