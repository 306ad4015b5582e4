"""The sessions of one pool: which refresh tokens live, which access tokens are known.

Knows users and their sessions; how tokens are made is elsewhere.
"""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apiproof.cognito.appclient import AppClient
from apiproof.cognito.errors import NotAuthorized, UserNotFound
from apiproof.cognito.users import Session, User

if TYPE_CHECKING:
    from apiproof.cognito.service import CognitoService

ADMIN_SCOPE = "aws.cognito.signin.user.admin"


@dataclass(frozen=True)
class Issued:
    """An access token that the pool made."""

    session: Session
    claims: dict[str, Any]


class SessionBook:
    """All sign-ins of a pool.

    Args:
        service: tells the time and makes identifiers.
        motos: moto's own table of access tokens, where operations that are moto's own look.
    """

    def __init__(self, service: "CognitoService", motos: dict[str, tuple[str, str]]) -> None:
        self._service = service
        self._motos = motos
        self._by_refresh_token: dict[str, Session] = {}
        self._issued: dict[str, Issued] = {}

    def begin(self, user: User, client: AppClient) -> Session:
        """Open a session; its tokens are minted elsewhere."""
        now = self._service.clock.now()
        session = Session(
            user=user,
            client_id=client.id,
            refresh_token=secrets.token_urlsafe(96),
            origin_jti=self._service.new_id(),
            signed_in_at=now,
            expires_at=now + client.lifetime("RefreshToken"),
        )
        self._by_refresh_token[session.refresh_token] = session
        user.sessions.append(session)
        return session

    def end(self, session: Session) -> None:
        """Revoke the tokens of one sign-in."""
        session.revoked = True
        if session in session.user.sessions:
            session.user.sessions.remove(session)

    def end_all(self, user: User) -> None:
        """Revoke every token of a user."""
        for session in tuple(user.sessions):
            self.end(session)

    def find(self, refresh_token: str) -> Session | None:
        """Find the session of a refresh token, dead or alive."""
        return self._by_refresh_token.get(refresh_token)

    def live(self, refresh_token: str, client: AppClient) -> Session:
        """Find the session of a refresh token that may be used.

        Raises:
            NotAuthorized: unknown, revoked, expired, or of another client.
        """
        session = self.find(refresh_token)
        if session is None or session.client_id != client.id:
            raise NotAuthorized("Invalid Refresh Token")
        if session.revoked:
            raise NotAuthorized("Refresh Token has been revoked")
        if self._service.clock.now() >= session.expires_at:
            raise NotAuthorized("Refresh Token has expired")
        return session

    def remember(self, token: str, session: Session, claims: dict[str, Any]) -> None:
        """Know an access token again, for GetUser and the like."""
        self._issued[token] = Issued(session, claims)
        self._motos[token] = (session.client_id, session.user.username)

    def issued(self, access_token: str) -> Issued | None:
        """Find an access token, dead or alive."""
        return self._issued.get(access_token)

    def authorize(self, access_token: str) -> Session:
        """Find the session of an access token that may be used.

        Raises:
            NotAuthorized: unknown, expired, revoked, or without the scope for it.
            UserNotFound: the user was deleted.
        """
        issued = self.issued(access_token)
        if issued is None:
            raise NotAuthorized("Invalid Access Token")
        if self._service.clock.timestamp() >= issued.claims.get("exp", 0):
            raise NotAuthorized("Access Token has expired")
        session = issued.session
        if session.user.deleted:
            raise UserNotFound
        if session.revoked:
            raise NotAuthorized("Access Token has been revoked")
        if not session.user.enabled:
            raise NotAuthorized("User is disabled.")
        if ADMIN_SCOPE not in str(issued.claims.get("scope", "")).split():
            raise NotAuthorized("Access Token does not have required scopes")
        return session

    def clear(self) -> None:
        """Forget everything."""
        self._by_refresh_token.clear()
        self._issued.clear()
        self._motos.clear()
