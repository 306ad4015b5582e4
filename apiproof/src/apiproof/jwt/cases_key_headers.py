"""Credential cases whose header says where to find the key: kid, jwk, jku, x5u, crit."""

import base64
import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from apiproof.jwt.cases import (
    FORGED,
    CredentialCase,
    CredentialContext,
    Expected,
    NotApplicable,
    with_members,
)
from apiproof.jwt.cases_token import AWS
from apiproof.jwt.jws import jwk_of, sign_hmac, sign_rsa, untrusted_key
from apiproof.jwt.schemes import RequestAuth

UNTRUSTED = "untrusted"


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


def _by_stranger(context: CredentialContext, *headers: dict[str, Any]) -> list[str]:
    token = context.token()
    return [
        sign_rsa(
            with_members(token.header, {"alg": "RS256", **header}), token.claims, untrusted_key()
        )
        for header in headers
    ]


def _published(context: CredentialContext) -> bool:
    """Whether the issuer publishes its keys by kid, so that an unknown kid is nobody's."""
    kid = context.token().header.get("kid")
    return context.material.sign is not None and any(
        key.get("kid") == kid and kid is not None for key in context.material.jwks
    )


def _unknown_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    credentials = _by_stranger(context, {"kid": UNTRUSTED}, {"kid": ""})
    if _published(context):
        credentials += [context.resigned(header={"kid": kid}) for kid in (UNTRUSTED, "", 0, ["a"])]
        credentials += [context.resigned(header={"kid": kid}) for kid in _other_kids(context)]
    return context.present(*credentials)


def _other_kids(context: CredentialContext) -> list[str]:
    own = context.token().header.get("kid")
    return [str(key["kid"]) for key in context.material.jwks if key.get("kid") not in {own, None}]


def _missing_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    credentials = _by_stranger(context, {"kid": None})
    if _published(context):
        credentials.append(context.resigned(header={"kid": None}))
    return context.present(*credentials)


def _path_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    paths = ("../../../../../../dev/null", "/dev/null", "' UNION SELECT '' -- ", "| true")
    credentials = _by_stranger(context, *({"kid": path} for path in paths))
    for path in paths:
        header = with_members(token.header, {"alg": "HS256", "kid": path})
        credentials += [sign_hmac(header, token.claims, key) for key in (b"", b"\x00")]
    return context.present(*credentials)


def _url_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    trap_url = context.material.trap_url
    urls = (f"{trap_url}/jwks.json", f"{trap_url}/x5u.pem")
    return context.present(*_by_stranger(context, *({"kid": url} for url in urls)))


def _jwk(context: CredentialContext) -> Iterable[RequestAuth]:
    own = context.token().header.get("kid")
    headers = [
        {"kid": kid, "jwk": jwk_of(untrusted_key(), kid=str(kid))} for kid in (own, UNTRUSTED)
    ]
    return context.present(*_by_stranger(context, *headers))


def _jku(context: CredentialContext) -> Iterable[RequestAuth]:
    url = f"{context.material.trap_url}/jwks.json"
    headers = ({"jku": url}, {"jku": url, "kid": UNTRUSTED})
    return context.present(*_by_stranger(context, *headers))


def _x5u(context: CredentialContext) -> Iterable[RequestAuth]:
    url = f"{context.material.trap_url}/x5u.pem"
    pem = untrusted_certificate().decode().splitlines()
    chain = [base64.b64encode(base64.b64decode("".join(pem[1:-1]))).decode()]
    headers = ({"x5u": url}, {"x5u": url, "kid": UNTRUSTED}, {"x5c": chain})
    return context.present(*_by_stranger(context, *headers))


def _crit(context: CredentialContext) -> Iterable[RequestAuth]:
    if not _published(context):
        raise NotApplicable("the issuer's signing key is not at hand")
    return context.present(context.resigned(header={"crit": ["apiproof"], "apiproof": 1}))


def _forged(id_: str, title: str, source: str, make: Any) -> CredentialCase:
    return CredentialCase(id_, title, Expected.UNAUTHENTICATED, FORGED, source, make)


KEY_HEADER_CASES = (
    _forged("unknown-kid", "a key id that the issuer does not publish", AWS, _unknown_kid),
    _forged(
        "missing-kid", "no key id, from an issuer that publishes keys by id", AWS, _missing_kid
    ),
    _forged(
        "kid-path",
        "a key id that is a path, a query or a command",
        "RFC 8725, 3.10; CVE-2018-0114",
        _path_kid,
    ),
    _forged(
        "kid-url", "a key id that is a URL of the forger's", "RFC 8725, 3.10; CWE-918", _url_kid
    ),
    _forged(
        "jwk-injection",
        "the forger's key inside the header",
        "RFC 7515, 4.1.3; CVE-2018-0114",
        _jwk,
    ),
    _forged("jku-injection", "a URL of the forger's key set", "RFC 8725, 3.10; CWE-918", _jku),
    _forged(
        "x5u-injection",
        "the forger's certificate, or a URL of it",
        "RFC 7515, 4.1.5-6; RFC 8725, 3.10",
        _x5u,
    ),
    _forged(
        "unknown-crit",
        "a critical header that nobody understands",
        "RFC 7515, 4.1.11; CVE-2025-59420",
        _crit,
    ),
)
