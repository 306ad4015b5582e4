"""Tokens of other kinds than access tokens that a service shows: to verify an address, to reset.

What is for one use must not serve for another (RFC 8725, 3.11-12).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.fields import fields_of, named_values
from apiproof.access.http import Response
from apiproof.access.login_operations import HANDED_ON
from apiproof.jwt import decode_unverified

_SHORTEST = 8  # characters of what may be a token
MOST = 40  # tokens that are kept
_USES = ("token_use", "token_type", "typ", "type", "use", "purpose", "kind", "action", "aud")
# Members, and values of claims, that say what a token is for; none of them is an access token.
_PURPOSE = re.compile(
    r"verif|confirm|activat|reset|recover|forgot|invit|magic|unsubscribe|mfa|otp|2fa|challenge"
    r"|pre[-_]?auth|download|email|refresh",
    re.IGNORECASE,
)


class OtherTokens:
    """Takes note of tokens in answers whose name or claims say another use."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}  # token -> what it is for

    def note(self, response: Response) -> None:
        """Take note of the tokens that an answer shows."""
        if not response.ok or "eyJ" not in response.text or len(self._seen) >= MOST:
            return
        for name, value in named_values(response.json):
            token = decode_unverified(value) if isinstance(value, str) else None
            purpose = _purpose(name, token.claims) if token is not None else ""
            if purpose:
                self._seen.setdefault(value, purpose)

    def unlike(self, held: str) -> Iterator[tuple[str, str]]:
        """Yield tokens of other kinds than an access token, the newest of each, by case.

        Args:
            held: The access token.
        """
        own = decode_unverified(held)
        if own is None:
            return
        for value, purpose in reversed(self._seen.items()):
            token = decode_unverified(value)
            if token is not None and value != held and _use(token.claims) != _use(own.claims):
                yield f"{purpose}-as-access", value


def handed_on(answer: Any) -> dict[str, str]:
    """Return what an earlier step of a login gives the next one, by name: a session, a ticket."""
    said = ((path[-1], value) for path, value in fields_of(answer))
    return {
        name: value
        for name, value in said
        if isinstance(value, str) and len(value) >= _SHORTEST and HANDED_ON.search(name)
    }


def _purpose(name: str, claims: Mapping[str, Any]) -> str:
    """Return in one word what a token is for, which is no access; empty where nothing says it."""
    said = [name, *(str(claims.get(use, "")) for use in (*_USES, "scope"))]
    found = next(filter(None, (_PURPOSE.search(one) for one in said)), None)
    return found[0].lower() if found else ""


def _use(claims: Mapping[str, Any]) -> list[str]:
    return [str(claims.get(name)) for name in (*_USES, "scope")]
