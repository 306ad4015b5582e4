"""What a test may not leave behind: connections that somebody has still, and threads that run."""

import os
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

AT_LAST = 5.0  # seconds: what a request that was given up does last
# Of event loops for what comes next, and of the proxy before PostgreSQL for pooled connections.
_KEPT = re.compile(r"AnyIO worker thread|.*\(process_request_thread\)")

_checked_out: set[int] = set()


def _take(_connection: Any, record: Any, _proxy: Any) -> None:
    _checked_out.add(id(record))


def _give_back(_connection: Any, record: Any) -> None:
    _checked_out.discard(id(record))


event.listen(Pool, "checkout", _take)
event.listen(Pool, "checkin", _give_back)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test after which a connection is checked out or one of its threads still runs."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + AT_LAST
    while (left := _left(before)) and time.monotonic() < until:
        os.sched_yield()
    assert not left, f"never given back: {left}"


def _left(before: set[threading.Thread]) -> list[str]:
    names = [thread.name for thread in threading.enumerate() if thread not in before]
    threads = [name for name in names if not _KEPT.fullmatch(name)]
    return threads + ["a connection"] * len(_checked_out)
