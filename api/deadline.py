"""The time that a request has in all, and what is broken off when it is over.

Timeouts of drivers bound one step on a socket: a peer that sends a byte now and then keeps to all
of them and never ends. So a request has a total deadline, and the sockets that a thread of it
waits on are shut down then: the thread wakes up with an error and tidies up.
"""

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from api.errors import Unavailable

_DAY = 86_400.0  # seconds


class Deadline:
    """A moment by which everything has to have an answer; threads may share it."""

    def __init__(self, seconds: float) -> None:
        """Begin to count.

        Args:
            seconds: from now.
        """
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}
        self._is_over = False

    @property
    def remaining(self) -> float:
        """Seconds that are left, at least 0."""
        return max(self._end - time.monotonic(), 0.0)

    @property
    def timeout(self) -> float:
        """Seconds for a timer: those that are left, and at most a day where there is no end."""
        return min(self.remaining, _DAY)

    def require(self, error: type[Unavailable]) -> None:
        """Go on only while there is time.

        Args:
            error: what the caller waited for.

        Raises:
            Unavailable: the error given; the deadline is over.
        """
        if self._is_over or not self.remaining:
            raise error

    def watch(self, descriptor: int) -> None:
        """Shut a socket down at the deadline, until it is released.

        Args:
            descriptor: the socket's; it is duplicated, so that a number that is used again for
                something else meanwhile does no harm.
        """
        with self._lock:
            if descriptor in self._sockets:
                return
            twin = socket.socket(fileno=os.dup(descriptor))
            self._sockets[descriptor] = twin
            if self._is_over:
                _shut_down(twin)

    def release(self, descriptor: int) -> None:
        """Leave a socket alone from now on."""
        with self._lock:
            twin = self._sockets.pop(descriptor, None)
        if twin is not None:
            twin.close()

    def release_all(self) -> None:
        """Leave all sockets alone from now on."""
        with self._lock:
            twins, self._sockets = self._sockets, {}
        for twin in twins.values():
            twin.close()

    def end(self) -> None:
        """Shut down all that is waited on; called when the time is over."""
        with self._lock:
            self._is_over = True
            for twin in self._sockets.values():
                _shut_down(twin)


_never = Deadline(math.inf)
_current: ContextVar[Deadline] = ContextVar("deadline", default=_never)


def current() -> Deadline:
    """The deadline of the request at hand; without end outside of requests."""
    return _current.get()


@contextmanager
def started(seconds: float) -> Iterator[Deadline]:
    """Give everything within the block a deadline, threads included that get its context.

    Args:
        seconds: from now.
    """
    deadline = Deadline(seconds)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


def _shut_down(twin: socket.socket) -> None:
    with suppress(OSError):  # its peer has closed it
        twin.shutdown(socket.SHUT_RDWR)
