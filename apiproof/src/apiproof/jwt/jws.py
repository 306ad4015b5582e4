"""Compact JSON Web Signatures taken apart and put together, rightly or wrongly signed (RFC 7515).

It signs whatever it is told to, which no library for honest tokens does; it must not know why.
"""

import base64
import datetime as dt
import functools
import hmac
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

Claims = dict[str, Any]
Header = dict[str, Any]
UNTRUSTED = "untrusted"  # the key id and the name of the key that no issuer knows

_MARGIN: Final = 60.0  # seconds: a request may take that long
_DIGESTS = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def encode(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Decode base64url without padding.

    Raises:
        ValueError: It is not base64url.
    """
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(value: Any) -> str:
    return encode(json.dumps(value, separators=(",", ":")).encode())


@dataclass(frozen=True)
class Jws:
    """A compact JWS in its three parts; the signature stays in its encoded form."""

    header: Header
    claims: Claims
    signature: str

    def __repr__(self) -> str:
        return f"Jws(alg={self.header.get('alg')!r}, <hidden>)"


def decode_unverified(text: str) -> Jws | None:
    """Take a token apart without verifying it; None when it is none."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(decode(part)) for part in parts[:2])
    except ValueError:
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Jws(header, claims, parts[2])


def ends_soon(text: str) -> bool:
    """Whether a token's time is nearly over; of what is no token nobody can tell."""
    token = decode_unverified(text)
    return token is not None and token.claims.get("exp", math.inf) - time.time() < _MARGIN


def signing_input(header: Header, claims: Claims) -> str:
    """Return the part of a token that a signature covers."""
    return f"{_json(header)}.{_json(claims)}"


def sign_rsa(header: Header, claims: Claims, key: rsa.RSAPrivateKey) -> str:
    """Sign with an RSA key by the header's `alg`: RS* (the default) or PS* (RFC 7518, 3.3, 3.5)."""
    algorithm = str(header.get("alg", "RS256"))
    digest = _DIGESTS.get(algorithm[2:], _DIGESTS["256"])
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    text = signing_input(header, claims)
    return f"{text}.{encode(key.sign(text.encode(), scheme, digest))}"


def sign_hmac(header: Header, claims: Claims, secret: bytes) -> str:
    """Sign with HMAC by the header's `alg`, SHA-256 where it names no HMAC (RFC 7518, 3.2)."""
    text = signing_input(header, claims)
    digest = {"HS384": "sha384", "HS512": "sha512"}.get(str(header.get("alg")), "sha256")
    return f"{text}.{encode(hmac.digest(secret, text.encode(), digest))}"


Signer = Callable[[Header, Claims], str]


@functools.cache
def untrusted_key() -> rsa.RSAPrivateKey:
    """The key of nobody: one per process, because making one takes 50 ms."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(key: rsa.RSAPrivateKey, **members: str) -> dict[str, str]:
    """Return the public half of a key as a JWK (RFC 7517), with further members."""
    numbers = key.public_key().public_numbers()
    modulus, exponent = (
        encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for value in (numbers.n, numbers.e)
    )
    return {"kty": "RSA", "n": modulus, "e": exponent, "alg": "RS256", "use": "sig", **members}


def public_key_encodings(jwk: Mapping[str, Any]) -> list[bytes]:
    """Return the ways in which a service may hold an RSA public key, as bytes.

    These are what an HMAC is keyed with when a service lets the token choose the algorithm.
    """
    numbers = (int.from_bytes(decode(str(jwk[name])), "big") for name in ("e", "n"))
    key = rsa.RSAPublicNumbers(*numbers).public_key()
    pem, formats = serialization.Encoding.PEM, serialization.PublicFormat
    found = [
        key.public_bytes(pem, formats.SubjectPublicKeyInfo),
        key.public_bytes(pem, formats.PKCS1),
        key.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo),
    ]
    as_jwk = [json.dumps(dict(jwk)).encode(), decode(str(jwk["n"]))]
    return [*found, *(text.rstrip(b"\n") for text in found[:2]), *as_jwk]


@functools.cache
def untrusted_certificate() -> bytes:
    """The untrusted's self-signed certificate as PEM, for `x5u` and `x5c` (RFC 7515, 4.1.5-6)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, UNTRUSTED)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(untrusted_key().public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(untrusted_key(), hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
