"""What the service asks of an identity provider, and the words for what it answers.

Services know these protocols only.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Account:
    """An account at the provider."""

    sub: str
    username: str
    email: str
    unconfirmed: bool
    disabled: bool = False


@dataclass(frozen=True)
class Tokens:
    """What a sign-in yields; the lifetime is in seconds."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True)
class AccessToken:
    """The claims of a verified access token; times are epoch seconds."""

    sub: str
    username: str
    scopes: frozenset[str]
    issued_at: int
    signed_in_at: int
    origin_jti: str | None
    jti: str
    raw: str = field(repr=False)

    @property
    def session_id(self) -> str:
        """What all tokens of one sign-in share; the token's own id where revocation is off."""
        return self.origin_jti or self.jti


class JwksSource(Protocol):
    """Where the pool's public keys come from."""

    def fetch(self) -> dict[str, Any]:
        """Get the JSON Web Key Set (RFC 7517).

        Raises:
            OSError, ValueError: when it cannot be had.
        """


class TokenVerifier(Protocol):
    """Verifies access tokens offline."""

    def verify_at_hand(self, token: str) -> AccessToken | None:
        """Check a token that a caller presents without waiting; None: its key is to be looked up.

        Raises:
            TokenInvalid
        """

    def verify(self, token: str) -> AccessToken:
        """Check a token that a caller presents; look its key up where it is not at hand.

        Raises:
            TokenInvalid, KeysUnavailable
        """

    def verify_issued(self, token: str) -> AccessToken:
        """Check a token that the provider has just issued; a new key is looked up at once.

        Raises:
            IdentityUnavailable, KeysUnavailable
        """


class IdentityProvider(Protocol):
    """Holds accounts, passwords and codes; any call may raise Throttled, IdentityUnavailable."""

    def sign_up(self, username: str, password: str, email: str) -> str:
        """Open an unconfirmed account and return its sub.

        Raises:
            AccountExists, AccountRefused, PasswordRefused
            IdentityAnswerLost: the account may have been opened.
        """

    def confirm_sign_up(self, username: str, code: str) -> None:
        """Confirm an account with the code that was sent.

        Raises:
            CodeInvalid, AccountExists
        """

    def resend_code(self, username: str) -> None:
        """Send a new confirmation code; says nothing of users who wait for none."""

    def sign_in(self, username: str, password: str) -> Tokens:
        """Open a session.

        Raises:
            CredentialsWrong, AccountUnverified, PasswordResetRequired, ChallengeUnsupported
        """

    def refresh(self, refresh_token: str) -> Tokens:
        """Continue a session; whose it is, the new tokens say.

        Raises:
            RefreshTokenInvalid
        """

    def forgot_password(self, username: str) -> None:
        """Send a reset code; says nothing of users who do not exist."""

    def reset_password(self, username: str, code: str, password: str) -> None:
        """Set a new password with a reset code.

        Raises:
            CodeInvalid, PasswordRefused
        """

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """Set a new password with the current one.

        Raises:
            PasswordWrong, PasswordRefused
            TokenInvalid: the provider has revoked the token.
        """

    def find_account(self, username: str) -> Account | None:
        """Look an account up, as an administrator."""

    def delete_account(self, username: str) -> None:
        """Delete an account; one that is gone already is fine."""

    def sign_out(self, access_token: str) -> None:
        """Revoke all tokens of the token's user; a token that is revoked already is fine."""

    def sign_out_account(self, username: str) -> None:
        """Revoke all of a user's tokens, as an administrator; a user who is gone is fine."""

    def set_enabled(self, username: str, *, enabled: bool) -> None:
        """Let an account sign in, or no longer.

        Raises:
            UserNotFound
        """
