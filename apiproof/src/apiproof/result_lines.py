"""Results on disk, one JSON line each, so that an interrupted run goes on where it stopped."""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

SOURCES: Final = frozenset({".py", ".json", ".toml", ".jinja"})  # suffixes
GENERATED: Final = frozenset({"reports", "node_modules", "__pycache__"})  # folders, as hidden ones


class JsonLines:
    """JSON lines that hold for one state of the sources; those of any other are forgotten.

    Args:
        path: The file.
        fingerprint: Of the sources.
        fresh: Whether to forget those of this state, too.
    """

    def __init__(self, path: Path, fingerprint: str, *, fresh: bool = False) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        known = bool(lines) and not fresh and lines[0] == f"{fingerprint}\n"
        # Without the line that an interruption cut off, or the next one would be appended to it.
        self._earlier = [line for line in lines[1:] if line.endswith("\n")] if known else []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join([f"{fingerprint}\n", *self._earlier]), encoding="utf-8")

    def earlier(self) -> Iterator[dict[str, Any]]:
        """Give the lines of earlier runs, but for one that an interruption cut off."""
        yield from map(json.loads, self._earlier)

    def add(self, line: Mapping[str, Any]) -> None:
        """Keep a line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def fingerprint(paths: Iterable[str], *, without: Path | None = None) -> str:
    """Return a digest of sources: results of other sources do not hold.

    Args:
        paths: files, and folders with all that is in them but reports, caches and environments.
        without: a file that changes nothing that is measured.
    """
    digest = sha256()
    left_out = without.resolve() if without else None
    for path in (path for name in paths for path in _files(Path(name))):
        if path.suffix in SOURCES and path.resolve() != left_out:
            digest.update(path.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def sources_here() -> list[str]:
    """Return the files and folders of the current one that decide what a job finds."""
    names = sorted(path.name for path in Path().iterdir())
    return [name for name in names if not name.startswith(".") and name not in GENERATED]


def _files(root: Path) -> Iterator[Path]:
    """Give a file, or those of a folder in order, without what tools leave there."""
    if root.is_file():
        yield root
        return
    is_environment = (root / "pyvenv.cfg").exists()
    for path in sorted(root.iterdir() if root.is_dir() and not is_environment else ()):
        is_package = (path / "__init__.py").exists()  # somebody's `reports` may be one
        is_left = path.name.startswith(".") or (path.name in GENERATED and not is_package)
        if not is_left:
            yield from _files(path)
