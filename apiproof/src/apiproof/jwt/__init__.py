"""Tokens and credential cases: every way to ask an API for access, with the expected answer.

    for auth in CREDENTIAL_CASES["expired"].make(CredentialContext(scheme, token, ...)): ...

Each case names its source (RFC, CVE, AWS page). The one place that encodes, signs and decodes
tokens: it forges what libraries for honest tokens refuse to make.
"""

from apiproof.jwt import cases, cases_scopes, cases_token
from apiproof.jwt.cases import (
    VALID,
    CredentialCase,
    CredentialContext,
    Expected,
    ForgeryMaterial,
    NotApplicable,
    SessionEnd,
)
from apiproof.jwt.cases_scopes import admin_claims, with_scopes
from apiproof.jwt.jws import (
    UNTRUSTED,
    Jws,
    decode_unverified,
    ends_soon,
    jwk_of,
    sign_hmac,
    sign_rsa,
    untrusted_certificate,
    untrusted_key,
)
from apiproof.jwt.schemes import (
    AUTHORIZATION,
    NO_AUTH,
    SPELLINGS,
    RequestAuth,
    Scheme,
    presented,
    schemes,
)

CREDENTIAL_CASES: dict[str, CredentialCase] = {
    case.id: case
    for family in (
        cases.TRANSPORT_CASES,
        cases_token.CLAIM_CASES,
        cases_token.SIGNATURE_CASES,
        cases_token.KEY_HEADER_CASES,
        cases.SESSION_CASES,
        cases_scopes.SCOPE_CASES,
    )
    for case in family
}

__all__ = [
    "AUTHORIZATION",
    "CREDENTIAL_CASES",
    "NO_AUTH",
    "SPELLINGS",
    "UNTRUSTED",
    "VALID",
    "CredentialCase",
    "CredentialContext",
    "Expected",
    "ForgeryMaterial",
    "Jws",
    "NotApplicable",
    "RequestAuth",
    "Scheme",
    "SessionEnd",
    "admin_claims",
    "decode_unverified",
    "ends_soon",
    "jwk_of",
    "presented",
    "schemes",
    "sign_hmac",
    "sign_rsa",
    "untrusted_certificate",
    "untrusted_key",
    "with_scopes",
]
