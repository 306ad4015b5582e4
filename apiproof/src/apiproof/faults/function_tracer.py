"""Which functions of a folder are entered: what a test that enters none of them cannot judge."""

import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Self


class Reach:
    """Notes the functions that are entered, in every thread that starts meanwhile.

    Args:
        folder: Of the package, which is the first part of the functions' paths.
    """

    def __init__(self, folder: Path) -> None:
        self._prefix = f"{folder.resolve()}/"
        self._root = len(str(folder.resolve().parent)) + 1
        self._entered: set[str] = set()

    def taken(self) -> tuple[str, ...]:
        """Return the functions since the last time, as `path:qualified name`."""
        entered, self._entered = self._entered, set()
        return tuple(sorted(entered))

    def __enter__(self) -> Self:
        threading.settrace(self._note)
        sys.settrace(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _note(self, frame: FrameType, _event: str, _argument: Any) -> None:
        code = frame.f_code
        if code.co_filename.startswith(self._prefix):
            self._entered.add(f"{code.co_filename[self._root :]}:{code.co_qualname}")
