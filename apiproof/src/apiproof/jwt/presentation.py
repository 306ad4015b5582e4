"""Passports that are wrong in how they are shown: nothing, another scheme, rubbish."""

from collections.abc import Iterable

from apiproof.jwt.passport import Expected, NotMade, Papers, Passport
from apiproof.jwt.schemes import NOTHING, Presented

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


def _valid(papers: Papers) -> Iterable[Presented]:
    return papers.present(papers.credential)


def _nothing(_: Papers) -> Iterable[Presented]:
    return [NOTHING]


def _gateway_headers(_: Papers) -> Iterable[Presented]:
    return [
        Presented(headers={**dict.fromkeys(_GATEWAY_HEADERS, "admin"), "X-Forwarded-For": "::1"})
    ]


def _empty(papers: Papers) -> Iterable[Presented]:
    scheme = papers.scheme
    if scheme.is_http:
        name = str(scheme.present("").headers[scheme.field]).strip()
        return [scheme.raw(""), scheme.raw(name), scheme.raw(f"{name} ")]
    return [scheme.raw("")]


def _wrong_scheme(papers: Papers) -> Iterable[Presented]:
    if not papers.scheme.is_http:
        others = [f"Bearer {papers.credential}", f"ApiKey {papers.credential}"]
        return [Presented(headers={"Authorization": value}) for value in others]
    names = ["Basic ", "Token ", "JWT ", "Digest ", "BearerX ", ""]
    own = papers.scheme.kind
    return [
        papers.scheme.raw(name + papers.credential) for name in names if name.lower()[:-1] != own
    ]


def _garbage(papers: Papers) -> Iterable[Presented]:
    scheme = papers.scheme
    texts = ["garbage", "a.b.c", "..", "e30.e30.e30", "null", "undefined", "0", "{}", "A" * 9000]
    if not scheme.is_http:
        return [scheme.raw(text) for text in texts[:1] + texts[4:8]]
    return [*(scheme.present(text) for text in texts), scheme.raw("Bearer gärbage".encode())]


def _nearly(papers: Papers) -> Iterable[Presented]:
    text = papers.credential
    if papers.scheme.is_http and text.count(".") == 2:
        raise NotMade("a token's changes are passports of their own")
    if len(text) < 2:
        raise NotMade("the credential is too short to be changed")
    middle = len(text) // 2
    other = "A" if text[middle] != "A" else "B"
    return papers.present(
        text[:-1], text[1:], text + "x", text[:middle] + other + text[middle + 1 :]
    )


VALID = Passport(
    "valid", "what the operation asks for", Expected.ACCEPTED, "accepted", "the document", _valid
)

PASSPORTS = (
    Passport(
        "anonymous",
        "no credential",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 9110, 11.6.1; CWE-306",
        _nothing,
    ),
    Passport(
        "gateway-headers",
        "no credential, but a gateway's headers that name a user",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "CWE-290",
        _gateway_headers,
    ),
    Passport(
        "empty",
        "an empty credential",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 6750, 2.1; CWE-306",
        _empty,
    ),
    Passport(
        "wrong-scheme",
        "the credential under another scheme",
        Expected.UNAUTHENTICATED,
        ANONYMOUS,
        "RFC 9110, 11.1; RFC 6750, 2.1",
        _wrong_scheme,
    ),
    Passport(
        "garbage",
        "text that is no credential",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-755",
        _garbage,
    ),
    Passport(
        "nearly",
        "a key that differs in one character",
        Expected.UNAUTHENTICATED,
        FORGED,
        "CWE-187, CWE-287",
        _nearly,
    ),
)
