"""Credential cases: each one way to ask for access, and the answer that is expected."""

import base64
import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.jwt.jws import Claims, Header, Jws, Signer, decode_unverified
from apiproof.jwt.schemes import NO_AUTH, RequestAuth, Scheme


class Expected(enum.Enum):
    """The answers that are due: entry, 401 (RFC 9110, 15.5.2) or 403 (15.5.4)."""

    ACCEPTED = "2xx"
    UNAUTHENTICATED = "401"
    FORBIDDEN = "403"


class SessionEnd(enum.Enum):
    """How an account or its session comes to its end."""

    SIGNED_OUT = "signed out"
    DISABLED = "disabled"
    DELETED = "deleted"


class NotApplicable(Exception):
    """A case cannot be made with what is at hand; the text says what is lacking."""


@dataclass(frozen=True)
class ForgeryMaterial:
    """What a forger has at hand.

    Attributes:
        sign: Signs any header and claims with the issuer's own key; None when it is not at hand.
        jwks: The issuer's published keys, as JWKs.
        id_token: Returns a token of the same user for another use, an id token where access
            tokens are taken say, or raises `NotApplicable`.
        trap_url: A URL that serves `/jwks.json` and `/x5u.pem` of the untrusted's key.
        must_name_key: Whether a genuine token that does not name its key is nobody's, as AWS has
            it of Cognito's; RFC 7515, 4.1.4 leaves that open.
    """

    sign: Signer | None = field(default=None, repr=False)
    jwks: tuple[Mapping[str, Any], ...] = ()
    id_token: Callable[[], str] | None = None
    trap_url: str = "https://keys.example.com"
    must_name_key: bool = True


@dataclass(frozen=True)
class CredentialContext:
    """A valid credential, from which cases are made, and the requirement that it opens.

    Attributes:
        scheme: How it is presented.
        credential: The token or key itself.
        required: The scopes that the requirement asks for.
        known: Every scope of the document.
        other_scope_sets: Sets of scopes of the same scheme, each of which opens it as well.
        material: What else is at hand.
    """

    scheme: Scheme
    credential: str = field(repr=False)
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    other_scope_sets: tuple[frozenset[str], ...] = ()
    material: ForgeryMaterial = field(default_factory=ForgeryMaterial)

    def token(self) -> Jws:
        """Return the credential taken apart.

        Raises:
            NotApplicable: It is not a JSON Web Token.
        """
        token = decode_unverified(self.credential)
        if token is None:
            raise NotApplicable("the credential is not a JSON Web Token")
        return token

    def signer(self) -> Signer:
        """Return what signs with the issuer's key.

        Raises:
            NotApplicable: The key is not at hand.
        """
        if self.material.sign is None:
            raise NotApplicable("the issuer's signing key is not at hand")
        return self.material.sign

    def resigned(self, claims: Claims | None = None, header: Header | None = None) -> str:
        """Sign the token anew with changed members; a value of None takes a member out.

        Raises:
            NotApplicable: It is no token, or the key is not at hand.
        """
        token, sign = self.token(), self.signer()
        return sign(
            with_members(token.header, header or {}), with_members(token.claims, claims or {})
        )

    def present(self, *credentials: str) -> list[RequestAuth]:
        """Return each credential as a request carries it."""
        return [self.scheme.present(credential) for credential in credentials]


def with_members(members: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy with other values; None takes a member out."""
    merged = {**members, **wanted}
    return {name: value for name, value in merged.items() if value is not None}


Make = Callable[[CredentialContext], Iterable[RequestAuth]]


@dataclass(frozen=True)
class CredentialCase:
    """One kind of credential, good or bad.

    Attributes:
        id: Kebab-case name, as in the report.
        title: What it is.
        expected: The answer that is due.
        check: The check that a wrong answer fails.
        source: The RFC, CVE or AWS page that says why.
        make: Returns its variants, every one of which must get that answer. Raises `NotApplicable`.
        ending: For accounts and sessions that are over: how they ended; the credential is then the
            genuine one and `make` merely presents it.
    """

    id: str
    title: str
    expected: Expected
    check: str
    source: str
    make: Make = field(repr=False)
    ending: SessionEnd | None = None


ANONYMOUS = "anonymous_rejected"
FORGED = "forged_tokens_rejected"

# Headers in which gateways tell the service who the user is; a client may send them as well.
_GATEWAY_HEADERS = (
    "X-Forwarded-User",
    "X-Remote-User",
    "X-User",
    "X-User-Id",
    "X-Authenticated-User",
    "X-Auth-Request-User",
    "X-Amzn-Oidc-Identity",
)


def _valid(context: CredentialContext) -> Iterable[RequestAuth]:
    return context.present(context.credential)


def _nothing(_: CredentialContext) -> Iterable[RequestAuth]:
    return [NO_AUTH]


def _gateway_headers(_: CredentialContext) -> Iterable[RequestAuth]:
    return [
        RequestAuth(headers={**dict.fromkeys(_GATEWAY_HEADERS, "admin"), "X-Forwarded-For": "::1"})
    ]


def _empty(context: CredentialContext) -> Iterable[RequestAuth]:
    scheme = context.scheme
    if scheme.is_http:
        name = str(scheme.present("").headers[scheme.field]).strip()
        return [scheme.raw(""), scheme.raw(name), scheme.raw(f"{name} ")]
    return [scheme.raw("")]


def _wrong_scheme(context: CredentialContext) -> Iterable[RequestAuth]:
    if not context.scheme.is_http:
        if context.scheme.field.lower() == "authorization":
            raise NotApplicable("the document names no scheme for what `Authorization` holds")
        others = [f"Bearer {context.credential}", f"ApiKey {context.credential}"]
        return [RequestAuth(headers={"Authorization": value}) for value in others]
    names = ["Basic ", "Token ", "JWT ", "Digest ", "BearerX ", ""]
    own = context.scheme.kind
    return [
        context.scheme.raw(name + context.credential) for name in names if name.lower()[:-1] != own
    ]


def _garbage(context: CredentialContext) -> Iterable[RequestAuth]:
    scheme = context.scheme
    texts = ["garbage", "a.b.c", "..", "e30.e30.e30", "null", "undefined", "0", "{}", "A" * 9000]
    if not scheme.is_http:
        return [scheme.raw(text) for text in texts[:1] + texts[4:8]]
    return [*(scheme.present(text) for text in texts), scheme.raw("Bearer gärbage".encode())]


def _nearly(context: CredentialContext) -> Iterable[RequestAuth]:
    text = context.credential
    if decode_unverified(text) is not None:
        raise NotApplicable("a token's changes are cases of their own")
    if len(text) < 2:
        raise NotApplicable("the credential is too short to be changed")
    if context.scheme.kind == "basic":  # ends of base64 may mean nothing: the password changes
        pair = base64.b64decode(text + "==")
        changed = (pair[:-1], pair + b"x", pair[:-1] + bytes([pair[-1] ^ 1]))
        return context.present(*(base64.b64encode(each).decode() for each in changed))
    middle = len(text) // 2
    other = "A" if text[middle] != "A" else "B"
    return context.present(
        text[:-1], text[1:], text + "x", text[:middle] + other + text[middle + 1 :]
    )


VALID = CredentialCase(
    "valid", "what the operation asks for", Expected.ACCEPTED, "accepted", "the document", _valid
)

TRANSPORT_CASES = (
    CredentialCase(
        "anonymous",
        "no credential",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 9110, 11.6.1; CWE-306",
        _nothing,
    ),
    CredentialCase(
        "gateway-headers",
        "no credential, but a gateway's headers that name a user",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "CWE-290",
        _gateway_headers,
    ),
    CredentialCase(
        "empty",
        "an empty credential",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 6750, 2.1; CWE-306",
        _empty,
    ),
    CredentialCase(
        "wrong-scheme",
        "the credential under another scheme",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 9110, 11.1; RFC 6750, 2.1",
        _wrong_scheme,
    ),
    CredentialCase(
        "garbage",
        "text that is no credential",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-755",
        _garbage,
    ),
    CredentialCase(
        "nearly",
        "a key that differs in one character",
        Expected.UNAUTHENTICATED,
        FORGED,
        "CWE-187, CWE-287",
        _nearly,
    ),
)


def _genuine(context: CredentialContext) -> Iterable[RequestAuth]:
    return context.present(context.credential)


SESSION_CASES = (
    CredentialCase(
        "signed-out",
        "a token whose user has signed out",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613",
        _genuine,
        SessionEnd.SIGNED_OUT,
    ),
    CredentialCase(
        "disabled",
        "a token of an account that was disabled",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613; AWS, AdminDisableUser",
        _genuine,
        SessionEnd.DISABLED,
    ),
    CredentialCase(
        "deleted",
        "a token of an account that was deleted",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613; AWS, AdminDeleteUser",
        _genuine,
        SessionEnd.DELETED,
    ),
)
