"""Ctrl+C and SIGTERM, heard wherever the program happens to be."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_SECONDS = 0.05
IMPORT_SECONDS = 5  # that an interrupt waits for; a module that hangs is left as it is
_IMPORTING = "<frozen importlib._bootstrap>"


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn both signals into `KeyboardInterrupt` in the main thread, until one gets through.

    Python swallows what is raised inside a finalizer, a weak reference's callback or a C library's
    callback (`sys.unraisablehook`); an interrupt that fell into one is repeated a moment later.
    One that comes during an import waits until that has ended: what is left of a module of which
    half was run breaks whoever imports it next, the writer of a report too.
    Shells start background jobs with SIGINT ignored: Ctrl+C and `kill -INT` work there too.
    """
    heard: list[float] = []

    def interrupt(_signal: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        heard.append(now)
        if _is_importing(frame) and now - heard[0] < IMPORT_SECONDS:
            _repeat()
            return
        heard.clear()
        raise KeyboardInterrupt

    signals = {name: signal.signal(name, interrupt) for name in (signal.SIGINT, signal.SIGTERM)}
    hook = sys.unraisablehook

    def swallowed(what: "UnraisableHookArgs") -> None:
        if what.exc_type is KeyboardInterrupt:
            _repeat()
        else:
            hook(what)

    sys.unraisablehook = swallowed
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for name, handler in signals.items():
            signal.signal(name, handler)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def _repeat() -> None:
    main = threading.main_thread().ident
    # To this thread, so that it wakes up from whatever it waits for.
    again = threading.Timer(AGAIN_SECONDS, signal.pthread_kill, [main, signal.SIGINT])
    again.daemon = True
    again.start()


class Termination:
    """Turns SIGTERM into KeyboardInterrupt where nobody else handles it.

    So an external database server is tidied up first; an embedded one needs no such thing: its
    watchdog sees to it, however the process ends. Not into SystemExit, which pytest counts as
    one failed test before it goes on.
    """

    def __init__(self) -> None:
        # Only the main thread may set handlers, and somebody's handler knows better.
        self._is_ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )
        if self._is_ours:
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    def restore(self) -> None:
        """Let SIGTERM do what it did before."""
        if self._is_ours and signal.getsignal(signal.SIGTERM) is signal.default_int_handler:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._is_ours = False
