"""Authorization codes: what a browser carries from the sign-in page to an application."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.context import CognitoClock
from apiproof.cognito.sessions import Session

LIFETIME = timedelta(minutes=5)  # AWS developer guide, "Token endpoint"


def s256_challenge(verifier: str) -> str:
    """Compute the code challenge of a code verifier (RFC 7636, section 4.2, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(eq=False)
class AuthorizationCode:
    """A code that stands for a finished sign-in.

    Attributes:
        session: the sign-in; its tokens are made when the code is redeemed.
        client: the app client that may redeem it.
        redirect_uri: where it was sent.
        challenge: of PKCE; None where the application sent none.
        expires_at: until when it may be redeemed.
        used: whether it was.
    """

    session: Session
    client: AppClient
    redirect_uri: str
    challenge: str | None
    expires_at: datetime
    used: bool = False


class AuthorizationCodes:
    """All codes of an emulator."""

    def __init__(self, clock: CognitoClock) -> None:
        self._clock = clock
        self._codes: dict[str, AuthorizationCode] = {}

    def create(
        self, session: Session, client: AppClient, redirect_uri: str, challenge: str | None
    ) -> str:
        """Make a code; the arguments are the attributes of `AuthorizationCode`."""
        code = secrets.token_urlsafe(24)
        expires_at = self._clock.now() + LIFETIME
        self._codes[code] = AuthorizationCode(session, client, redirect_uri, challenge, expires_at)
        return code

    def redeem(
        self, code: str, client: AppClient, redirect_uri: str, verifier: str | None
    ) -> Session | None:
        """Use a code up; one that is used again ends the sign-in (RFC 6749, section 4.1.2).

        Returns:
            the sign-in, or None: the code is unknown, used, too old, of another client, went to
            another address, or its verifier is wrong or missing.
        """
        kept = self._codes.get(code)
        if kept is None or kept.client is not client:
            return None
        if kept.used:
            kept.session.revoked = True
            return None
        kept.used = True
        fits = kept.redirect_uri == redirect_uri and self._clock.now() < kept.expires_at
        return kept.session if fits and _proves(kept.challenge, verifier) else None

    def clear(self) -> None:
        """Forget everything."""
        self._codes.clear()


def _proves(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return verifier is None
    return verifier is not None and hmac.compare_digest(s256_challenge(verifier), challenge)
