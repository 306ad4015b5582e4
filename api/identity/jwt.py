"""Verification of access tokens, offline: RS256 only, by the pool's keys.

Whatever is wrong with a token, the answer is the same TokenInvalid. Must not know HTTP, the
database or scopes' meaning.

Sources: AWS "Verifying JSON web tokens"; RFC 8725 (JWT best current practices); PyJWT 2.15.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.utils import base64url_decode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from typing_extensions import override

from api.errors import IdentityUnavailable, TokenInvalid
from api.identity.jwks import JwksCache, KeyNotAtHand
from api.identity.protocols import AccessToken, TokenVerifier

log = structlog.get_logger(__name__)

# Cognito's access tokens have 1-2 KB; a header line has at most 64 KB.
_LONGEST = 8192

# RFC 7515, 2: base64url without padding. PyJWT also takes a padded signature, which would let the
# same token be written in several ways.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")

_Find = Callable[[str], RSAPublicKey | None]
_Time = Annotated[int, Field(ge=0, le=2**40)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


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
        key = find(kid)
        if key is None:
            raise TokenInvalid
        unchecked = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti")
        # The claims are checked below, in one place and by our clock.
        options: Any = {f"verify_{claim}": False for claim in unchecked}
        return jwt.decode(token, key, algorithms=["RS256"], options=options)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise TokenInvalid from None
