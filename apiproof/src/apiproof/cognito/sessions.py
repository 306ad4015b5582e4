"""The sign-ins of one pool: which refresh tokens are valid, which access tokens are known."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.errors import NotAuthorized, RefreshTokenReused, UserNotFound
from apiproof.cognito.users import User

ADMIN_SCOPE = "aws.cognito.signin.user.admin"
# What an OAuth grant may ask for without a resource server.
STANDARD_SCOPES = ("openid", "email", "phone", "profile", ADMIN_SCOPE)


@dataclass(eq=False)
class Session:
    """One sign-in: a refresh token and every token made from it.

    Attributes:
        user: who signed in.
        client_id: through which app client.
        refresh_token: the newest one.
        origin_jti: what all its tokens have in common.
        signed_in_at: `auth_time` of its tokens.
        expires_at: when the refresh token expires.
        revoked: True once the sign-in has ended.
        scopes: what an OAuth grant asked for; None for a sign-in by API, whose scope is
            Cognito's own.
        nonce: of an OpenID Connect request.
        audience: the `resource` of an OAuth request (RFC 8707).
        metadata: the ClientMetadata of the newest call, for the trigger.
        device_key: of the device that signed in, in a pool that tracks devices: it alone refreshes.
    """

    user: User
    client_id: str
    refresh_token: str
    origin_jti: str
    signed_in_at: datetime
    expires_at: datetime
    revoked: bool = False
    scopes: tuple[str, ...] | None = None
    nonce: str | None = None
    audience: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    device_key: str | None = None


@dataclass(frozen=True)
class IssuedToken:
    """An access token that the pool made; it may be revoked apart from its session."""

    session: Session
    claims: dict[str, Any]
    revoked: bool = False


class SessionStore:
    """All sign-ins of a pool.

    Args:
        context: tells the time and makes identifiers.
        motos: moto's own table of access tokens, where operations that are moto's own look.
    """

    def __init__(self, context: EmulatorContext, motos: dict[str, tuple[str, str]]) -> None:
        self._context = context
        self._motos = motos
        self._by_refresh_token: dict[str, Session] = {}
        self._rotated_at: dict[str, datetime] = {}
        self._by_user: dict[str, list[Session]] = {}
        self._issued: dict[str, IssuedToken] = {}

    def begin(self, user: User, client_id: str, lifetime: timedelta) -> Session:
        """Open a session; its tokens are issued elsewhere.

        Args:
            user: who signs in.
            client_id: through which app client.
            lifetime: of the refresh token.
        """
        now = self._context.clock.now()
        session = Session(
            user=user,
            client_id=client_id,
            refresh_token=secrets.token_urlsafe(96),
            origin_jti=self._context.new_id(),
            signed_in_at=now,
            expires_at=now + lifetime,
        )
        self._by_refresh_token[session.refresh_token] = session
        self._by_user.setdefault(user.id, []).append(session)
        return session

    def end(self, session: Session) -> None:
        """Revoke the tokens of one sign-in."""
        session.revoked = True
        sessions = self._by_user.get(session.user.id, [])
        if session in sessions:
            sessions.remove(session)

    def of_user(self, user: User) -> tuple[Session, ...]:
        """Give the sign-ins of a user that have not ended, the oldest first."""
        now = self._context.clock.now()
        return tuple(each for each in self._by_user.get(user.id, ()) if now < each.expires_at)

    def end_all(self, user: User) -> None:
        """Revoke every token of a user."""
        for session in tuple(self._by_user.get(user.id, ())):
            self.end(session)

    def find(self, refresh_token: str) -> Session | None:
        """Find the session of a refresh token, valid or not."""
        return self._by_refresh_token.get(refresh_token)

    def rotate(self, refresh_token: str) -> None:
        """Give the session of a refresh token another one; it expires when the first would have."""
        session = self._by_refresh_token[refresh_token]
        self._rotated_at.setdefault(refresh_token, self._context.clock.now())
        session.refresh_token = secrets.token_urlsafe(96)
        self._by_refresh_token[session.refresh_token] = session

    def require_valid(
        self, refresh_token: str, client_id: str, grace: timedelta | None = None
    ) -> Session:
        """Find the session of a refresh token that may be used.

        Args:
            refresh_token: the newest of its session, or one that was rotated lately.
            client_id: who uses it.
            grace: how long a rotated token stays good.

        Raises:
            NotAuthorized: unknown, revoked, expired, or of another client.
            RefreshTokenReused: it was rotated too long ago.
        """
        session = self.find(refresh_token)
        if session is None or session.client_id != client_id:
            raise NotAuthorized("Invalid Refresh Token")
        if session.revoked:
            raise NotAuthorized("Refresh Token has been revoked")
        now = self._context.clock.now()
        if now >= session.expires_at:
            raise NotAuthorized("Refresh Token has expired")
        rotated_at = self._rotated_at.get(refresh_token)
        if rotated_at is not None and now >= rotated_at + (grace or timedelta()):
            raise RefreshTokenReused
        return session

    def add_access_token(self, token: str, session: Session, claims: dict[str, Any]) -> None:
        """Know an access token again, for GetUser and the like."""
        self._issued[token] = IssuedToken(session, claims)
        self._motos[token] = (session.client_id, session.user.username)

    def issued(self, access_token: str) -> IssuedToken | None:
        """Find an access token, valid or not."""
        return self._issued.get(access_token)

    def authorize(self, access_token: str) -> Session:
        """Find the session of an access token that may be used with the API of Cognito.

        Raises:
            NotAuthorized: unknown, expired, revoked, or without the scope for it.
            UserNotFound: the user was deleted.
        """
        session = self.require_usable(access_token)
        issued = self._issued[access_token]
        if ADMIN_SCOPE not in str(issued.claims.get("scope", "")).split():
            raise NotAuthorized("Access Token does not have required scopes")
        return session

    def require_usable(self, access_token: str) -> Session:
        """Find the session of an access token, whatever its scopes; raises as `authorize` does."""
        issued = self.issued(access_token)
        if issued is None:
            raise NotAuthorized("Invalid Access Token")
        if self._context.clock.timestamp() >= issued.claims.get("exp", 0):
            raise NotAuthorized("Access Token has expired")
        session = issued.session
        if session.user.deleted:
            raise UserNotFound
        if session.revoked or issued.revoked:
            raise NotAuthorized("Access Token has been revoked")
        if not session.user.enabled:
            raise NotAuthorized("User is disabled.")
        return session

    def revoke_access_tokens(self, user: User) -> None:
        """Revoke the access tokens that a user has; refresh tokens stay."""
        for token, issued in self._issued.items():
            if issued.session.user is user:
                self._issued[token] = replace(issued, revoked=True)

    def clear(self) -> None:
        """Forget everything."""
        self._by_refresh_token.clear()
        self._rotated_at.clear()
        self._by_user.clear()
        self._issued.clear()
        self._motos.clear()
