"""Ctrl+C while the program's own modules are imported; this one imports next to nothing."""

import _signal  # type: ignore[import-not-found]  # built in; `signal` imports a lot
import os

INTERRUPTED = "Interrupted: nothing was decided. Run the same command again."
UNDECIDED = 2
"""The exit code where a question was not answered."""


def end_when_interrupted() -> None:
    """Let SIGINT and SIGTERM end the process at once, with one line and exit code 2.

    Nothing is running yet that would have to be tidied up; and what a handler raises during an
    import may be caught by whoever looks whether a module is there, or be shown as a traceback.
    """
    for name in (_signal.SIGINT, _signal.SIGTERM):
        _signal.signal(name, _end)


def _end(_signal: int, _frame: object) -> None:
    os.write(2, f"apiproof: {INTERRUPTED}\n".encode())
    os._exit(UNDECIDED)
