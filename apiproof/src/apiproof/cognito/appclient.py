"""The app client of a user pool: its secret, its flows, its lifetimes.

Knows no user; usernames pass through only to be hashed.
"""

import base64
import hashlib
import hmac
import secrets
import string
from datetime import timedelta
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPoolClient

from apiproof.cognito.errors import NotAuthorized, ParameterInvalid

_UNITS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
# Kind of token: unit when none is given, default, shortest, longest (API reference,
# CreateUserPoolClient).
_LIFETIMES = {
    "AccessToken": ("hours", timedelta(hours=1), timedelta(minutes=5), timedelta(days=1)),
    "IdToken": ("hours", timedelta(hours=1), timedelta(minutes=5), timedelta(days=1)),
    "RefreshToken": ("days", timedelta(days=30), timedelta(hours=1), timedelta(days=3650)),
}
# What a client may do when ExplicitAuthFlows is left out (API reference, CreateUserPoolClient).
_DEFAULT_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
# Each flow, and the names under which a client allows it; those without ALLOW_ are the old ones.
_FLOW_NAMES = {
    "USER_PASSWORD_AUTH": {"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"},
    "ADMIN_USER_PASSWORD_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"},
    "ADMIN_NO_SRP_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"},
    "USER_SRP_AUTH": {"ALLOW_USER_SRP_AUTH"},
    "CUSTOM_AUTH": {"ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"},
    "USER_AUTH": {"ALLOW_USER_AUTH"},
    "REFRESH_TOKEN_AUTH": {"ALLOW_REFRESH_TOKEN_AUTH"},
    "REFRESH_TOKEN": {"ALLOW_REFRESH_TOKEN_AUTH"},
}


def secret_hash(client_id: str, client_secret: str, username: str) -> str:
    """Compute the SECRET_HASH of a call (AWS developer guide, "Computing secret hash values")."""
    digest = hmac.new(client_secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


class AppClient(CognitoIdpUserPoolClient):
    """moto's app client, with the meaning of its settings."""

    def __init__(
        self,
        user_pool_id: str,
        generate_secret: bool,  # noqa: FBT001 - moto's signature
        extended_config: dict[str, Any] | None,
    ) -> None:
        super().__init__(user_pool_id, generate_secret, extended_config)
        alphabet = string.ascii_lowercase + string.digits
        self.secret = "".join(secrets.choice(alphabet) for _ in range(51))
        self.check()

    def check(self) -> None:
        """Refuse lifetimes outside the limits of the API.

        Raises:
            ParameterInvalid: names the setting.
        """
        for kind, (_, _, shortest, longest) in _LIFETIMES.items():
            if not shortest <= self.lifetime(kind) <= longest:
                raise ParameterInvalid(f"Invalid range for token validity: {kind}Validity.")

    def lifetime(self, kind: str) -> timedelta:
        """Tell how long a token lives; `kind` is AccessToken, IdToken or RefreshToken."""
        default_unit, default, _, _ = _LIFETIMES[kind]
        validity = self.extended_config.get(f"{kind}Validity")
        if not validity:
            return default
        unit = self.extended_config.get("TokenValidityUnits", {}).get(kind, default_unit)
        return int(validity) * _UNITS[unit]

    @property
    def challenge_lifetime(self) -> timedelta:
        """How long a challenge may be answered, `AuthSessionValidity`: 3 to 15 minutes."""
        return timedelta(minutes=self.extended_config["AuthSessionValidity"])

    @property
    def hides_users(self) -> bool:
        """Whether errors must not tell that a user doesn't exist."""
        return self.extended_config.get("PreventUserExistenceErrors") == "ENABLED"

    @property
    def revokes_tokens(self) -> bool:
        """Whether token revocation is enabled."""
        return bool(self.extended_config.get("EnableTokenRevocation", True))

    def require_flow(self, flow: str) -> None:
        """Refuse a flow that is off.

        Raises:
            ParameterInvalid: names the flow.
        """
        allowed = set(self.extended_config.get("ExplicitAuthFlows") or _DEFAULT_FLOWS)
        if not _FLOW_NAMES.get(flow, set()) & allowed:
            raise ParameterInvalid(f"{flow} flow not enabled for this client")

    def require_secret_hash(self, given: str | None, *usernames: str) -> None:
        """Refuse a missing or wrong SECRET_HASH, where the client has a secret.

        Args:
            given: the hash of the call, if any.
            usernames: the names over which it may have been computed.

        Raises:
            NotAuthorized: it is missing or wrong.
        """
        if not self.generate_secret:
            return
        if not given:
            raise NotAuthorized(
                f"Client {self.id} is configured with secret but SECRET_HASH was not received"
            )
        for username in usernames:
            expected = secret_hash(self.id, self.secret, username)
            if hmac.compare_digest(expected.encode(), given.encode()):
                return
        raise NotAuthorized(f"Unable to verify secret hash for client {self.id}")
