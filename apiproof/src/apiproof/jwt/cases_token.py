"""Tokens whose claims, signature or key is wrong."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from apiproof.jwt.cases import (
    FORGED,
    CredentialCase,
    CredentialContext,
    Expected,
    NotApplicable,
    with_members,
)
from apiproof.jwt.jws import (
    encode,
    public_key_encodings,
    sign_hmac,
    sign_rsa,
    signing_input,
    untrusted_key,
)
from apiproof.jwt.schemes import RequestAuth

HOUR = 3600
AWS = 'AWS developer guide, "Verifying JSON web tokens"'


def _claim(context: CredentialContext, *names: str) -> str:
    claims = context.token().claims
    found = next((name for name in names if name in claims), None)
    if found is None:
        raise NotApplicable(f"the token has no {' or '.join(names)} claim")
    return found


def _expired(context: CredentialContext) -> Iterable[RequestAuth]:
    _claim(context, "exp")
    now = int(time.time())
    past = {"iat": now - 2 * HOUR, "auth_time": now - 2 * HOUR}
    known = {name: value for name, value in past.items() if name in context.token().claims}
    # An hour, and a quarter of one: no leeway for clocks is that long.
    is_session_ending = (now - HOUR, now - HOUR // 4)
    return context.present(*(context.resigned({**known, "exp": end}) for end in is_session_ending))


def _not_yet(context: CredentialContext) -> Iterable[RequestAuth]:
    return context.present(context.resigned({"nbf": int(time.time()) + HOUR}))


def _wrong_issuer(context: CredentialContext) -> Iterable[RequestAuth]:
    issuer = str(context.token().claims[_claim(context, "iss")])
    others = ("https://issuer.example.com", issuer + "x", issuer[:-1], f"{issuer}/other", None)
    return context.present(*(context.resigned({"iss": other}) for other in others))


def _wrong_client(context: CredentialContext) -> Iterable[RequestAuth]:
    name = _claim(context, "client_id", "azp", "aud")
    client = context.token().claims[name]
    others: list[object] = ["another-client", None]
    if isinstance(client, str):
        others += [client + "x", client[:-1]]
    return context.present(*(context.resigned({name: other}) for other in others))


def _id_token(context: CredentialContext) -> Iterable[RequestAuth]:
    credentials = []
    if (own := context.token().claims.get("token_use")) is not None:
        uses = [use for use in ("id", "access", "refresh", None) if use != own]
        credentials = [context.resigned({"token_use": use}) for use in uses]
    if context.material.id_token is not None:
        credentials.append(context.material.id_token())
    if not credentials:
        raise NotApplicable("the issuer's tokens do not tell id tokens from access tokens")
    return context.present(*credentials)


CLAIM_CASES = (
    CredentialCase(
        "expired",
        "a token whose time is over",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 7519, 4.1.4; RFC 6750, 3.1",
        _expired,
    ),
    CredentialCase(
        "not-yet-valid",
        "a token whose time has not come",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 7519, 4.1.5",
        _not_yet,
    ),
    CredentialCase(
        "wrong-issuer",
        "a token that names another issuer, or none",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.8; {AWS}",
        _wrong_issuer,
    ),
    CredentialCase(
        "wrong-client",
        "a token made for another client or audience, or for none",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.9; {AWS}",
        _wrong_client,
    ),
    CredentialCase(
        "id-token",
        "an id token in place of an access token, or the reverse",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.12; {AWS}",
        _id_token,
    ),
)


NONE = ("none", "None", "NONE", "nOnE", "")
# What services were found to be configured with.
_WEAK = (b"", b"secret", b"changeme", b"password", b"your-256-bit-secret")


def _none(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    texts = [
        signing_input(with_members(token.header, {"alg": name}), token.claims) for name in NONE
    ]
    bare = signing_input({"alg": "none"}, token.claims)
    return context.present(
        *(f"{text}." for text in texts),
        f"{bare}.",
        f"{texts[0]}.{token.signature}",
        texts[0],
    )


def key_of(context: CredentialContext) -> Mapping[str, Any]:
    """Return the public key that the token names, or the only one.

    Raises:
        NotMade: No public key of the issuer is at hand.
    """
    kid = context.token().header.get("kid")
    keys = [key for key in context.material.jwks if key.get("kty") == "RSA"]
    chosen = [key for key in keys if key.get("kid") == kid] or keys
    if not chosen:
        raise NotApplicable("no public RSA key of the issuer is at hand")
    return chosen[0]


def _confused(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    header = with_members(token.header, {"alg": "HS256"})
    return context.present(
        *(sign_hmac(header, token.claims, key) for key in public_key_encodings(key_of(context)))
    )


def _weak(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    header = with_members(token.header, {"alg": "HS256"})
    return context.present(*(sign_hmac(header, token.claims, secret) for secret in _WEAK))


def _other_algorithm(context: CredentialContext) -> Iterable[RequestAuth]:
    if key_of(context).get("alg") != "RS256":
        raise NotApplicable("the issuer's key is not bound to RS256")
    return context.present(
        *(context.resigned(header={"alg": name}) for name in ("RS384", "RS512", "PS256"))
    )


def _other_key(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    if str(token.header.get("alg", "")).startswith("HS"):
        return context.present(sign_hmac(token.header, token.claims, b"another-pools-secret" * 2))
    header = with_members(token.header, {"alg": "RS256"})
    return context.present(sign_rsa(header, token.claims, untrusted_key()))


def _changed_payload(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    everything = " ".join(context.known) or "admin"
    changes: list[dict[str, Any]] = [
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"exp": int(token.claims.get("exp", 0)) + 3600},
        {"scope": f"{everything} admin"},
    ]
    return context.present(
        *(
            f"{signing_input(token.header, with_members(token.claims, change))}.{token.signature}"
            for change in changes
        )
    )


def _stripped(context: CredentialContext) -> Iterable[RequestAuth]:
    text = context.credential.rpartition(".")[0]
    context.token()
    return context.present(f"{text}.", text, f"{text}.{encode(bytes(256))}", f"{text}.AA")


def _shortened(context: CredentialContext) -> Iterable[RequestAuth]:
    token, text = context.token(), context.credential.rpartition(".")[0]
    first = "A" if token.signature[:1] != "A" else "B"
    return context.present(
        f"{text}.{first}{token.signature[1:]}",
        # A multiple of four characters stays well-formed base64url: only the signature is wrong.
        f"{text}.{token.signature[: len(token.signature) // 8 * 4]}",
    )


def _forged(id_: str, title: str, source: str, make: Any) -> CredentialCase:
    return CredentialCase(id_, title, Expected.UNAUTHENTICATED, FORGED, source, make)


SIGNATURE_CASES = (
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
