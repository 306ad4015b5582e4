"""Memory stays level over a long run: what differs with each request is not kept for ever.

Each kind of input is sent far more often than anything of it may be remembered, and costs next to
nothing: no signature is made or checked.
"""

import asyncio
import base64
import gc
import itertools
import json
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jwt
import pytest
from structlog.contextvars import get_contextvars

from api.errors import DatabaseUnavailable
from api.identity.jwt import JwksCache, JwtVerifier, _verified
from api.limits import Bulkhead
from api.middleware import RequestRecord
from api.shared_look import SharedLook
from tests.property.test_key_lives import COOLDOWN, LIFESPAN, Source

PATIENCE = 10.0  # seconds, for what happens at once
# More than anything is remembered of: the tokens whose signatures were good are 1,024.
MANY = {"tokens": 1500, "key_ids": 400, "looks": 400, "request_ids": 400}
# Bytes for each input: the least that is kept of one, a place in a dictionary, takes more.
LEVEL = 16


@pytest.fixture
def keys() -> JwksCache:
    # A fetch is done where it is asked for, so that nothing goes on beside the measuring.
    numbers = itertools.count(step=2 * COOLDOWN)
    return JwksCache(
        Source(),
        lifespan=LIFESPAN * 1000,
        cooldown=COOLDOWN,
        clock=lambda: next(numbers),
        begin=lambda work: work(),
    )


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def tokens(keys: JwksCache, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], object]:
    """Tokens that are good, each of another session."""
    # The table of what earlier tests left is made anew at some time, and would be taken for growth.
    _verified.cache_clear()
    claims: dict[str, Any] = {
        "iss": "pool",
        "client_id": "app",
        "token_use": "access",
        "sub": "s",
        "username": "a",
    }
    claims |= {"exp": int(time.time()) + 3600, "iat": 1}

    def decode(token: str, *_: object, **__: object) -> Any:
        padded = token.split(".")[1] + "=="
        return json.loads(base64.urlsafe_b64decode(padded))

    monkeypatch.setattr(jwt, "decode", decode)
    verifier = JwtVerifier(keys, issuer="pool", client_id="app", clock_skew=0, clock=time.time)
    header = encoded({"alg": "RS256", "kid": "key-0"})

    def verify(number: int) -> object:
        return verifier.verify(f"{header}.{encoded(claims | {'jti': f'session-{number}'})}.sign")

    return verify


@pytest.fixture
def key_ids(keys: JwksCache) -> Callable[[int], object]:
    """Ids of keys that do not exist."""
    keys.require_any()
    return lambda number: keys.find(f"unknown-{number}")


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture
def looks(loop: asyncio.AbstractEventLoop) -> Callable[[int], object]:
    """Looks that are shared."""
    shared = SharedLook(DatabaseUnavailable)

    async def look() -> None:
        pass

    return lambda _number: loop.run_until_complete(shared.shared(look))


@pytest.fixture
def request_ids(loop: asyncio.AbstractEventLoop) -> Callable[[int], object]:
    """Requests, each with an id of its own, in the context of one connection."""

    async def nothing(*_: Any) -> Any:
        pass

    record = RequestRecord(nothing)

    def serve(number: int) -> object:
        headers = [(b"x-request-id", f"request-{number}".encode())]
        scope = {"type": "http", "method": "GET", "headers": headers}

        async def served() -> None:
            await record(scope, nothing, nothing)
            assert not get_contextvars()

        return loop.run_until_complete(served())

    return serve


# Where what is kept comes from; other threads of this process may be at work in the kit.
_HERE = [
    tracemalloc.Filter(inclusive=True, filename_pattern=place)
    for place in ("*/api/*", "*/starlette/*", "*/json/*", __file__)
]


def in_use() -> int:
    """Count the bytes in use."""
    gc.collect()
    snapshot = tracemalloc.take_snapshot().filter_traces(_HERE)
    return sum(trace.size for trace in snapshot.traces)


@pytest.mark.parametrize("kind", MANY)
def test_memory_is_level_however_many_come(kind: str, request: pytest.FixtureRequest) -> None:
    """Planted: a cache of tokens without a bound."""
    meet: Callable[[int], object] = request.getfixturevalue(kind)
    many = MANY[kind]
    tracemalloc.start()
    try:
        found = []
        for first in (0, many):
            for number in range(first, first + many):
                meet(number)
            found.append(in_use())
    finally:
        tracemalloc.stop()
    assert found[0], "nothing is seen of what is kept"
    assert (found[1] - found[0]) / many < LEVEL


def test_nothing_is_kept_of_a_row_whose_work_is_done() -> None:
    """There are as many rows as users: what is kept of each fills the memory."""

    class Row(str):  # noqa: SLOT000 - it has to have weak references
        """A name that can be seen to go."""

    kept: list[weakref.ref[Row]] = []

    async def main() -> None:
        two = Bulkhead(DatabaseUnavailable, threads=2, queue=100)

        def at(number: int) -> Any:
            row = Row(f"user {number}")
            kept.append(weakref.ref(row))
            return two.run(lambda: None, row=row)

        # The second one of each waits until its row is free.
        await asyncio.gather(*(at(number) for number in range(20) for _ in range(2)))
        # The threads may hold their first jobs and their last for a moment longer.
        async with asyncio.timeout(PATIENCE):
            while any(each() is not None for each in kept):
                await asyncio.sleep(0)
                gc.collect()

    asyncio.run(main())
    assert len(kept) == 40


def test_work_that_is_done_is_not_kept_while_the_thread_does_the_next() -> None:
    """What it was about, a password say, would stay in memory as long as somebody else waits."""

    class Secret:
        """Something that can be seen to go."""

    may_end = threading.Event()

    async def main() -> None:
        one, secret = Bulkhead(DatabaseUnavailable, threads=1, queue=100), Secret()
        seen = weakref.ref(secret)
        about = partial(id, secret)
        del secret
        # The first job begins the thread, which may hold it until it ends.
        first = asyncio.create_task(one.run(lambda: None))
        second, last = (
            asyncio.create_task(one.run(work)) for work in (about, lambda: may_end.wait(PATIENCE))
        )
        del about
        await first
        await second
        del first, second
        try:
            async with asyncio.timeout(PATIENCE / 2):
                while seen() is not None:
                    await asyncio.sleep(0)
                    gc.collect()
        finally:
            may_end.set()
        await last

    asyncio.run(main())
