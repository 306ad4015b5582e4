"""Tokens whose claims, signature or key is wrong, or whose header says where to find the key."""

import base64
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
    UNTRUSTED,
    encode,
    jwk_of,
    public_key_encodings,
    sign_hmac,
    sign_rsa,
    signing_input,
    untrusted_certificate,
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
        NotApplicable: No public key of the issuer is at hand.
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


def _by_untrusted_key(context: CredentialContext, *headers: dict[str, Any]) -> list[str]:
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
    credentials = _by_untrusted_key(context, {"kid": UNTRUSTED}, {"kid": ""})
    if _published(context) and context.material.must_name_key:
        credentials += [context.resigned(header={"kid": kid}) for kid in (UNTRUSTED, "", 0, ["a"])]
        credentials += [context.resigned(header={"kid": kid}) for kid in _other_kids(context)]
    return context.present(*credentials)


def _other_kids(context: CredentialContext) -> list[str]:
    own = context.token().header.get("kid")
    return [str(key["kid"]) for key in context.material.jwks if key.get("kid") not in {own, None}]


def _missing_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    credentials = _by_untrusted_key(context, {"kid": None})
    if _published(context) and context.material.must_name_key:
        credentials.append(context.resigned(header={"kid": None}))
    return context.present(*credentials)


def _path_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    token = context.token()
    paths = ("../../../../../../dev/null", "/dev/null", "' UNION SELECT '' -- ", "| true")
    credentials = _by_untrusted_key(context, *({"kid": path} for path in paths))
    for path in paths:
        header = with_members(token.header, {"alg": "HS256", "kid": path})
        credentials += [sign_hmac(header, token.claims, key) for key in (b"", b"\x00")]
    return context.present(*credentials)


def _url_kid(context: CredentialContext) -> Iterable[RequestAuth]:
    trap_url = context.material.trap_url
    urls = (f"{trap_url}/jwks.json", f"{trap_url}/x5u.pem")
    return context.present(*_by_untrusted_key(context, *({"kid": url} for url in urls)))


def _jwk(context: CredentialContext) -> Iterable[RequestAuth]:
    own = context.token().header.get("kid")
    headers = [
        {"kid": kid, "jwk": jwk_of(untrusted_key(), kid=str(kid))} for kid in (own, UNTRUSTED)
    ]
    return context.present(*_by_untrusted_key(context, *headers))


def _jku(context: CredentialContext) -> Iterable[RequestAuth]:
    url = f"{context.material.trap_url}/jwks.json"
    headers = ({"jku": url}, {"jku": url, "kid": UNTRUSTED})
    return context.present(*_by_untrusted_key(context, *headers))


def _x5u(context: CredentialContext) -> Iterable[RequestAuth]:
    url = f"{context.material.trap_url}/x5u.pem"
    pem = untrusted_certificate().decode().splitlines()
    chain = [base64.b64encode(base64.b64decode("".join(pem[1:-1]))).decode()]
    headers = ({"x5u": url}, {"x5u": url, "kid": UNTRUSTED}, {"x5c": chain})
    return context.present(*_by_untrusted_key(context, *headers))


def _crit(context: CredentialContext) -> Iterable[RequestAuth]:
    if not _published(context):
        raise NotApplicable("the issuer's signing key is not at hand")
    return context.present(context.resigned(header={"crit": ["apiproof"], "apiproof": 1}))


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
