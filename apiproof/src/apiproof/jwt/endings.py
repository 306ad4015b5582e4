"""Passports that were good until their session or account ended."""

from collections.abc import Iterable

from apiproof.jwt.passport import Ending, Expected, Papers, Passport
from apiproof.jwt.presentation import FORGED
from apiproof.jwt.schemes import Presented


def _genuine(papers: Papers) -> Iterable[Presented]:
    return papers.present(papers.credential)


PASSPORTS = (
    Passport(
        "signed-out",
        "a token whose user has signed out",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613",
        _genuine,
        Ending.SIGNED_OUT,
    ),
    Passport(
        "disabled",
        "a token of an account that was disabled",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613; AWS, AdminDisableUser",
        _genuine,
        Ending.DISABLED,
    ),
    Passport(
        "deleted",
        "a token of an account that was deleted",
        Expected.UNAUTHENTICATED,
        FORGED,
        "RFC 6750, 3.1; CWE-613; AWS, AdminDeleteUser",
        _genuine,
        Ending.DELETED,
    ),
)
