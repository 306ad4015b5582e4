"""Credential cases are what their titles say: each forgery is wrong in one way only."""

import time
from typing import Any

import jwt
import pytest

from apiproof.access.checks import CHECKS
from apiproof.jwt import (
    CREDENTIAL_CASES,
    VALID,
    CredentialContext,
    Expected,
    NotApplicable,
    Scheme,
    decode_unverified,
    untrusted_key,
)
from apiproof.jwt.jws import public_key_encodings
from tests.apps import tokens

BEARER = Scheme("OAuth", "bearer")
KEY = Scheme("Key", "apiKey", "header", "X-Api-Key")
GENUINE = tokens.mint("ada", ("loans:read",))


def read_context() -> CredentialContext:
    """A new token each time: a whole run may take longer than one is good for."""
    return CredentialContext(
        BEARER,
        tokens.mint("ada", ("loans:read",)),
        required=("loans:read",),
        known=("loans:read", "loans:write"),
        material=MATERIAL,
    )


MATERIAL = tokens.forgery("http://127.0.0.1:1")


def made(case: str) -> list[str]:
    """The credentials of a case, without the scheme's name."""
    shown = CREDENTIAL_CASES[case].make(read_context())
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


def test_ids_are_unique_and_every_case_says_why() -> None:
    assert len(CREDENTIAL_CASES) > 30
    for id_, case in CREDENTIAL_CASES.items():
        assert case.id == id_
        assert case.check in CHECKS
        assert any(word in case.source for word in ("RFC", "CVE", "CWE", "AWS", "OWASP"))
        assert case.expected is not Expected.ACCEPTED


def test_the_valid_token_verifies() -> None:
    [shown] = VALID.make(read_context())
    assert claims(str(shown.headers["Authorization"]).partition(" ")[2])["sub"] == "ada"


@pytest.mark.parametrize(
    ("case", "error"),
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
def test_a_forgery_is_refused_for_the_reason_in_its_title(case: str, error: Any) -> None:
    credentials = made(case)
    assert credentials
    for credential in credentials:
        with pytest.raises(error):
            claims(credential)


@pytest.mark.parametrize("case", ["expired", "wrong-issuer", "wrong-client", "scope-missing"])
def test_a_wrong_claim_is_signed_by_the_issuer(case: str) -> None:
    unchecked = {f"verify_{name}": False for name in ("exp", "aud", "iss", "nbf")}
    for credential in made(case):
        assert claims(credential, options=unchecked)["sub"] == "ada"


def test_an_expired_token_is_over_beyond_any_leeway() -> None:
    for credential in made("expired"):
        token = decode_unverified(credential)
        assert token is not None
        assert token.claims["exp"] < time.time() - 600


def test_a_stranger_s_key_in_the_header_verifies_its_token() -> None:
    for credential in made("jwk-injection"):
        token = decode_unverified(credential)
        assert token is not None
        key = jwt.PyJWK(token.header["jwk"], algorithm="RS256").key
        assert key.public_numbers() == untrusted_key().public_key().public_numbers()
        jwt.decode(credential, key, algorithms=["RS256"], audience=tokens.AUDIENCE)


def test_confusion_takes_the_public_key_in_each_of_its_spellings() -> None:
    keys = public_key_encodings(tokens.forgery("").jwks[0])
    credentials = made("hs256-public-key")
    assert len(credentials) == len(keys) > 5
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    for credential, key in zip(credentials, keys, strict=True):
        text, _, signature = credential.rpartition(".")
        assert hmac.verify(text.encode(), key, jwt.utils.base64url_decode(signature))


def test_no_insufficient_scope_would_suffice() -> None:
    for case in CREDENTIAL_CASES.values():
        if case.expected is Expected.FORBIDDEN:
            credentials = made(case.id)
            assert credentials
            for credential in credentials:
                granted = claims(credential).get("scope", "").split()
                assert "loans:read" not in granted


def test_scopes_that_open_by_another_alternative_are_not_tried() -> None:
    context = CredentialContext(
        BEARER,
        GENUINE,
        required=("loans:read",),
        known=("loans:read", "loans:write"),
        other_scope_sets=(frozenset({"loans:write"}),),
        material=MATERIAL,
    )
    with pytest.raises(NotApplicable):
        CREDENTIAL_CASES["all-other-scopes"].make(context)


@pytest.mark.parametrize(
    ("context", "skipped", "reason"),
    [
        (CredentialContext(BEARER, GENUINE), "expired", "signing key"),
        (CredentialContext(BEARER, "opaque"), "alg-none", "no JSON Web Token|not a JSON Web Token"),
        (CredentialContext(KEY, "0123456789"), "expired", "not a JSON Web Token"),
        (CredentialContext(BEARER, GENUINE), "nearly", "cases of their own"),
        (
            CredentialContext(BEARER, GENUINE, material=MATERIAL),
            "scope-missing",
            "asks for no scope",
        ),
    ],
)
def test_what_cannot_be_made_says_why(
    context: CredentialContext, skipped: str, reason: str
) -> None:
    with pytest.raises(NotApplicable, match=reason):
        list(CREDENTIAL_CASES[skipped].make(context))


def test_a_forgery_that_needs_no_key_is_made_without_one() -> None:
    context = CredentialContext(BEARER, GENUINE)
    for case in (
        "alg-none",
        "stripped-signature",
        "changed-payload",
        "jku-injection",
        "kid-path",
    ):
        assert list(CREDENTIAL_CASES[case].make(context))


def test_a_context_keeps_its_credential_to_itself() -> None:
    assert GENUINE not in repr(CredentialContext(BEARER, GENUINE, material=MATERIAL))
    assert GENUINE not in repr(decode_unverified(GENUINE))
    assert GENUINE not in repr(BEARER.present(GENUINE))
