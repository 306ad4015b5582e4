"""The pool's key set: fetched over HTTP and read.

Source: RFC 7517 (JSON Web Key Set).
"""

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from typing_extensions import override

from api.identity.protocols import JwksSource
from api.identity.transport import fetch


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


def signing_keys(document: Any) -> dict[str, PyJWK]:
    """Take the RSA signing keys of a key set and leave all else (RFC 7517, 5).

    Args:
        document: as fetched.

    Returns:
        The keys by their kid.

    Raises:
        Exception: of any kind; what was fetched is no key set, or holds no such key.
    """
    keys: dict[str, PyJWK] = {}
    for entry in document["keys"]:
        key = _signing_key(entry)
        if key is not None:
            keys[entry["kid"]] = key
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
    return key if isinstance(key.key, RSAPublicKey) else None
