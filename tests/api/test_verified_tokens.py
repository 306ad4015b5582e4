"""A token's signature is checked once; all that can change is checked each time it comes."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from api.errors import TokenInvalid
from api.identity.jwt import JwksCache, JwtVerifier
from api.identity.protocols import JwksSource
from apiproof.cognito.keys import PoolKeys, SigningKey

LIFESPAN = 3600.0
ISSUER, CLIENT = "https://pool.example", "client"


class Pool(JwksSource):
    """A key set of one key, and the time."""

    def __init__(self) -> None:
        self.key = PoolKeys().access
        self.now = 1000.0

    def fetch(self) -> dict[str, Any]:
        return {"keys": [self.key.public_jwk]}

    def verifier(self, client_id: str = CLIENT) -> JwtVerifier:
        keys = JwksCache(
            self,
            lifespan=LIFESPAN,
            cooldown=0,
            clock=lambda: self.now,
            begin=lambda fetch: fetch(),
        )
        return JwtVerifier(
            keys, issuer=ISSUER, client_id=client_id, clock_skew=0, clock=lambda: self.now
        )

    def token(self) -> str:
        """A token that is good for ten lifespans of the keys."""
        times = {"iat": int(self.now), "exp": int(self.now + 10 * LIFESPAN)}
        claims = {"iss": ISSUER, "client_id": CLIENT, "token_use": "access", "jti": "1"}
        return self.key.sign({**claims, **times, "sub": "1", "username": "ada"})


@pytest.fixture
def pool() -> Pool:
    return Pool()


def refused(verify: Callable[[str], Any], token: str) -> bool:
    try:
        verify(token)
    except TokenInvalid:
        return True
    return False


def test_a_signature_is_checked_once(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    decode = jwt.decode

    def counting(token: str, *arguments: Any, **options: Any) -> Any:
        decoded.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr("api.identity.jwt.jwt.decode", counting)
    verifier, token = pool.verifier(), pool.token()
    found = [verifier.verify(token) for _ in range(3)]
    assert decoded == [token]
    assert {each.username for each in found} == {"ada"}


def test_a_wrong_signature_is_wrong_each_time(pool: Pool) -> None:
    verifier, token = pool.verifier(), pool.token()
    assert not refused(verifier.verify, token)
    head, _, signature = token.rpartition(".")
    forged = f"{head}.{signature[::-1]}"
    assert [refused(verifier.verify, forged) for _ in range(2)] == [True, True]


def test_a_token_that_is_known_expires(pool: Pool) -> None:
    verifier, token = pool.verifier(), pool.token()
    assert not refused(verifier.verify, token)
    pool.now += 10 * LIFESPAN
    assert refused(verifier.verify, token)


def test_a_token_that_is_known_is_for_its_client_alone(pool: Pool) -> None:
    token = pool.token()
    assert not refused(pool.verifier().verify, token)
    assert refused(pool.verifier("another").verify, token)


def test_a_token_that_is_known_is_refused_when_another_key_has_its_name(pool: Pool) -> None:
    verifier, token = pool.verifier(), pool.token()
    assert not refused(verifier.verify, token)
    pool.key = SigningKey(pool.key.kid, PoolKeys().access.private_key)
    pool.now += LIFESPAN + 1  # the keys are fetched anew
    assert refused(verifier.verify, token)
