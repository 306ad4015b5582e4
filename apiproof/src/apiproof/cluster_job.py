"""The process of one job: `python -m apiproof.cluster_job` reads it from standard input as JSON.

It ends with the worker that started it: another one does the job then.
"""

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
from typing import Final, NoReturn

from apiproof.quick_end import QuickEnd

_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG, prctl(2); Linux only


def _end_with(parent: int) -> None:
    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)  # as Ctrl+C, so that servers are stopped
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        raise KeyboardInterrupt  # it was lost before it could be watched


def main() -> None:
    """Do the job, and write the JSON object that it gives to standard output."""
    _end_with(os.getppid())
    asked = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever else is said is no part of the answer
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # a text for sys.path
    module, _, name = asked["function"].partition(":")
    given = getattr(importlib.import_module(module), name)(asked["arguments"])
    with os.fdopen(answer, "w", encoding="utf-8") as file:
        json.dump(given, file)


if __name__ == "__main__":
    quick_end = QuickEnd()
    quick_end.prepare()
    main()
    quick_end.code = 0
