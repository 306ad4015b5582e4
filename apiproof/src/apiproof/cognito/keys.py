"""The signing keys of a user pool, and their public half as a JWK set.

A pool signs access tokens and id tokens with two different RSA keys (AWS developer guide,
"Verifying JSON web tokens"). This module knows no claims and no users.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

# Making a key takes ~50 ms: those of stopped pools, and those that a pool withdrew before it was
# emptied, are used again, under a new key id.
_spare: list[rsa.RSAPrivateKey] = []


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _integer(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class SigningKey:
    """One RSA key of a pool and the id under which it is published."""

    kid: str
    private_key: rsa.RSAPrivateKey

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public key as Cognito publishes it (RFC 7517)."""
        numbers = self.private_key.public_key().public_numbers()
        return {
            "alg": "RS256",
            "e": _integer(numbers.e),
            "kid": self.kid,
            "kty": "RSA",
            "n": _integer(numbers.n),
            "use": "sig",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """Make a compact JWS of the claims (RFC 7515), signed with RS256."""
        header = json.dumps({"kid": self.kid, "alg": "RS256"}, separators=(",", ":"))
        payload = json.dumps(claims, separators=(",", ":"))
        signed = f"{_base64url(header.encode())}.{_base64url(payload.encode())}"
        signature = self.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


def _make_key() -> SigningKey:
    try:
        private_key = _spare.pop()
    except IndexError:
        private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return SigningKey(base64.b64encode(secrets.token_bytes(32)).decode(), private_key)


class PoolKeys:
    """The two keys of one pool, made when first asked for."""

    _withdrawn: tuple[rsa.RSAPrivateKey, ...] = ()

    def __init__(self) -> None:
        self._lock = Lock()
        self._pair: tuple[SigningKey, SigningKey] | None = None
        self._is_in_a_file = False

    def __getstate__(self) -> dict[str, Any]:
        """Give what a state file keeps; such keys are never given to another pool."""
        self._is_in_a_file = True
        return {name: value for name, value in vars(self).items() if name != "_withdrawn"}

    def _current(self) -> tuple[SigningKey, SigningKey]:
        with self._lock:
            if self._pair is None:
                self._pair = (_make_key(), _make_key())
            return self._pair

    @property
    def access(self) -> SigningKey:
        """The key that signs access tokens."""
        return self._current()[0]

    @property
    def id(self) -> SigningKey:
        """The key that signs id tokens."""
        return self._current()[1]

    def rotate(self) -> None:
        """Replace both keys and unpublish the old ones; tokens signed before verify no more."""
        fresh = (_make_key(), _make_key())
        with self._lock:
            self._withdrawn += tuple(key.private_key for key in self._pair or ())
            self._pair = fresh

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Give the JWK set as served at the pool's `/.well-known/jwks.json`."""
        access, identity = self._current()
        return {"keys": [identity.public_jwk, access.public_jwk]}

    def forget_withdrawn(self) -> None:
        """Let later rotations use withdrawn key material: whoever had tokens of it is gone."""
        with self._lock:
            if not self._is_in_a_file:
                _spare.extend(self._withdrawn)
            self._withdrawn = ()

    def certificate(self, name: str, begin: datetime) -> str:
        """Give a certificate of the key for id tokens, good for ten years: DER in base64.

        Args:
            name: the common name of subject and issuer.
            begin: since when it is good.
        """
        key = self.id.private_key
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def release(self) -> None:
        """Let later pools of this process use the key material; the pool itself is gone."""
        self.forget_withdrawn()
        with self._lock:
            if self._pair is not None and not self._is_in_a_file:
                _spare.extend(key.private_key for key in self._pair)
            self._pair = None
