"""The applications that a project's own files start: `uvicorn app.main:app` in its Dockerfile."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

# In this order: what is deployed says more than what is told.
_FILES: Final = (
    "Dockerfile*", "*/Dockerfile*", "Procfile", "*.sh", "*/*.sh", "*compose*.y*ml", "Makefile",
    "pyproject.toml", "README*",
)  # fmt: skip
# Words of a shell or of a JSON list, options before the import path included.
_SERVER: Final = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|granian)\b[^\n;&|]*?[\s\"'](?P<path>[A-Za-z_][\w.]*:[A-Za-z_]\w*)"
)
_FASTAPI: Final = re.compile(r"\bfastapi[\"',\s]+(?:run|dev)[\"',\s]+(?P<file>[\w./-]+\.py)")
_LARGEST: Final = 200_000  # bytes


def started_applications(root: Path, known: Collection[str] = ()) -> list[str]:
    """Return import paths of what is there, the likeliest first.

    `fastapi run FILE` takes whatever application it finds in the file: its path ends with a colon.

    Args:
        root: the project's folder.
        known: import paths from there: a command may start in a folder below.
    """
    found: list[str] = []
    for path in (path for text in _texts(root) for path in _paths(text)):
        if _is_there(root, path):
            found.append(path)
        else:
            found += [it for it in known if it.endswith(f".{path}")][:1]
    return list(dict.fromkeys(found))


def _texts(root: Path) -> Iterator[str]:
    for pattern in _FILES:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and path.stat().st_size <= _LARGEST:
                yield path.read_text(encoding="utf-8", errors="replace")


def _paths(text: str) -> Iterator[str]:
    for match in _SERVER.finditer(text):
        yield match["path"]
    for match in _FASTAPI.finditer(text):
        module = Path(match["file"]).with_suffix("")
        yield f"{'.'.join(part for part in module.parts if part != '.')}:"


def _is_there(root: Path, path: str) -> bool:
    """Whether a module is there, and says the name at the beginning of a line, or imports it."""
    dotted, _, name = path.partition(":")
    module = root.joinpath(*dotted.split("."))
    files = [it for it in (module.with_suffix(".py"), module / "__init__.py") if it.is_file()]
    bound = re.compile(rf"^(?:async +def +|def +|(?:from|import)\b.*\b)?{name}\b", re.MULTILINE)
    return any(bound.search(it.read_text(encoding="utf-8", errors="replace")) for it in files)
