"""Passports are what their titles say: each forgery is wrong in one way and right in all others."""

import time
from typing import Any

import jwt
import pytest

from apiproof.access.matrix import CHECKS
from apiproof.jwt import (
    PASSPORTS,
    VALID,
    Expected,
    NotMade,
    Papers,
    Scheme,
    read,
    stranger_key,
)
from apiproof.jwt.compact import spellings
from tests.apps import tokens

BEARER = Scheme("OAuth", "bearer")
KEY = Scheme("Key", "apiKey", "header", "X-Api-Key")
GENUINE = tokens.mint("ada", ("loans:read",))
PAPERS = Papers(
    BEARER,
    GENUINE,
    required=("loans:read",),
    known=("loans:read", "loans:write"),
    forgery=tokens.forgery("http://127.0.0.1:1"),
)


def made(passport: str) -> list[str]:
    """The credentials of a passport, without the scheme's name."""
    shown = PASSPORTS[passport].make(PAPERS)
    return [str(item.headers["Authorization"]).partition(" ")[2] for item in shown]


def claims(token: str, **options: Any) -> dict[str, Any]:
    key = tokens.issuer_key().public_key()
    found: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=options.pop("audience", tokens.AUDIENCE),
        **options,
    )
    return found


def test_ids_are_unique_and_every_passport_says_why() -> None:
    assert len(PASSPORTS) > 30
    for id_, passport in PASSPORTS.items():
        assert passport.id == id_
        assert passport.check in CHECKS
        assert any(word in passport.source for word in ("RFC", "CVE", "CWE", "AWS", "OWASP"))
        assert passport.expected is not Expected.ACCEPTED


def test_the_valid_passport_verifies() -> None:
    [shown] = VALID.make(PAPERS)
    assert claims(str(shown.headers["Authorization"]).partition(" ")[2])["sub"] == "ada"


@pytest.mark.parametrize(
    ("passport", "error"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("not-yet-valid", jwt.ImmatureSignatureError),
        ("wrong-client", (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError)),
        ("other-pool", jwt.InvalidSignatureError),
        ("changed-payload", jwt.InvalidSignatureError),
        ("broken-signature", jwt.InvalidSignatureError),
        ("hs256-public-key", jwt.InvalidAlgorithmError),
        ("other-algorithm", jwt.InvalidAlgorithmError),
        ("jwk-injection", jwt.InvalidSignatureError),
        ("stripped-signature", jwt.PyJWTError),
        ("alg-none", jwt.PyJWTError),
    ],
)
def test_a_forgery_is_refused_for_the_reason_in_its_title(passport: str, error: Any) -> None:
    credentials = made(passport)
    assert credentials
    for credential in credentials:
        with pytest.raises(error):
            claims(credential)


@pytest.mark.parametrize("passport", ["expired", "wrong-issuer", "wrong-client", "scope-missing"])
def test_a_wrong_claim_is_signed_by_the_issuer(passport: str) -> None:
    unchecked = {f"verify_{name}": False for name in ("exp", "aud", "iss", "nbf")}
    for credential in made(passport):
        assert claims(credential, options=unchecked)["sub"] == "ada"


def test_an_expired_token_is_over_beyond_any_leeway() -> None:
    for credential in made("expired"):
        token = read(credential)
        assert token is not None
        assert token.claims["exp"] < time.time() - 600


def test_a_stranger_s_key_in_the_header_verifies_its_token() -> None:
    for credential in made("jwk-injection"):
        token = read(credential)
        assert token is not None
        key = jwt.PyJWK(token.header["jwk"], algorithm="RS256").key
        assert key.public_numbers() == stranger_key().public_key().public_numbers()
        jwt.decode(credential, key, algorithms=["RS256"], audience=tokens.AUDIENCE)


def test_confusion_takes_the_public_key_in_each_of_its_spellings() -> None:
    keys = spellings(tokens.forgery("").jwks[0])
    credentials = made("hs256-public-key")
    assert len(credentials) == len(keys) > 5
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    for credential, key in zip(credentials, keys, strict=True):
        text, _, signature = credential.rpartition(".")
        assert hmac.verify(text.encode(), key, jwt.utils.base64url_decode(signature))


def test_no_insufficient_scope_would_suffice() -> None:
    for passport in PASSPORTS.values():
        if passport.expected is Expected.FORBIDDEN:
            credentials = made(passport.id)
            assert credentials
            for credential in credentials:
                granted = claims(credential).get("scope", "").split()
                assert "loans:read" not in granted


def test_scopes_that_open_by_another_alternative_are_not_tried() -> None:
    papers = Papers(
        BEARER,
        GENUINE,
        required=("loans:read",),
        known=("loans:read", "loans:write"),
        also_open=(frozenset({"loans:write"}),),
        forgery=PAPERS.forgery,
    )
    with pytest.raises(NotMade):
        PASSPORTS["all-other-scopes"].make(papers)


@pytest.mark.parametrize(
    ("papers", "untried", "reason"),
    [
        (Papers(BEARER, GENUINE), "expired", "signing key"),
        (Papers(BEARER, "opaque"), "alg-none", "no JSON Web Token|not a JSON Web Token"),
        (Papers(KEY, "0123456789"), "expired", "not a JSON Web Token"),
        (Papers(BEARER, GENUINE), "nearly", "passports of their own"),
        (Papers(BEARER, GENUINE, forgery=PAPERS.forgery), "scope-missing", "asks for no scope"),
    ],
)
def test_what_cannot_be_made_says_why(papers: Papers, untried: str, reason: str) -> None:
    with pytest.raises(NotMade, match=reason):
        list(PASSPORTS[untried].make(papers))


def test_a_forgery_that_needs_no_key_is_made_without_one() -> None:
    papers = Papers(BEARER, GENUINE)
    for passport in (
        "alg-none",
        "stripped-signature",
        "changed-payload",
        "jku-injection",
        "kid-path",
    ):
        assert list(PASSPORTS[passport].make(papers))


def test_papers_keep_their_credential_to_themselves() -> None:
    assert GENUINE not in repr(PAPERS)
    assert GENUINE not in repr(read(GENUINE))
    assert GENUINE not in repr(BEARER.present(GENUINE))
