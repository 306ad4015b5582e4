"""The pool's key set: fetched over HTTP and read.

Sources: RFC 7517 (JSON Web Key Set), RFC 7518 (JSON Web Algorithms).
"""

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from typing_extensions import override

from api.identity.protocols import JwksSource
from api.identity.transport import fetch

# Bits: no RS256 by a shorter key (RFC 7518, 3.3), and OpenSSL verifies by no longer one.
_KEY_SIZES = range(2048, 16_385)


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
        # Nothing that is read is a number; Python makes no int of one with thousands of digits.
        fetched = fetch(self._url, timeout=self._timeout)
        document: dict[str, Any] = json.loads(fetched, parse_int=float)
        return document


def signing_keys(document: Any) -> dict[str, tuple[PyJWK, ...]]:
    """Take the RSA signing keys of a key set and leave all else (RFC 7517, 5).

    Args:
        document: as fetched.

    Returns:
        The keys by their kid, which several keys may share (RFC 7517, 4.5).

    Raises:
        Exception: of any kind; what was fetched is no key set, or holds no such key.
    """
    keys: dict[str, tuple[PyJWK, ...]] = {}
    for entry in document["keys"]:
        key = _signing_key(entry)
        if key is not None:
            keys[entry["kid"]] = (*keys.get(entry["kid"], ()), key)
    if not keys:
        raise ValueError("The key set holds no RSA signing key")
    return keys


def _signing_key(entry: Any) -> PyJWK | None:
    """Read one key of a set; None where it is none that could have signed a token of the pool."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    wanted = {"kty": "RSA", "use": "sig", "alg": "RS256"}
    if any(entry.get(name, it) != it for name, it in wanted.items()) or "kty" not in entry:
        return None
    try:
        key = PyJWK(entry, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return None
    is_usable = isinstance(key.key, RSAPublicKey) and key.key.key_size in _KEY_SIZES
    return key if is_usable else None
