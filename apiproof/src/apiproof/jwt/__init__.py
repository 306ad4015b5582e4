"""Passports: every way to ask an API for entry, good and bad, with the answer that is due.

    for presented in PASSPORTS["expired"].make(Papers(scheme, token, forgery=...)): ...

Each passport names its source (RFC, CVE, AWS page). The package knows neither who replays them
nor any service, and no library that verifies tokens: it forges what such libraries refuse to make.
"""

from apiproof.jwt import claims, endings, keyheaders, presentation, scopes, signatures
from apiproof.jwt.compact import jwk_of, read, signed, stranger_key
from apiproof.jwt.keyheaders import STRANGER, stranger_certificate
from apiproof.jwt.passport import Ending, Expected, Forgery, NotMade, Papers, Passport
from apiproof.jwt.presentation import VALID
from apiproof.jwt.schemes import NOTHING, Presented, Scheme, schemes
from apiproof.jwt.scopes import admin_claims, with_scopes

PASSPORTS: dict[str, Passport] = {
    passport.id: passport
    for family in (presentation, claims, signatures, keyheaders, endings, scopes)
    for passport in family.PASSPORTS
}

__all__ = [
    "NOTHING",
    "PASSPORTS",
    "STRANGER",
    "VALID",
    "Ending",
    "Expected",
    "Forgery",
    "NotMade",
    "Papers",
    "Passport",
    "Presented",
    "Scheme",
    "admin_claims",
    "jwk_of",
    "read",
    "schemes",
    "signed",
    "stranger_certificate",
    "stranger_key",
    "with_scopes",
]
