"""Memory stays level over a long run: what differs with each request is not kept for ever.

Each kind of input is sent far more often than anything of it may be remembered, and costs next to
nothing: no signature is made or checked.
"""

import asyncio
import base64
import gc
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from structlog.contextvars import get_contextvars

from api.errors import DatabaseUnavailable
from api.identity.jwt import JwksCache, JwtVerifier
from api.middleware import RequestRecord
from api.shared_look import SharedLook
from tests.property.test_key_lives import COOLDOWN, LIFESPAN, Source

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
    """Planted: a cache of tokens without a bound. Of rows: test_bulkhead.py."""
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
