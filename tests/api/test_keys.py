import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.errors import KeysUnavailable
from api.identity.jwt import JwksCache, KeyNotAtHand
from api.identity.protocols import JwksSource
from apiproof.cognito.keys import PoolKeys

LIFESPAN = 3600.0
COOLDOWN = 5.0


class Source(JwksSource):
    """A key set that counts how often it is fetched, and can be away."""

    def __init__(self) -> None:
        self.pool = PoolKeys()
        self.fetches = 0
        self.away = False

    def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        if self.away:
            raise OSError
        return self.pool.jwks()


class Clock:
    """Seconds that tests move."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(source: Source, clock: Clock) -> JwksCache:
    return JwksCache(source, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)


def test_known_keys_are_never_fetched_again(ring: JwksCache, source: Source) -> None:
    for _ in range(20):
        assert ring.find(source.pool.access.kid)
    assert source.fetches == 1


def test_twenty_unknown_kids_cause_one_fetch(ring: JwksCache, source: Source) -> None:
    ring.require_any()
    assert [ring.find(f"unknown-{n}") for n in range(20)] == [None] * 20
    assert source.fetches == 2


def test_unknown_kids_are_looked_up_again_after_the_cooldown(
    ring: JwksCache, source: Source, clock: Clock
) -> None:
    ring.find("unknown")
    clock.now += COOLDOWN
    ring.find("unknown")
    assert source.fetches == 2


def test_a_rotated_key_is_found_at_once(ring: JwksCache, source: Source) -> None:
    for _ in range(3):
        source.pool.rotate()
        assert ring.find(source.pool.access.kid)
    assert source.fetches == 3


def test_an_urgent_look_ignores_the_cooldown(ring: JwksCache, source: Source) -> None:
    ring.find("unknown")
    source.pool.rotate()
    assert ring.find(source.pool.access.kid) is None
    assert ring.find(source.pool.access.kid, bypass_cooldown=True)


def test_a_withdrawn_key_serves_one_more_lifespan(source: Source, clock: Clock) -> None:
    ring = JwksCache(
        source,
        lifespan=LIFESPAN,
        cooldown=COOLDOWN,
        clock=clock,
        begin=lambda fetch: fetch(),  # or the old key would serve until the fetch is over
    )
    old = source.pool.access.kid
    assert ring.find(old)
    source.pool.rotate()
    clock.now += LIFESPAN
    assert ring.find(source.pool.access.kid)
    assert ring.find(old)
    clock.now += LIFESPAN + 1
    assert ring.find(source.pool.access.kid)
    assert ring.find(old) is None


def test_while_the_source_is_away_known_keys_serve_on(
    ring: JwksCache, source: Source, clock: Clock
) -> None:
    ring.require_any()
    source.away = True
    clock.now += 10 * LIFESPAN
    assert ring.find(source.pool.access.kid)
    with pytest.raises(KeysUnavailable):
        ring.find("unknown")


def test_a_source_that_is_away_is_asked_once_per_cooldown(
    ring: JwksCache, source: Source, clock: Clock
) -> None:
    source.away = True
    for _ in range(20):
        with pytest.raises(KeysUnavailable):
            ring.find("any")
    assert source.fetches == 1
    source.away = False
    clock.now += COOLDOWN
    assert ring.find(source.pool.access.kid)


def test_requests_at_once_share_one_fetch(source: Source, clock: Clock) -> None:
    entered = threading.Event()
    may_go_on = threading.Event()

    class Slow(Source):
        def fetch(self) -> dict[str, Any]:
            entered.set()
            assert may_go_on.wait(10)
            return super().fetch()

    slow = Slow()
    slow.pool = source.pool
    ring = JwksCache(slow, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(ring.find, slow.pool.access.kid) for _ in range(8)]
        assert entered.wait(10)
        may_go_on.set()
        assert all(future.result(10) for future in found)
    assert slow.fetches == 1


@pytest.mark.parametrize("look", ["find", "require_any"])
def test_a_key_that_another_one_has_just_fetched_is_not_fetched_again(
    look: str, source: Source, clock: Clock
) -> None:
    """Whoever looked before that fetch and asks for the lock after it."""
    kid = source.pool.access.kid

    class Overtaken(threading.Condition):
        def __enter__(self) -> bool:
            if others:
                threads.submit(ring.find, others.pop()).result(10)
            return super().__enter__()

    ring = JwksCache(source, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)
    others: list[str] = []
    ring._changed = Overtaken()  # noqa: SLF001 - the moment between the look and the lock
    with ThreadPoolExecutor(1) as threads:
        others.append(kid)
        ring.find(kid) if look == "find" else ring.require_any()
    assert source.fetches == 1


@pytest.mark.parametrize(
    "document",
    [{}, {"keys": []}, {"keys": None}, {"keys": [1]}, {"keys": [{"kty": "RSA"}]}, [], None],
)
def test_what_is_no_key_set_counts_as_away(document: Any, clock: Clock) -> None:
    class Odd(JwksSource):
        def fetch(self) -> dict[str, Any]:
            unchecked: dict[str, Any] = document
            return unchecked

    ring = JwksCache(Odd(), lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)
    with pytest.raises(KeysUnavailable):
        ring.require_any()


@pytest.mark.parametrize(("look", "looks_before"), [("has", 0), ("find", 1)])
def test_a_key_that_goes_between_two_looks_is_no_error(
    look: str, looks_before: int, source: Source
) -> None:
    between: list[Any] = []
    now = 1000.0

    def clock() -> float:
        if between:
            threads.submit(between.pop()).result(10)
        return now

    with ThreadPoolExecutor(1) as threads:
        ring = JwksCache(source, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)
        old = source.pool.access.kid
        assert ring.find(old)
        source.pool.rotate()
        now += LIFESPAN + 1
        new = source.pool.access.kid
        between += [lambda: ring.find(new), *[lambda: None] * looks_before]
        assert not getattr(ring, look)(old)
        assert not between, "nothing happened between the looks"


def test_a_key_at_hand_is_never_waited_for_though_it_goes_meanwhile(
    source: Source, clock: Clock
) -> None:
    class Overtaken(JwksCache):
        def has(self, kid: str) -> bool:
            found = super().has(kid)
            source.pool.rotate()
            clock.now += LIFESPAN + 1
            assert self.find(source.pool.access.kid)
            return found

    ring = Overtaken(source, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=clock)
    old = source.pool.access.kid
    known = ring.find(old)
    assert ring.at_hand(old) is known
    assert source.fetches == 2
    with pytest.raises(KeyNotAtHand):
        ring.at_hand(old)
