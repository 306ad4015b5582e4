"""Passports whose signature is good and whose claims are not: time, issuer, client, use."""

import time
from collections.abc import Iterable

from apiproof.jwt.passport import Expected, NotMade, Papers, Passport
from apiproof.jwt.presentation import FORGED
from apiproof.jwt.schemes import Presented

HOUR = 3600
AWS = 'AWS developer guide, "Verifying JSON web tokens"'


def _claim(papers: Papers, *names: str) -> str:
    claims = papers.token().claims
    found = next((name for name in names if name in claims), None)
    if found is None:
        raise NotMade(f"the token has no {' or '.join(names)} claim")
    return found


def _expired(papers: Papers) -> Iterable[Presented]:
    _claim(papers, "exp")
    now = int(time.time())
    past = {"iat": now - 2 * HOUR, "auth_time": now - 2 * HOUR}
    known = {name: value for name, value in past.items() if name in papers.token().claims}
    # An hour, and a quarter of one: no leeway for clocks is that long.
    ends = (now - HOUR, now - HOUR // 4)
    return papers.present(*(papers.resigned({**known, "exp": end}) for end in ends))


def _not_yet(papers: Papers) -> Iterable[Presented]:
    return papers.present(papers.resigned({"nbf": int(time.time()) + HOUR}))


def _wrong_issuer(papers: Papers) -> Iterable[Presented]:
    issuer = str(papers.token().claims[_claim(papers, "iss")])
    others = ("https://issuer.example.com", issuer + "x", issuer[:-1], f"{issuer}/other", None)
    return papers.present(*(papers.resigned({"iss": other}) for other in others))


def _wrong_client(papers: Papers) -> Iterable[Presented]:
    name = _claim(papers, "client_id", "azp", "aud")
    client = papers.token().claims[name]
    others: list[object] = ["another-client", None]
    if isinstance(client, str):
        others += [client + "x", client[:-1]]
    return papers.present(*(papers.resigned({name: other}) for other in others))


def _id_token(papers: Papers) -> Iterable[Presented]:
    credentials = []
    if "token_use" in papers.token().claims:
        credentials = [papers.resigned({"token_use": use}) for use in ("id", "refresh", None)]
    if papers.forgery.id_token is not None:
        credentials.append(papers.forgery.id_token())
    if not credentials:
        raise NotMade("the issuer's tokens do not tell id tokens from access tokens")
    return papers.present(*credentials)


PASSPORTS = (
    Passport(
        "expired",
        "a token whose time is over",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 7519, 4.1.4; RFC 6750, 3.1",
        _expired,
    ),
    Passport(
        "not-yet-valid",
        "a token whose time has not come",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 7519, 4.1.5",
        _not_yet,
    ),
    Passport(
        "wrong-issuer",
        "a token that names another issuer, or none",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.8; {AWS}",
        _wrong_issuer,
    ),
    Passport(
        "wrong-client",
        "a token made for another client or audience, or for none",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.9; {AWS}",
        _wrong_client,
    ),
    Passport(
        "id-token",
        "an id token in place of an access token",
        Expected.UNAUTHENTICATED,
        FORGED,
        f"RFC 8725, 3.12; {AWS}",
        _id_token,
    ),
)
