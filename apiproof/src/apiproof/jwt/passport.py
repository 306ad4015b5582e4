"""What a passport is: one way to ask for entry, and the answer that is due.

It must not know who replays it or against what.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.jwt.compact import Claims, Header, Signer, Token, read
from apiproof.jwt.schemes import Presented, Scheme


class Expected(enum.Enum):
    """The answers that are due: entry, 401 (RFC 9110, 15.5.2) or 403 (15.5.4)."""

    ACCEPTED = "2xx"
    UNAUTHENTICATED = "401"
    FORBIDDEN = "403"


class Ending(enum.Enum):
    """How an account or its session comes to its end."""

    SIGNED_OUT = "signed out"
    DISABLED = "disabled"
    DELETED = "deleted"


class NotMade(Exception):
    """A passport cannot be made with what is at hand; the text says what is lacking."""


@dataclass(frozen=True)
class Forgery:
    """What a forger has at hand.

    Attributes:
        sign: Signs any header and claims with the issuer's own key; None when it is not at hand.
        jwks: The issuer's published keys, as JWKs.
        id_token: Returns an id token of the same person, or raises `NotMade`.
        lure: A URL that serves `/jwks.json` and `/x5u.pem` of the stranger's key.
    """

    sign: Signer | None = field(default=None, repr=False)
    jwks: tuple[Mapping[str, Any], ...] = ()
    id_token: Callable[[], str] | None = None
    lure: str = "https://keys.example.com"


@dataclass(frozen=True)
class Papers:
    """A valid credential, from which passports are made, and the gate that it opens.

    Attributes:
        scheme: How it is presented.
        credential: The token or key itself.
        required: The scopes that the gate asks for.
        known: Every scope of the document.
        also_open: Sets of scopes of the same scheme, each of which opens the operation as well.
        forgery: What else is at hand.
    """

    scheme: Scheme
    credential: str = field(repr=False)
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    also_open: tuple[frozenset[str], ...] = ()
    forgery: Forgery = field(default_factory=Forgery)

    def token(self) -> Token:
        """Return the credential taken apart.

        Raises:
            NotMade: It is not a JSON Web Token.
        """
        token = read(self.credential) if self.scheme.is_http else None
        if token is None:
            raise NotMade("the credential is not a JSON Web Token")
        return token

    def signer(self) -> Signer:
        """Return what signs with the issuer's key.

        Raises:
            NotMade: The key is not at hand.
        """
        if self.forgery.sign is None:
            raise NotMade("the issuer's signing key is not at hand")
        return self.forgery.sign

    def resigned(self, claims: Claims | None = None, header: Header | None = None) -> str:
        """Sign the token anew with changed members; a value of None takes a member out.

        Raises:
            NotMade: It is no token, or the key is not at hand.
        """
        token, sign = self.token(), self.signer()
        return sign(changed(token.header, header or {}), changed(token.claims, claims or {}))

    def present(self, *credentials: str) -> list[Presented]:
        """Return each credential as a request carries it."""
        return [self.scheme.present(credential) for credential in credentials]


def changed(members: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy with other values; None takes a member out."""
    merged = {**members, **wanted}
    return {name: value for name, value in merged.items() if value is not None}


Make = Callable[[Papers], Iterable[Presented]]


@dataclass(frozen=True)
class Passport:
    """One kind of credential, good or bad.

    Attributes:
        id: Kebab-case name, as in the matrix.
        title: What it is.
        expected: The answer that is due.
        check: The check that a wrong answer fails.
        source: The RFC, CVE or AWS page that says why.
        make: Returns its variants, every one of which must get that answer. Raises `NotMade`.
        ending: For accounts and sessions that are over: how they ended; the credential is then the
            genuine one and `make` merely presents it.
    """

    id: str
    title: str
    expected: Expected
    check: str
    source: str
    make: Make = field(repr=False)
    ending: Ending | None = None
