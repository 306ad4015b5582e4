"""Threads for blocking work, so many for each kind: what is stuck fills its own compartment only.

psycopg2 and boto3 block, so they run in threads. A request waits its turn without a thread and
without a connection; beyond a queue's length, and at the end of its deadline, it is told at once to
come back.

Source: M. Nygard, Release It!, "Bulkheads".
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from api.deadline import current
from api.errors import Unavailable

T = TypeVar("T")
_LONG = 86_400.0  # seconds; for those who have no deadline


class Bulkhead:
    """A number of threads, and a queue before them: first come, first served."""

    def __init__(self, error: type[Unavailable], *, threads: int, queue: int) -> None:
        """Set the limits.

        Args:
            error: the answer to those who cannot be served in time.
            threads: how much work is done at once.
            queue: how many may wait for that.
        """
        self._error = error
        self._free = threads
        self._longest = queue
        self._waiting: deque[_Turn] = deque()
        self._lock = threading.Lock()  # places are given back by threads

    async def run(self, work: Callable[[], T]) -> T:
        """Do blocking work in a thread, within the request's deadline.

        At the deadline the caller gets its error and the thread's sockets are shut down; its place
        is free when it has ended.

        Args:
            work: what blocks.

        Raises:
            Unavailable: the error given; no place or no result in time.
        """
        deadline = current()
        deadline.require(self._error)
        place = await self._enter()
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(min(deadline.remaining, _LONG), deadline.end)

        has_begun = False

        def guarded() -> T:
            nonlocal has_begun
            has_begun = True
            try:
                return work()
            finally:
                place.leave()

        try:
            with anyio.move_on_after(deadline.remaining):
                # The places are counted here, so that a thread that was given up keeps its own.
                unlimited = anyio.CapacityLimiter(math.inf)
                return await anyio.to_thread.run_sync(
                    guarded, abandon_on_cancel=True, limiter=unlimited
                )
            deadline.end()
            raise self._error
        finally:
            alarm.cancel()
            if not has_begun:
                place.leave()

    async def _enter(self) -> "_Place":
        place = _Place(self)
        with self._lock:
            if self._free:
                self._free -= 1
                return place
            if len(self._waiting) >= self._longest:
                raise self._error
            turn = _Turn()
            self._waiting.append(turn)
        try:
            async with asyncio.timeout(min(current().remaining, _LONG)):
                await turn.comes
        except BaseException as reason:
            with self._lock:
                is_handed_over = turn not in self._waiting
                if not is_handed_over:
                    self._waiting.remove(turn)
            if is_handed_over:
                place.leave()
            if isinstance(reason, TimeoutError):
                raise self._error from None
            raise
        return place

    def leave(self) -> None:
        """Hand a place over to whoever waits longest; any thread may."""
        with self._lock:
            while self._waiting:
                if self._waiting.popleft().come():
                    return
            self._free += 1


class _Place:
    """A place in a bulkhead, given back once, however often that is said."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self._bulkhead = bulkhead
        self._lock = threading.Lock()
        self._is_held = True

    def leave(self) -> None:
        with self._lock:
            was_held, self._is_held = self._is_held, False
        if was_held:
            self._bulkhead.leave()


class _Turn:
    """Someone who waits for a place, in a loop that need not be that of the one who leaves."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.comes: asyncio.Future[None] = self._loop.create_future()

    def come(self) -> bool:
        if self._loop.is_closed():
            return False
        self._loop.call_soon_threadsafe(self._set)
        return True

    def _set(self) -> None:
        if not self.comes.done():
            self.comes.set_result(None)
