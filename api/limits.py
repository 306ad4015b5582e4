"""What bounds a request: the time that it has in all, and the threads that its kind of work gets.

Timeouts of drivers bound one step on a socket: a peer that sends a byte now and then keeps to all
of them and never ends. So a request has a total deadline, and the sockets that a thread of it
waits on are shut down then: the thread wakes up with an error and tidies up.

psycopg2 and boto3 block, so they run in threads: so many for each kind of work that what is stuck
fills its own compartment only. A request waits its turn without a thread and without a connection;
beyond a queue's length, and at the end of its deadline, it is told at once to come back. A thread
that is done takes the next work itself: under load it would idle if it had to wait until the event
loop, which has all clients to look after, hands it over.

Source: M. Nygard, Release It!, "Timeouts" and "Bulkheads".
"""

import asyncio
import contextvars
import itertools
import math
import os
import socket
import threading
import time
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.types import Receive

from api.errors import Unavailable

T = TypeVar("T")
TIDYING = 2.0
"""Seconds for what has to be written down although its request is over."""
_DAY = 86_400.0  # seconds
_numbers = itertools.count()
_AHEAD = 16  # for each thread, those who wait for nothing but a thread


class Deadline:
    """A moment by which everything has to have an answer; threads may share it."""

    def __init__(self, seconds: float, receive: Receive | None = None) -> None:
        """Begin to count.

        Args:
            seconds: from now.
            receive: the request's, by which its client says that it hangs up.
        """
        self._end = time.monotonic() + seconds
        self._receive = receive
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

    async def hung_up(self) -> None:
        """Wait until the client has hung up; only for those who have read the request's body."""
        if self._receive is None:
            await asyncio.Future()
        else:
            while (await self._receive())["type"] != "http.disconnect":
                pass

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
def started(seconds: float, receive: Receive | None = None) -> Iterator[Deadline]:
    """Give everything within the block a deadline, threads included that get its context.

    Args:
        seconds: from now.
        receive: the request's.
    """
    deadline = Deadline(seconds, receive)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Give a block a deadline of its own, whatever its request has left; for threads.

    Args:
        seconds: from now; then what is waited on is shut down.
    """
    with started(seconds) as deadline:
        alarm = threading.Timer(seconds, deadline.end)
        alarm.daemon = True
        with suppress(RuntimeError):  # no thread for it: the drivers' own timeouts are left
            alarm.start()
        try:
            yield
        finally:
            alarm.cancel()


def _shut_down(twin: socket.socket) -> None:
    with suppress(OSError):  # its peer has closed it
        twin.shutdown(socket.SHUT_RDWR)


class Bulkhead:
    """A number of threads, and a queue before them: first come, first served.

    Work may name a row that it changes. Of such work only a part is done, and only a part waits, at
    once: a row that somebody keeps locked leaves room for work that does not need it.

    Attributes:
        error: the answer to those who cannot be served in time.
        on_end: called in the event loop whenever work has ended or been given up.
    """

    def __init__(
        self, error: type[Unavailable], *, threads: int, queue: int, for_a_row: int | None = None
    ) -> None:
        """Set the limits.

        Args:
            error: the answer to those who cannot be served in time.
            threads: how much work is done at once.
            queue: how many may wait for that.
            for_a_row: how many of the threads may do work that names the same row; a third unless
                given.
        """
        self.error = error
        self.on_end: Callable[[], None] = lambda: None
        self._free = threads
        self._enough = _AHEAD * threads
        self._longest = queue
        self._for_a_row = for_a_row or max(1, threads // 3)
        self._longest_for_a_row = queue - queue // 4
        self._ready: list[_Job] = []  # in the order in which they came
        self._at_row: Counter[str | None] = Counter()  # at work or ready
        self._held: dict[str | None, deque[_Job]] = {}  # those whose row has no room
        self._waiting = 0  # ready or held
        self._lock = threading.Lock()
        self._threads: set[asyncio.Task[None]] = set()

    @property
    def lacking(self) -> int:
        """How much more work should wait for nothing but a thread, so that none idles."""
        return max(self._enough - len(self._ready), 0)

    def is_full(self, others: int = 0) -> bool:
        """Tell whether nobody else may wait.

        Args:
            others: how many wait for a place here already.
        """
        # A thread may be free for the moment in which those others are let in.
        return (others > 0 or not self._free) and self._waiting + others >= self._longest

    async def run(self, work: Callable[[], T], *, row: str | None = None) -> T:
        """Do blocking work in a thread, within the request's deadline.

        At the deadline the caller gets its error and the thread's sockets are shut down, so that
        it ends soon.

        Args:
            work: what blocks.
            row: names the row that the work may have to wait for.

        Raises:
            Unavailable: the error given; no thread or no result in time.
        """
        deadline = current()
        deadline.require(self.error)
        job = _Job(work, row)
        if self._is_begun(job):
            beside = job.loop.create_task(self._in_a_thread(job))
            self._threads.add(beside)
            beside.add_done_callback(self._threads.discard)
        else:
            beside = job.loop.create_task(self._leave_when_hung_up(job, deadline))
            job.result.add_done_callback(lambda _: beside.cancel())
        try:
            async with asyncio.timeout(deadline.timeout):
                result: T = await job.result
        except TimeoutError:
            if job.result.cancelled() or isinstance(job.result.exception(), TimeoutError):
                deadline.end()
                raise self.error from None
            # An event loop that is late finds the outcome and the end of the time together.
            result = job.result.result()
        finally:
            self._give_up(job)
            self.on_end()
        return result

    async def _leave_when_hung_up(self, job: "_Job", deadline: Deadline) -> None:
        """Let nobody wait behind a job that has not begun when its client has gone."""
        await deadline.hung_up()
        if self._has_left(job) and not job.result.done():
            job.result.set_exception(self.error())

    def _is_begun(self, job: "_Job") -> bool:
        """Tell whether there is a thread for a job at once; else it waits, if it may."""
        with self._lock:
            has_room = job.row is None or self._at_row[job.row] < self._for_a_row
            if self._free and has_room:
                self._free -= 1
                self._at_row[job.row] += 1
                return True
            held = self._held.get(job.row, ())
            if self._waiting >= self._longest or len(held) >= self._longest_for_a_row:
                raise self.error
            self._waiting += 1
            if has_room:
                self._make_ready(job)
            else:
                self._held.setdefault(job.row, deque()).append(job)
            return False

    def _make_ready(self, job: "_Job") -> None:
        self._at_row[job.row] += 1
        # Who has waited for a row goes before those who came later.
        insort(self._ready, job, key=attrgetter("number"))

    def _give_up(self, job: "_Job") -> None:
        """Take a job out of the queue, where it would keep others out, if it waits there still."""
        job.is_wanted = False
        if not job.result.done() or job.result.cancelled():
            self._has_left(job)

    def _has_left(self, job: "_Job") -> bool:
        """Take a job out of the queue; tells whether it waited there still."""
        with self._lock:
            held = self._held.get(job.row, deque())
            if job in self._ready:
                self._ready.remove(job)
                self._leave_row(job)
            elif job in held:
                held.remove(job)
                if not held:
                    del self._held[job.row]
            else:
                return False
            self._waiting -= 1
            return True

    async def _in_a_thread(self, job: "_Job") -> None:
        # The threads are counted here.
        unlimited = anyio.CapacityLimiter(math.inf)
        try:
            await anyio.to_thread.run_sync(
                self._work_off, job, abandon_on_cancel=True, limiter=unlimited
            )
        except RuntimeError:
            # The system gives us no more threads.
            with self._lock:
                self._free += 1
                self._leave_row(job)
            if not job.result.done():
                job.result.set_exception(self.error())

    def _work_off(self, job: "_Job | None") -> None:
        """Do a job and then those that wait, in the thread that this runs in."""
        while job is not None:
            tell = job.run()
            with self._lock:
                self._leave_row(job)
                following = self._next()
                if following is None:
                    self._free += 1
            # Only now: who has an answer and asks again must not meet their own earlier work.
            tell()
            del tell  # what was done is not kept while the next work goes on
            job = following

    def _next(self) -> "_Job | None":
        """Take the first of those who wait for a thread alone."""
        if not self._ready:
            return None
        self._waiting -= 1
        return self._ready.pop(0)

    def _leave_row(self, job: "_Job") -> None:
        """Give a job's room at its row to the first of those who wait for that."""
        self._at_row[job.row] -= 1
        if held := self._held.get(job.row):
            self._make_ready(held.popleft())
            if not held:
                del self._held[job.row]
        if not self._at_row[job.row]:
            del self._at_row[job.row]


class _Job:
    """Work that somebody waits for in an event loop."""

    def __init__(self, work: Callable[[], Any], row: str | None) -> None:
        self.number = next(_numbers)
        self.row = row
        self.loop = asyncio.get_running_loop()
        self.result: asyncio.Future[Any] = self.loop.create_future()
        self.is_wanted = True
        self._work = work
        self._context = contextvars.copy_context()
        self._thread = threading.get_ident()

    def run(self) -> Callable[[], None]:
        """Do the work, unless whoever asked has gone; returns what tells them the outcome."""
        if not self.is_wanted:
            return lambda: None
        try:
            value = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the work is waited for
            return partial(self._tell, self._set_error, error)
        return partial(self._tell, self._set_value, value)

    def _tell(self, setter: Callable[[Any], None], what: Any) -> None:
        if threading.get_ident() == self._thread:
            setter(what)
        elif not self.loop.is_closed():
            self.loop.call_soon_threadsafe(setter, what)

    def _set_value(self, value: Any) -> None:
        if not self.result.done():
            self.result.set_result(value)

    def _set_error(self, error: BaseException) -> None:
        if not self.result.done():
            self.result.set_exception(error)
