"""Passports whose header says where to find the key: kid, jwk, jku, x5u, crit."""

import base64
import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from apiproof.jwt.claims import AWS
from apiproof.jwt.compact import authenticated, jwk_of, signed, stranger_key
from apiproof.jwt.passport import Expected, NotMade, Papers, Passport, changed
from apiproof.jwt.presentation import FORGED
from apiproof.jwt.schemes import Presented

STRANGER = "stranger"


@functools.cache
def stranger_certificate() -> bytes:
    """The stranger's self-signed certificate as PEM, for `x5u` and `x5c` (RFC 7515, 4.1.5-6)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, STRANGER)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(stranger_key().public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(stranger_key(), hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _by_stranger(papers: Papers, *headers: dict[str, Any]) -> list[str]:
    token = papers.token()
    return [
        signed(changed(token.header, {"alg": "RS256", **header}), token.claims, stranger_key())
        for header in headers
    ]


def _published(papers: Papers) -> bool:
    """Whether the issuer publishes its keys by kid, so that an unknown kid is nobody's."""
    kid = papers.token().header.get("kid")
    return papers.forgery.sign is not None and any(
        key.get("kid") == kid and kid is not None for key in papers.forgery.jwks
    )


def _unknown_kid(papers: Papers) -> Iterable[Presented]:
    credentials = _by_stranger(papers, {"kid": STRANGER}, {"kid": ""})
    if _published(papers):
        credentials += [papers.resigned(header={"kid": kid}) for kid in (STRANGER, "", 0, ["a"])]
        credentials += [papers.resigned(header={"kid": kid}) for kid in _other_kids(papers)]
    return papers.present(*credentials)


def _other_kids(papers: Papers) -> list[str]:
    own = papers.token().header.get("kid")
    return [str(key["kid"]) for key in papers.forgery.jwks if key.get("kid") not in {own, None}]


def _missing_kid(papers: Papers) -> Iterable[Presented]:
    credentials = _by_stranger(papers, {"kid": None})
    if _published(papers):
        credentials.append(papers.resigned(header={"kid": None}))
    return papers.present(*credentials)


def _path_kid(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    paths = ("../../../../../../dev/null", "/dev/null", "' UNION SELECT '' -- ", "| true")
    credentials = _by_stranger(papers, *({"kid": path} for path in paths))
    for path in paths:
        header = changed(token.header, {"alg": "HS256", "kid": path})
        credentials += [authenticated(header, token.claims, key) for key in (b"", b"\x00")]
    return papers.present(*credentials)


def _url_kid(papers: Papers) -> Iterable[Presented]:
    lure = papers.forgery.lure
    urls = (f"{lure}/jwks.json", f"{lure}/x5u.pem")
    return papers.present(*_by_stranger(papers, *({"kid": url} for url in urls)))


def _jwk(papers: Papers) -> Iterable[Presented]:
    own = papers.token().header.get("kid")
    headers = [{"kid": kid, "jwk": jwk_of(stranger_key(), kid=str(kid))} for kid in (own, STRANGER)]
    return papers.present(*_by_stranger(papers, *headers))


def _jku(papers: Papers) -> Iterable[Presented]:
    url = f"{papers.forgery.lure}/jwks.json"
    headers = ({"jku": url}, {"jku": url, "kid": STRANGER})
    return papers.present(*_by_stranger(papers, *headers))


def _x5u(papers: Papers) -> Iterable[Presented]:
    url = f"{papers.forgery.lure}/x5u.pem"
    pem = stranger_certificate().decode().splitlines()
    chain = [base64.b64encode(base64.b64decode("".join(pem[1:-1]))).decode()]
    headers = ({"x5u": url}, {"x5u": url, "kid": STRANGER}, {"x5c": chain})
    return papers.present(*_by_stranger(papers, *headers))


def _crit(papers: Papers) -> Iterable[Presented]:
    if not _published(papers):
        raise NotMade("the issuer's signing key is not at hand")
    return papers.present(papers.resigned(header={"crit": ["apiproof"], "apiproof": 1}))


def _forged(id_: str, title: str, source: str, make: Any) -> Passport:
    return Passport(id_, title, Expected.UNAUTHENTICATED, FORGED, source, make)


PASSPORTS = (
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
