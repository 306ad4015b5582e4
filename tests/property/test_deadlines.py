"""Deadlines: which sockets they shut down, and how a connection is seen to be dead."""

import fcntl
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from api.database import _has_news, transaction
from api.errors import DatabaseUnavailable
from api.limits import Deadline, bounded, current, started
from api.transactions import Transactions, write_down

PATIENCE = 10.0  # seconds, for what happens at once


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """Let this process have so many open files, where its system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"the system allows this process {hard} open files, and {count} are needed")
    wanted = soft if soft == resource.RLIM_INFINITY else max(soft, count)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_released_socket_is_left_alone() -> None:
    near, far = socket.socketpair()
    deadline = Deadline(PATIENCE)
    with near, far:
        deadline.watch(near.fileno())
        deadline.release(near.fileno())
        deadline.end()
        far.send(b"x")
        assert near.recv(1) == b"x"


def test_a_socket_that_is_watched_once_more_is_shut_down_like_any_other() -> None:
    """A request's second transaction gets the connection of its first."""
    near, far = socket.socketpair()
    near.settimeout(PATIENCE)
    deadline = Deadline(PATIENCE)
    with near, far:
        deadline.watch(near.fileno())
        deadline.release(near.fileno())
        deadline.watch(near.fileno())
        deadline.end()
        assert near.recv(1) == b""
    deadline.release_all()


def test_what_has_a_time_of_its_own_is_shut_down_at_its_end() -> None:
    """What has to be tidied up after a request waits for nobody without an end, either."""
    near, far = socket.socketpair()
    near.settimeout(PATIENCE)
    with near, far, bounded(0.05):
        current().watch(near.fileno())
        assert near.recv(1) == b""
        current().release_all()


@pytest.mark.parametrize("error", [None, OSError, DatabaseUnavailable])
def test_no_thread_is_left_of_a_time_of_its_own_however_it_ends(
    error: type[Exception] | None,
) -> None:
    """Else an outage, where everything fails, would gather threads for as long as it lasts."""
    before = set(threading.enumerate())
    with suppress(OSError, DatabaseUnavailable), bounded(1000 * PATIENCE):
        own = set(threading.enumerate()) - before
        if error is not None:
            raise error
    assert own, "nothing would have ended the block"
    for thread in own:
        thread.join(PATIENCE)
    assert not [thread for thread in own if thread.is_alive()]


def test_a_number_that_is_used_again_is_another_socket() -> None:
    """The watched one is closed by its owner without a word, and its number given away."""
    deadline = Deadline(PATIENCE)
    near, far = socket.socketpair()
    number = near.fileno()
    deadline.watch(number)
    near.close()
    far.close()
    other, its_peer = socket.socketpair()
    with other, its_peer:
        assert number in {other.fileno(), its_peer.fileno()}
        deadline.end()
        other.send(b"x")
        assert its_peer.recv(1) == b"x"
    deadline.release_all()


def test_what_is_watched_after_the_deadline_is_shut_down_at_once() -> None:
    deadline = Deadline(0.0)
    deadline.end()
    near, far = socket.socketpair()
    with near, far:
        deadline.watch(near.fileno())
        assert near.recv(1) == b""
    deadline.release_all()
    with pytest.raises(DatabaseUnavailable):
        deadline.require(DatabaseUnavailable)


def test_nothing_is_left_of_a_deadline_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks how long it may take at the very end may take no time at all."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    deadline = Deadline(2.0)
    for seconds, left in ((1.5, 0.5), (0.25, 0.25), (0.25, 0.0), (10.0, 0.0)):
        now += seconds
        assert deadline.remaining == deadline.timeout == pytest.approx(left, abs=1e-6)
    with pytest.raises(DatabaseUnavailable):
        deadline.require(DatabaseUnavailable)


def test_there_is_no_deadline_outside_of_requests() -> None:
    assert current().remaining > time.monotonic()
    current().require(DatabaseUnavailable)


@pytest.mark.parametrize("number", [None, 1500], ids=["few", "beyond select's 1,023"])
def test_a_connection_with_news_is_seen_whatever_its_number(number: int | None) -> None:
    """A thousand clients take the low numbers; the database's connections get the next ones."""
    near, far = socket.socketpair()
    with near, far:
        if number is None:
            descriptor = os.dup(near.fileno())
        else:
            with many_files(number + 1):
                descriptor = fcntl.fcntl(near.fileno(), fcntl.F_DUPFD, number)
        try:
            assert not _has_news(descriptor)
            far.close()
            assert _has_news(descriptor)
        finally:
            os.close(descriptor)


def test_what_is_done_when_the_deadline_is_over_is_not_kept() -> None:
    """Also by a connection that nothing has shut down: whoever asked has another answer by now."""
    engine = create_engine("sqlite://")

    def write(*, is_late: bool) -> None:
        with started(PATIENCE) as deadline, transaction(engine) as db:
            db.connection().execute(text("INSERT INTO kept VALUES (1)"))
            if is_late:
                deadline.end()

    def kept() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM kept")).scalar_one())

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number integer)"))
    with pytest.raises(DatabaseUnavailable):
        write(is_late=True)
    assert kept() == 0
    write(is_late=False)
    assert kept() == 1
    engine.dispose()


class Failing(Transactions):
    """Transactions of which some fail, before their work or at the commit."""

    def __init__(self, *moments: str) -> None:
        self.moments = list(moments)
        self.begun = 0

    @contextmanager
    def begin(self) -> Iterator[Any]:
        moment = self.moments[self.begun]
        self.begun += 1
        if moment == "before":
            raise DatabaseUnavailable
        yield None
        if moment == "at the commit":
            raise DatabaseUnavailable


@pytest.mark.parametrize(
    ("moments", "is_written"),
    [
        (["never"], True),
        (["before", "never"], True),
        (["before", "before"], False),
        (["before", "at the commit"], False),
        (["at the commit"], False),
    ],
)
def test_what_may_be_written_down_already_is_not_written_again(
    moments: list[str], *, is_written: bool
) -> None:
    database, done = Failing(*moments), list[int]()
    try:
        write_down(database, lambda _: done.append(1))
        assert is_written
    except DatabaseUnavailable:
        assert not is_written
    assert database.begun == len(moments)
    assert len(done) == len(moments) - moments.count("before")
