"""SIGTERM that unwinds like Ctrl+C, so that an external server is tidied up first.

An embedded server needs no such thing: its watchdog sees to it, however the process ends.
"""

import signal
import threading


class Termination:
    """Turns SIGTERM into KeyboardInterrupt where nobody else handles it.

    Not into SystemExit, which pytest counts as one failed test before it goes on.
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
