"""A user of the pool, and the sessions that signing in begins.

Extends moto's user by what moto has no notion of: codes, failed attempts, hourly limits, sessions.
Knows no operation.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cognitoidp.models import CognitoIdpUser, UserStatus

from apiproof.cognito.codes import CodeBook
from apiproof.cognito.lockout import HourlyLimits, PasswordAttempts

VERIFIABLE = ("phone_number", "email")  # in the order in which Cognito prefers them


@dataclass(eq=False)
class Session:
    """One sign-in: a refresh token and every token made from it."""

    user: "User"
    client_id: str
    refresh_token: str
    origin_jti: str
    signed_in_at: datetime
    expires_at: datetime
    revoked: bool = False
    access_tokens: list[str] = field(default_factory=list)


class User(CognitoIdpUser):
    """moto's user with its codes, limits and sessions."""

    status: UserStatus

    def __init__(
        self,
        user_pool_id: str,
        username: str | None,
        password: str | None,
        status: UserStatus,
        attributes: list[dict[str, str]],
    ) -> None:
        super().__init__(user_pool_id, username, password, status, attributes)
        self.codes = CodeBook()
        self.attempts = PasswordAttempts()
        self.limits = HourlyLimits()
        self.sessions: list[Session] = []
        self.deleted = False

    def attribute(self, name: str) -> str | None:
        """Give an attribute's value, or None."""
        value: str | None = self.attribute_lookup.get(name)
        return value

    def has_verified(self, attribute: str) -> bool:
        """Whether a code for this email or phone number came back."""
        return str(self.attribute_lookup.get(f"{attribute}_verified")).lower() == "true"

    def set_verified(self, attribute: str, *, verified: bool) -> None:
        """Mark an email or phone number as verified or not."""
        self.update_attributes(
            [{"Name": f"{attribute}_verified", "Value": "true" if verified else "false"}]
        )

    def group_names(self) -> list[str]:
        """Give the user's groups, the most preceding first."""
        ranked = sorted(
            self.groups,
            # moto keeps a missing precedence as None.
            key=lambda group: (group.precedence is None, group.precedence or 0, group.group_name),
        )
        return [group.group_name for group in ranked]

    def claims(self, readable: list[str]) -> dict[str, Any]:
        """Give the attributes as claims of an id token.

        Args:
            readable: `ReadAttributes` of the client; empty means all.
        """
        return {
            name: value == "true" if name.endswith("_verified") else value
            for name, value in self.attribute_lookup.items()
            if not readable or name in readable or name == "sub"
        }
