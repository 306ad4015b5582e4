"""Verification of access tokens, offline: RS256 only, by the pool's keys, which are kept.

Whatever is wrong with a token, the answer is the same TokenInvalid.

Keys are fetched when needed, never per request, and in a thread of its own, one fetch at a time:
whoever needs a key that is not at hand waits for it until the deadline, and nobody else does.

Sources: AWS "Verifying JSON web tokens", with its part on key rotation; RFC 8725 (JWT best current
practices); PyJWT 2.15.
"""

import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

import jwt
import structlog
from jwt.utils import base64url_decode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from typing_extensions import override

from api.errors import IdentityUnavailable, KeysUnavailable, TokenInvalid
from api.identity.jwks import signing_keys
from api.identity.protocols import AccessToken, JwksSource, TokenVerifier
from api.limits import bounded, current

log = structlog.get_logger(__name__)

_NEVER = float("-inf")
_MOMENT = 0.5  # seconds

# Cognito's access tokens have 1-2 KB; a header line has at most 64 KB.
_LONGEST = 8192

# Tokens whose signature need not be checked again: of those who have called last, some megabytes.
_REMEMBERED = 1024

# RFC 7515, 2: base64url without padding. PyJWT also takes a padded signature, which would let the
# same token be written in several ways.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")

_Keys = tuple[jwt.PyJWK, ...]
_Find = Callable[[str], _Keys | None]
_Time = Annotated[int, Field(ge=0, le=2**40)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


class KeyNotAtHand(LookupError):
    """A key has to be looked up, which takes time."""


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="jwks", daemon=True).start()


@dataclass(frozen=True)
class _Known:
    keys: _Keys
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

    def at_hand(self, kid: str) -> _Keys:
        """Find the keys of an id without waiting for anything, so that an event loop may ask.

        Raises:
            KeyNotAtHand: find has to look it up.
        """
        known = self._known.get(kid)
        if known is None or not self.has(kid):
            raise KeyNotAtHand
        if self._clock() - self._fetched_at > self._lifespan:
            self._renew(0.0)
        return known.keys

    def find(self, kid: str, *, bypass_cooldown: bool = False) -> _Keys | None:
        """Find the keys of an id, looking at the source when none is at hand.

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
        return known.keys if known else None

    def require_any(self) -> None:
        """Make sure that keys are at hand.

        Raises:
            KeysUnavailable: none are, and the source does not answer.
        """
        self._fetch_and_wait(lambda: bool(self._known))
        if not self._known:
            raise KeysUnavailable

    def _look_up(self, kid: str, *, bypass_cooldown: bool) -> None:
        if self._cooling_down() and not bypass_cooldown:
            return
        # What the provider has just signed may be newer than a fetch that is under way.
        self._fetch_and_wait(lambda: kid in self._known, anew=bypass_cooldown)
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

    def _fetch_and_wait(self, is_at_hand: Callable[[], bool], *, anew: bool = False) -> None:
        """Wait for a fetch, unless one has just brought what is wanted.

        Args:
            is_at_hand: tells so.
            anew: whether it has to begin now; else one that is under way will do.

        Raises:
            KeysUnavailable: it takes too long.
        """
        deadline = current()
        with self._changed:
            if is_at_hand():
                return
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
        keys: dict[str, _Keys] = {}
        try:
            with bounded(self._patience):
                keys = signing_keys(self._source.fetch())
        # The source is away, or what it says is no key set, in any way that there is.
        except Exception as error:  # noqa: BLE001
            log.warning("jwks_unavailable", reason=type(error).__name__)
        with self._changed:
            now = self._clock()
            self._unavailable = not keys
            if keys:
                self._fetched_at = now
                kept = {k: v for k, v in self._known.items() if now - v.seen_at <= self._lifespan}
                self._known = kept | {kid: _Known(found, now) for kid, found in keys.items()}
            else:
                self._last_miss_at = now
            self._fetches += 1
            self._is_fetching = False
            self._changed.notify_all()


class _Claims(BaseModel):
    """The claims that are relied upon, with no conversion between types."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    iss: str
    client_id: str
    token_use: Literal["access"]
    sub: _Text
    username: _Text
    scope: str = ""
    exp: _Time
    iat: _Time
    nbf: _Time = 0
    auth_time: _Time | None = None
    jti: _Text
    origin_jti: _Text | None = None


class JwtVerifier(TokenVerifier):
    """Verifies the tokens of one pool and one app client."""

    def __init__(
        self,
        keys: JwksCache,
        *,
        issuer: str,
        client_id: str,
        clock_skew: int,
        clock: Callable[[], float],
    ) -> None:
        """Verify the tokens of a pool's app client.

        Args:
            keys: the pool's public keys.
            issuer: the pool, as tokens name it.
            client_id: the app client that tokens must be issued for.
            clock_skew: seconds that Cognito's clock may be ahead of ours.
            clock: epoch seconds.
        """
        self._keys = keys
        self._issuer = issuer
        self._client_id = client_id
        self._clock_skew = clock_skew
        self._clock = clock

    @override
    def verify_at_hand(self, token: str) -> AccessToken | None:
        try:
            return self._checked(token, self._keys.at_hand)
        except KeyNotAtHand:
            return None

    @override
    def verify(self, token: str) -> AccessToken:
        return self._verify(token, bypass_cooldown=False)

    @override
    def verify_issued(self, token: str) -> AccessToken:
        try:
            return self._verify(token, bypass_cooldown=True)
        except TokenInvalid:
            # Cognito itself sent it: issuer, client or clock are set wrongly here.
            log.warning("issued_token_unverifiable", issuer=self._issuer)
            raise IdentityUnavailable from None

    def _verify(self, token: str, *, bypass_cooldown: bool) -> AccessToken:
        return self._checked(token, partial(self._keys.find, bypass_cooldown=bypass_cooldown))

    def _checked(self, token: str, find: _Find) -> AccessToken:
        claims = self._claims(_signed_payload(token, find))
        now = self._clock()
        if claims.iss != self._issuer or claims.client_id != self._client_id:
            raise TokenInvalid
        if claims.exp <= now or max(claims.iat, claims.nbf) > now + self._clock_skew:
            raise TokenInvalid
        return AccessToken(
            sub=claims.sub,
            username=claims.username,
            scopes=frozenset(claims.scope.split(" ")),
            issued_at=claims.iat,
            signed_in_at=claims.iat if claims.auth_time is None else claims.auth_time,
            origin_jti=claims.origin_jti,
            jti=claims.jti,
            raw=token,
        )

    def _claims(self, payload: dict[str, Any]) -> _Claims:
        try:
            return _Claims.model_validate(payload)
        except ValidationError:
            raise TokenInvalid from None


def _signed_payload(token: str, find: _Find) -> dict[str, Any]:
    """Check the signature and return what it signs."""
    if len(token) > _LONGEST or not _COMPACT.fullmatch(token):
        raise TokenInvalid
    try:
        # PyJWT's own reading of the header decodes the whole token, which jwt.decode does again.
        header = json.loads(base64url_decode(token.partition(".")[0]))
        if not isinstance(header, dict):
            raise TokenInvalid
        kid = header.get("kid")
        # crit names extensions that must be understood (RFC 7515, 4.1.11): none are.
        if header.get("alg") != "RS256" or "crit" in header or not isinstance(kid, str):
            raise TokenInvalid
        keys = find(kid)
        if keys is None:
            raise TokenInvalid
        return _verified(token, keys)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise TokenInvalid from None


@lru_cache(maxsize=_REMEMBERED)
def _verified(token: str, keys: _Keys) -> dict[str, Any]:
    """Check a signature and return what it signs; once for a token, which is sent again and again.

    Of keys that share an id, any may have signed it.

    What can change is not remembered: the claims are checked each time, in one place and by our
    clock, and so is whether the key is the pool's still.
    """
    unchecked = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti")
    options: Any = {f"verify_{claim}": False for claim in unchecked}
    *others, last = keys
    for key in others:
        with suppress(jwt.InvalidTokenError):
            return jwt.decode(token, key, algorithms=["RS256"], options=options)
    return jwt.decode(token, last, algorithms=["RS256"], options=options)
