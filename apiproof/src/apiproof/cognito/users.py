"""A user of the pool, and the sessions that signing in begins.

Extends moto's user by what moto has no notion of: codes, failed attempts, hourly limits, sessions.
Knows no operation.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cognitoidp.models import CognitoIdpGroup, CognitoIdpUser, UserStatus

from apiproof.cognito.codes import CodeBook
from apiproof.cognito.lockout import HourlyLimits, PasswordAttempts

VERIFIABLE = ("phone_number", "email")  # in the order in which Cognito prefers them
_FLAGS = ("email_verified", "phone_number_verified")  # attributes are texts, these claims booleans


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
    # What an OAuth grant asked for; None for a sign-in by API, whose scope is Cognito's own.
    scopes: tuple[str, ...] | None = None
    nonce: str | None = None
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

    def _ranked_groups(self) -> list[CognitoIdpGroup]:
        return sorted(self.groups, key=lambda group: (_rank(group), group.group_name))

    def group_names(self) -> list[str]:
        """Give the user's groups, the most preceding first."""
        return [group.group_name for group in self._ranked_groups()]

    def roles(self) -> list[str]:
        """Give the IAM roles of the user's groups, the most preceding first."""
        return list(dict.fromkeys(str(g.role_arn) for g in self._ranked_groups() if g.role_arn))

    def preferred_role(self) -> str | None:
        """Give the role of the most preceding group, if groups of that rank agree on one.

        Source: API reference, CreateGroup, `Precedence`.
        """
        groups = [group for group in self._ranked_groups() if group.role_arn]
        first = {str(group.role_arn) for group in groups if _rank(group) == _rank(groups[0])}
        return first.pop() if len(first) == 1 else None

    def claims(self, readable: list[str], scopes: tuple[str, ...] | None = None) -> dict[str, Any]:
        """Give the attributes as claims of an id token.

        Args:
            readable: `ReadAttributes` of the client; empty means all.
            scopes: what an OAuth grant opens; None, a sign-in by API, opens all.
        """
        return {
            name: value == "true" if name in _FLAGS else value
            for name, value in self.attribute_lookup.items()
            if name == "sub"
            or ((not readable or name in readable) and (scopes is None or opens(scopes, name)))
        }


def _rank(group: CognitoIdpGroup) -> tuple[bool, int]:
    # moto keeps a missing precedence as None; it comes last.
    return group.precedence is None, group.precedence or 0


def opens(scopes: tuple[str, ...], attribute: str) -> bool:
    """Tell whether the scopes of an OAuth grant open an attribute.

    `openid` alone opens all of them (AWS developer guide, "Scopes, M2M, and resource servers").
    """
    narrowing = {"email", "phone", "profile"} & set(scopes)
    if not narrowing:
        return "openid" in scopes
    if attribute in {"email", "email_verified"}:
        return "email" in narrowing
    if attribute in {"phone_number", "phone_number_verified"}:
        return "phone" in narrowing
    return "profile" in narrowing
