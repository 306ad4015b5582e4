"""The pool's public keys: fetched over HTTP when needed, kept, never fetched per request.

Sources: RFC 7517 (JSON Web Key Set); AWS "Verifying JSON web tokens" on key rotation.
"""

import json
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from typing_extensions import override

from api.errors import KeysUnavailable
from api.identity.protocols import JwksSource

log = structlog.get_logger(__name__)

_NEVER = float("-inf")
_LARGEST = 1_000_000  # bytes of a key set

# The source is away, or what it says is no key set.
_UNREADABLE = (OSError, LookupError, TypeError, ValueError, jwt.PyJWTError)


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
        try:
            # The settings admit http and https only.
            with urllib.request.urlopen(self._url, timeout=self._timeout) as answer:  # noqa: S310
                document: dict[str, Any] = json.loads(answer.read(_LARGEST))
        except HTTPException as error:
            raise OSError("The key set's server does not speak HTTP") from error
        return document


@dataclass(frozen=True)
class _Known:
    key: RSAPublicKey
    seen_at: float


class JwksCache:
    """The public keys of a pool by their kid."""

    def __init__(
        self, source: JwksSource, *, lifespan: float, cooldown: float, clock: Callable[[], float]
    ) -> None:
        """Keep keys from a source.

        Args:
            source: where the key set is.
            lifespan: seconds after which keys are fetched anew, and for which a key that the
                source no longer shows serves the tokens that it signed; while the source is away,
                all keys serve on.
            cooldown: seconds after a fruitless fetch before an unknown kid causes another one.
            clock: seconds, monotonic.
        """
        self._source = source
        self._lifespan = lifespan
        self._cooldown = cooldown
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._fetches = 0
        self._fetched_at = _NEVER
        self._last_miss_at = _NEVER
        self._unavailable = False

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
            self._renew()
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
            with self._lock:
                self._fetch()
        if not self._known:
            raise KeysUnavailable

    def _look_up(self, kid: str, *, bypass_cooldown: bool) -> None:
        fetches = self._fetches
        with self._lock:
            # Another request may have fetched while this one waited for the lock.
            if self._fetches != fetches or (self._cooling_down() and not bypass_cooldown):
                return
            self._fetch()
            if kid not in self._known:
                self._last_miss_at = self._clock()

    def _renew(self) -> None:
        """Fetch keys that have grown old; whoever finds that under way uses the old ones."""
        if self._lock.acquire(blocking=False):
            try:
                if not self._cooling_down():
                    self._fetch()
            finally:
                self._lock.release()

    def _cooling_down(self) -> bool:
        return self._clock() - self._last_miss_at < self._cooldown

    def _fetch(self) -> None:
        try:
            keys = _signing_keys(self._source.fetch())
        except _UNREADABLE as error:
            self._unavailable = True
            self._last_miss_at = self._clock()
            log.warning("jwks_unavailable", reason=type(error).__name__)
        else:
            self._unavailable = False
            self._fetched_at = now = self._clock()
            kept = {k: v for k, v in self._known.items() if now - v.seen_at <= self._lifespan}
            self._known = kept | {kid: _Known(key, now) for kid, key in keys.items()}
        self._fetches += 1


def _signing_keys(document: dict[str, Any]) -> dict[str, RSAPublicKey]:
    """Take the RSA signing keys of a key set and leave all else."""
    keys: dict[str, RSAPublicKey] = {}
    for entry in document["keys"]:
        if entry["kty"] == "RSA" and entry.get("use", "sig") == "sig":
            key = jwt.PyJWK(entry, algorithm="RS256").key
            if isinstance(key, RSAPublicKey):
                keys[str(entry["kid"])] = key
    if not keys:
        raise ValueError("The key set holds no RSA signing key")
    return keys
