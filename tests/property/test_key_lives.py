"""The cache of a pool's keys through outages, ages, rotations and inventions, in any order."""

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import sampled_from
from jwt.algorithms import RSAAlgorithm

from api.errors import KeysUnavailable
from api.identity.jwt import JwksCache
from api.identity.protocols import JwksSource
from api.limits import Deadline
from tests.property.unsteady_environment import count

LIFESPAN = 3600.0  # seconds, like the next one
COOLDOWN = 5.0
PATIENCE = 10.0  # seconds, of the clock on the wall
TROUBLES = sampled_from([OSError(), RecursionError(), [], {"keys": [{}]}, {"keys": None}])
# What must have happened, and in which share of the lives.
REACH = {
    "the source is away": 0.1,
    "the source is away until all keys are old": 0.05,
    "an unknown key is asked for in the cooldown": 0.1,
    "a new key is found": 0.1,
    "a withdrawn key ends": 0.1,
    "a key is asked for that was not seen for long": 0.1,
    "old keys are fetched anew after a fetch in vain": 0.1,
}


@functools.cache
def _key() -> dict[str, Any]:
    """The JSON Web Key of a pool (RFC 7517)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {**public, "kid": "key-0", "use": "sig", "alg": "RS256"}


class Source(JwksSource):
    """A key set that can be away, or no key set."""

    def __init__(self) -> None:
        self.key = dict(_key())
        self.fetches = 0
        self.trouble: Any = None

    def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        if self.trouble is None:
            odd: list[Any] = [None, {"kid": self.key["kid"], "kty": "EC"}, {"kty": "RSA"}]
            return {"keys": [*odd, self.key, *odd]}
        if isinstance(self.trouble, Exception):
            raise self.trouble
        document: dict[str, Any] = self.trouble
        return document


class KeyLives(RuleBasedStateMachine):
    """What must be known is known, whatever came before."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.rotations = 1000.0, 0
        self.source = Source()
        self.cache = JwksCache(
            self.source,
            lifespan=LIFESPAN,
            cooldown=COOLDOWN,
            clock=lambda: self.now,
            begin=lambda fetch: fetch(),
        )
        self.cache.require_any()
        self.seen = {self.source.key["kid"]: self.now}
        self.fetched_at = self.now
        self.has_failed = False
        self.may_look_from = 0.0
        self.reached: set[str] = set()

    def teardown(self) -> None:
        count(self.reached, REACH)

    @rule(trouble=TROUBLES)
    def break_down(self, trouble: Any) -> None:
        self.source.trouble = trouble

    @rule(trouble=TROUBLES)
    def break_down_until_all_keys_are_old(self, trouble: Any) -> None:
        self.break_down(trouble)
        self.now += 2 * LIFESPAN + 1

    @rule()
    def recover(self) -> None:
        self.source.trouble = None

    @rule(seconds=sampled_from([1.0, COOLDOWN, LIFESPAN, LIFESPAN + 1, 2 * LIFESPAN + 1]))
    def age(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def rotate(self) -> None:
        self.rotations += 1
        self.source.key = {**self.source.key, "kid": f"key-{self.rotations}"}

    @rule()
    def ask_for_what_nobody_has(self) -> None:
        self._ask("nobody's")

    @rule()
    def ask_for_the_newest(self) -> None:
        kid = self.source.key["kid"]
        can_look = self.source.trouble is None and self.now >= self.may_look_from
        is_due = kid in self.seen or can_look
        assert (self._ask(kid) is not None) or not is_due

    @rule()
    def outlive_a_withdrawn_key(self) -> None:
        withdrawn = self.source.key["kid"]
        self.rotate()
        self.now += LIFESPAN + 1
        self._ask(self.source.key["kid"])
        self._ask(withdrawn)

    @rule()
    def ask_for_a_key_that_another_has_followed(self) -> None:
        """The set was fetched lately, and has not shown this key for two lifespans."""
        withdrawn = self.source.key["kid"]
        self.rotate()
        self.now += LIFESPAN
        self._ask(self.source.key["kid"])
        self.now += LIFESPAN + 1
        self._ask(withdrawn)

    @rule()
    def ask_for_what_the_provider_just_sent(self) -> None:
        if self.source.trouble is None:
            assert self._ask(self.source.key["kid"], bypass_cooldown=True) is not None

    @invariant()
    def known_keys_serve_while_the_source_is_away(self) -> None:
        if self.source.trouble is None:
            return
        self.reached.add("the source is away")
        for kid, seen_at in self.seen.items():
            if self.now - seen_at > 2 * LIFESPAN:
                self.reached.add("the source is away until all keys are old")
            assert self._ask(kid) is not None, "a key that was known is gone"

    @invariant()
    def what_is_known_needs_no_wait_twice(self) -> None:
        for kid in self.seen:
            if self._ask(kid) is not None:
                before = self.source.fetches
                self._ask(kid)
                assert self.source.fetches == before

    def _judge_whether_it_is_at_hand(self, kid: str, *, may_look: bool) -> None:
        age = self.now - self.seen[kid]
        if age <= 2 * LIFESPAN:
            assert self.cache.has(kid), "who has a key that was just seen waits for it"
        elif may_look:
            self.reached.add("a key is asked for that was not seen for long")
            assert not self.cache.has(kid), "nobody looks whether the key was withdrawn"

    def _ask(self, kid: str, *, bypass_cooldown: bool = False) -> Any:
        """Ask once, and write down what the source showed and when it may be asked again."""
        before, was_known = self.source.fetches, kid in self.seen
        may_look = self.now >= self.may_look_from
        allowed = bypass_cooldown or may_look
        if was_known:
            self._judge_whether_it_is_at_hand(kid, may_look=may_look)
        try:
            found = self.cache.find(kid, bypass_cooldown=bypass_cooldown)
        except KeysUnavailable:
            found = None
            assert self.source.trouble is not None or self.now < self.may_look_from
        asked = self.source.fetches - before
        if not allowed and not was_known:
            self.reached.add("an unknown key is asked for in the cooldown")
        is_old = self.now - self.fetched_at > LIFESPAN
        due = may_look and is_old if was_known else allowed
        assert asked == int(due), "asked too often" if asked else "old keys are not fetched anew"
        if asked:
            if was_known and self.has_failed:
                self.reached.add("old keys are fetched anew after a fetch in vain")
            self.has_failed = self.source.trouble is not None
        if asked and self.source.trouble is None:
            self.fetched_at = self.now
            if self.source.key["kid"] not in self.seen:
                self.reached.add("a new key is found")
            kept = {k: at for k, at in self.seen.items() if self.now - at <= LIFESPAN}
            if len(kept) < len(self.seen):
                self.reached.add("a withdrawn key ends")
            self.seen = kept | {self.source.key["kid"]: self.now}
        if asked and (self.source.trouble is not None or (found is None and not was_known)):
            self.may_look_from = self.now + COOLDOWN
        assert found is None or kid in self.seen, "a key that was withdrawn long ago serves still"
        return found


def test_a_key_that_the_set_has_not_shown_for_long_is_looked_up_however_lately_others_were() -> (
    None
):
    """The shortest of the lives below that shows it; nobody waits for keys that were just seen."""
    lives = KeyLives()
    lives.ask_for_a_key_that_another_has_followed()
    assert "a key is asked for that was not seen for long" in lives.reached
    assert lives.cache.has(lives.source.key["kid"])


@pytest.mark.parametrize(("age", "is_at_hand"), [(2 * LIFESPAN, True), (2 * LIFESPAN + 1, False)])
def test_nobody_waits_for_a_key_that_was_shown_within_two_lifespans(
    age: float, *, is_at_hand: bool
) -> None:
    lives = KeyLives()
    lives.now += age
    assert lives.cache.has(lives.source.key["kid"]) is is_at_hand


def test_a_key_that_is_newer_than_a_fetch_under_way_is_looked_for_by_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The provider has just signed by it, and what is on its way may be the set of before."""
    source, fetches, waits = Source(), list[Callable[[], None]](), threading.Semaphore(0)

    def remaining(_: Deadline) -> float:
        waits.release()  # asked under the lock, at last before somebody waits
        return PATIENCE

    monkeypatch.setattr(Deadline, "remaining", property(remaining))
    cache = JwksCache(
        source, lifespan=LIFESPAN, cooldown=COOLDOWN, clock=lambda: 0.0, begin=fetches.append
    )

    def fetch() -> None:
        assert waits.acquire(timeout=PATIENCE), "nobody looks"
        fetches.pop()()

    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(cache.find, "key-0")
        assert waits.acquire(timeout=PATIENCE)
        late = threads.submit(cache.find, "key-1", bypass_cooldown=True)
        fetch()
        assert early.result(PATIENCE)
        source.key = {**source.key, "kid": "key-1"}
        fetch()
        assert late.result(PATIENCE)
    assert source.fetches == 2


def test_keys_live_as_the_model_says_whatever_becomes_of_their_source() -> None:
    """Planted: keys that are not fetched anew after an outage; a source that is asked too often."""
    run_state_machine_as_test(KeyLives, settings=settings(stateful_step_count=30))
