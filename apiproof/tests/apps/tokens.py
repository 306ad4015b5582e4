"""An issuer for the demo applications, and a verifier with a switch for each of its checks."""

import functools
import time
import warnings
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.warnings import InsecureKeyLengthWarning

from apiproof.jwt import ForgeryMaterial, jwk_of, sign_rsa

ISSUER, AUDIENCE, KID = "https://issuer.test", "demo", "demo-1"
VERIFIER_FLAWS = {
    "signature-unverified": "forged_tokens_rejected/other-pool",
    "expiry-unverified": "forged_tokens_rejected/expired",
    "not-before-unverified": "forged_tokens_rejected/not-yet-valid",
    "issuer-unverified": "forged_tokens_rejected/wrong-issuer",
    "audience-unverified": "forged_tokens_rejected/wrong-client",
    "algorithm-from-token": "forged_tokens_rejected/other-algorithm",
    "hmac-accepted": "forged_tokens_rejected/weak-secret",
    "kid-ignored": "forged_tokens_rejected/unknown-kid",
    "jwk-trusted": "forged_tokens_rejected/jwk-injection",
    "jku-fetched": "forged_tokens_rejected/jku-injection",
}


@functools.cache
def issuer_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def mint(service: str, scopes: tuple[str, ...]) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": service,
        "iat": now,
        "exp": now + 600,
        "scope": " ".join(scopes),
    }
    return sign_rsa({"alg": "RS256", "kid": KID}, claims, issuer_key())


def forgery(trap: str) -> ForgeryMaterial:
    return ForgeryMaterial(
        sign=lambda header, claims: sign_rsa(header, claims, issuer_key()),
        jwks=(jwk_of(issuer_key(), kid=KID),),
        trap_url=trap,
    )


def verify(token: str, flaw: str = "") -> dict[str, Any] | None:
    """Return the claims of a token, or None; `flaw` is one of `VERIFIER_FLAWS`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # one of the flaws
        return _verified(token, flaw)


def _verified(token: str, flaw: str) -> dict[str, Any] | None:
    try:
        header = jwt.get_unverified_header(token)
        key, algorithms = _key(header, flaw)
        if key is None:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=AUDIENCE,
            issuer=None if flaw == "issuer-unverified" else ISSUER,
            options={
                "verify_signature": flaw != "signature-unverified",
                "verify_exp": flaw != "expiry-unverified",
                "verify_nbf": flaw != "not-before-unverified",
                "verify_aud": flaw != "audience-unverified",
                "verify_iss": flaw != "issuer-unverified",
                "enforce_minimum_key_length": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if flaw == "signature-unverified" and not _timely(claims):
        return None
    return claims


def _timely(claims: dict[str, Any]) -> bool:
    now = time.time()
    return (
        claims.get("exp", 0) > now
        and claims.get("nbf", 0) <= now
        and claims.get("iss") == ISSUER
        and claims.get("aud") == AUDIENCE
    )


def _key(header: dict[str, Any], flaw: str) -> tuple[Any, list[str]]:
    algorithms = ["RS256"]
    if flaw == "algorithm-from-token":
        algorithms = [str(header.get("alg"))]
    if flaw == "jwk-trusted" and "jwk" in header:
        return jwt.PyJWK(header["jwk"], algorithm="RS256").key, algorithms
    if flaw == "jku-fetched" and "jku" in header:
        found = requests.get(str(header["jku"]), timeout=5).json()["keys"][0]
        return jwt.PyJWK(found, algorithm="RS256").key, algorithms
    if flaw == "hmac-accepted" and header.get("alg") == "HS256":
        return b"secret", ["HS256"]  # an HMAC with what stands in many examples
    if header.get("kid") != KID and flaw != "kid-ignored":
        return None, []
    return issuer_key().public_key(), algorithms
