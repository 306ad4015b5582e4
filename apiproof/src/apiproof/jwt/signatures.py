"""Passports whose signature is missing, made with a wrong key, or does not fit the payload."""

from collections.abc import Iterable, Mapping
from typing import Any

from apiproof.jwt.compact import (
    authenticated,
    encode,
    signed,
    spellings,
    stranger_key,
    unsigned,
)
from apiproof.jwt.passport import Expected, NotMade, Papers, Passport, changed
from apiproof.jwt.presentation import FORGED
from apiproof.jwt.schemes import Presented

NONE = ("none", "None", "NONE", "nOnE", "")
# What services were found to be configured with.
_WEAK = (b"", b"secret", b"changeme", b"password", b"your-256-bit-secret")


def _none(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    texts = [unsigned(changed(token.header, {"alg": name}), token.claims) for name in NONE]
    bare = unsigned({"alg": "none"}, token.claims)
    return papers.present(
        *(f"{text}." for text in texts),
        f"{bare}.",
        f"{texts[0]}.{token.signature}",
        texts[0],
    )


def key_of(papers: Papers) -> Mapping[str, Any]:
    """Return the public key that the token names, or the only one.

    Raises:
        NotMade: No public key of the issuer is at hand.
    """
    kid = papers.token().header.get("kid")
    keys = [key for key in papers.forgery.jwks if key.get("kty") == "RSA"]
    chosen = [key for key in keys if key.get("kid") == kid] or keys
    if not chosen:
        raise NotMade("no public RSA key of the issuer is at hand")
    return chosen[0]


def _confused(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    header = changed(token.header, {"alg": "HS256"})
    return papers.present(
        *(authenticated(header, token.claims, key) for key in spellings(key_of(papers)))
    )


def _weak(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    header = changed(token.header, {"alg": "HS256"})
    return papers.present(*(authenticated(header, token.claims, secret) for secret in _WEAK))


def _other_algorithm(papers: Papers) -> Iterable[Presented]:
    if key_of(papers).get("alg") != "RS256":
        raise NotMade("the issuer's key is not bound to RS256")
    return papers.present(
        *(papers.resigned(header={"alg": name}) for name in ("RS384", "RS512", "PS256"))
    )


def _other_key(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    if str(token.header.get("alg", "")).startswith("HS"):
        return papers.present(
            authenticated(token.header, token.claims, b"another-pools-secret" * 2)
        )
    header = changed(token.header, {"alg": "RS256"})
    return papers.present(signed(header, token.claims, stranger_key()))


def _changed_payload(papers: Papers) -> Iterable[Presented]:
    token = papers.token()
    everything = " ".join(papers.known) or "admin"
    changes: list[dict[str, Any]] = [
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"exp": int(token.claims.get("exp", 0)) + 3600},
        {"scope": f"{everything} admin"},
    ]
    return papers.present(
        *(
            f"{unsigned(token.header, changed(token.claims, change))}.{token.signature}"
            for change in changes
        )
    )


def _stripped(papers: Papers) -> Iterable[Presented]:
    text = papers.credential.rpartition(".")[0]
    papers.token()
    return papers.present(f"{text}.", text, f"{text}.{encode(bytes(256))}", f"{text}.AA")


def _shortened(papers: Papers) -> Iterable[Presented]:
    token, text = papers.token(), papers.credential.rpartition(".")[0]
    first = "A" if token.signature[:1] != "A" else "B"
    return papers.present(
        f"{text}.{first}{token.signature[1:]}",
        # A multiple of four characters stays well-formed base64url: only the signature is wrong.
        f"{text}.{token.signature[: len(token.signature) // 8 * 4]}",
    )


def _forged(id_: str, title: str, source: str, make: Any) -> Passport:
    return Passport(id_, title, Expected.UNAUTHENTICATED, FORGED, source, make)


PASSPORTS = (
    _forged("alg-none", "`alg: none` in every spelling", "RFC 8725, 3.2; CVE-2015-9235", _none),
    _forged(
        "hs256-public-key",
        "an HMAC keyed with the issuer's public key",
        "RFC 8725, 2.1, 3.1; CVE-2016-10555",
        _confused,
    ),
    _forged(
        "weak-secret", "an HMAC keyed with a well-known secret", "RFC 8725, 3.5; CWE-521", _weak
    ),
    _forged(
        "other-algorithm",
        "the issuer's key with an algorithm that it is not for",
        "RFC 8725, 3.1; RFC 7517, 4.4",
        _other_algorithm,
    ),
    _forged(
        "other-pool",
        "signed with the key of another pool, under the right key id",
        "RFC 8725, 3.8; CWE-347",
        _other_key,
    ),
    _forged(
        "changed-payload",
        "another user, a later expiry, more scopes under the old signature",
        "RFC 8725, 3.3; CWE-347",
        _changed_payload,
    ),
    _forged(
        "stripped-signature",
        "no signature, or an empty one",
        "RFC 8725, 3.2; CVE-2020-28042",
        _stripped,
    ),
    _forged("broken-signature", "a signature changed or cut", "RFC 7515, 5.2; CWE-347", _shortened),
)
