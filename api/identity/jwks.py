"""The pool's public keys: fetched over HTTP when needed, kept, never fetched per request.

A fetch runs in a thread of its own, one at a time: whoever needs a key that is not at hand waits
for it until the deadline, and nobody else does.

Sources: RFC 7517 (JSON Web Key Set); AWS "Verifying JSON web tokens" on key rotation.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from typing_extensions import override

from api.deadline import current, started
from api.errors import KeysUnavailable
from api.identity.protocols import JwksSource
from api.identity.transport import fetch

log = structlog.get_logger(__name__)

_NEVER = float("-inf")
_MOMENT = 0.5  # seconds


class HttpJwks(JwksSource):
    """A key set behind a URL."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Remember where the key set is.

        Args:
            url: http or https, checked by the settings.
            timeout: seconds for each network step.
        """
        self._url = url
        self._timeout = timeout

    @override
    def fetch(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(fetch(self._url, timeout=self._timeout))
        return document


class KeyNotAtHand(LookupError):
    """A key has to be looked up, which takes time."""


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="jwks", daemon=True).start()


@dataclass(frozen=True)
class _Known:
    key: RSAPublicKey
    seen_at: float


class JwksCache:
    """The public keys of a pool by their kid."""

    def __init__(  # noqa: PLR0913 - tests replace clocks and threads
        self,
        source: JwksSource,
        *,
        lifespan: float,
        cooldown: float,
        clock: Callable[[], float],
        patience: float = 10.0,
        begin: Callable[[Callable[[], None]], None] = _in_a_thread,
    ) -> None:
        """Keep keys from a source.

        Args:
            source: where the key set is.
            lifespan: seconds after which keys are fetched anew, and for which a key that the
                source no longer shows serves the tokens that it signed; while the source is away,
                all keys serve on.
            cooldown: seconds after a fruitless fetch before an unknown kid causes another one.
            clock: seconds, monotonic.
            patience: seconds that a fetch may take in all.
            begin: runs a fetch beside those who wait for it.
        """
        self._source = source
        self._lifespan = lifespan
        self._cooldown = cooldown
        self._clock = clock
        self._patience = patience
        self._begin = begin
        self._changed = threading.Condition()
        self._is_fetching = False
        self._known: dict[str, _Known] = {}
        self._fetches = 0
        self._fetched_at = _NEVER
        self._last_miss_at = _NEVER
        self._unavailable = False

    @property
    def has_any(self) -> bool:
        """Whether keys are at hand."""
        return bool(self._known)

    def has(self, kid: str) -> bool:
        """Tell whether a key is at hand, so that nothing has to be waited for."""
        if kid not in self._known:
            return False
        return self._is_fetching or not self._is_doubtful(kid) or self._cooling_down()

    def at_hand(self, kid: str) -> RSAPublicKey:
        """Find a key without waiting for anything, so that an event loop may ask.

        Raises:
            KeyNotAtHand: find has to look it up.
        """
        known = self._known.get(kid)
        if known is None or not self.has(kid):
            raise KeyNotAtHand
        if self._clock() - self._fetched_at > self._lifespan:
            self._renew(0.0)
        return known.key

    def find(self, kid: str, *, bypass_cooldown: bool = False) -> RSAPublicKey | None:
        """Find a key, looking at the source when it is not at hand.

        Args:
            kid: the key's id, from a token's header.
            bypass_cooldown: look even during the cooldown; only for tokens that the provider
                itself sent.

        Raises:
            KeysUnavailable: the key is not at hand and the source does not answer.
        """
        if kid not in self._known:
            self._look_up(kid, bypass_cooldown=bypass_cooldown)
        elif self._clock() - self._fetched_at > self._lifespan:
            self._renew(_MOMENT if self._is_doubtful(kid) else 0.0)
        known = self._known.get(kid)
        if known is None and self._unavailable:
            raise KeysUnavailable
        return known.key if known else None

    def require_any(self) -> None:
        """Make sure that keys are at hand.

        Raises:
            KeysUnavailable: none are, and the source does not answer.
        """
        if not self._known:
            self._fetch_and_wait()
        if not self._known:
            raise KeysUnavailable

    def _look_up(self, kid: str, *, bypass_cooldown: bool) -> None:
        if self._cooling_down() and not bypass_cooldown:
            return
        # What the provider has just signed may be newer than a fetch that is under way.
        self._fetch_and_wait(anew=bypass_cooldown)
        if kid not in self._known:
            self._last_miss_at = self._clock()

    def _renew(self, seconds: float) -> None:
        """Fetch keys that have grown old, which serve on if that takes longer than a moment.

        Only who begins the fetch waits that long.
        """
        with self._changed:
            if self._is_fetching or self._cooling_down():
                return
            with suppress(KeysUnavailable):
                self._start()
            if seconds:
                self._changed.wait_for(lambda: not self._is_fetching, seconds)

    def _is_doubtful(self, kid: str) -> bool:
        """Tell whether nobody came for so long that a key may have been withdrawn long ago."""
        now = self._clock()
        known = self._known.get(kid)  # a fetch beside this may just have dropped it
        return known is None or now - known.seen_at > 2 * self._lifespan

    def _fetch_and_wait(self, *, anew: bool = False) -> None:
        """Wait for a fetch.

        Args:
            anew: whether it has to begin now; else one that is under way will do.

        Raises:
            KeysUnavailable: it takes too long.
        """
        deadline = current()
        with self._changed:
            wanted = self._fetches + (2 if anew and self._is_fetching else 1)
            while self._fetches < wanted:
                if not self._is_fetching:
                    self._start()
                    continue
                left = min(deadline.remaining, 2 * self._patience)
                if not left or not self._changed.wait(left):
                    raise KeysUnavailable

    def _start(self) -> None:
        """Begin a fetch.

        Raises:
            KeysUnavailable: there is no thread for it.
        """
        self._is_fetching = True
        try:
            self._begin(self._fetch)
        except RuntimeError:
            self._is_fetching = False
            self._last_miss_at = self._clock()
            raise KeysUnavailable from None

    def _cooling_down(self) -> bool:
        return self._clock() - self._last_miss_at < self._cooldown

    def _fetch(self) -> None:
        keys: dict[str, RSAPublicKey] = {}
        try:
            with started(self._patience) as deadline:
                alarm = threading.Timer(self._patience, deadline.end)
                alarm.daemon = True
                alarm.start()
                try:
                    keys = _signing_keys(self._source.fetch())
                finally:
                    alarm.cancel()
        # The source is away, or what it says is no key set, in any way that there is.
        except Exception as error:  # noqa: BLE001
            log.warning("jwks_unavailable", reason=type(error).__name__)
        with self._changed:
            now = self._clock()
            self._unavailable = not keys
            if keys:
                self._fetched_at = now
                kept = {k: v for k, v in self._known.items() if now - v.seen_at <= self._lifespan}
                self._known = kept | {kid: _Known(key, now) for kid, key in keys.items()}
            else:
                self._last_miss_at = now
            self._fetches += 1
            self._is_fetching = False
            self._changed.notify_all()


def _signing_keys(document: Any) -> dict[str, RSAPublicKey]:
    """Take the RSA signing keys of a key set and leave all else (RFC 7517, 5)."""
    keys: dict[str, RSAPublicKey] = {}
    for entry in document["keys"]:
        key = _signing_key(entry)
        if key is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise ValueError("The key set holds no RSA signing key")
    return keys


def _signing_key(entry: Any) -> RSAPublicKey | None:
    """Read one key of a set; None where it is none that could have signed a token of the pool."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    wanted = {"kty": "RSA", "use": "sig", "alg": "RS256"}
    if any(entry.get(name, it) != it for name, it in wanted.items()) or "kty" not in entry:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return None
    return key if isinstance(key, RSAPublicKey) else None
