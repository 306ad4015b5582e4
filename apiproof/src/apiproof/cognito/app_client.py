"""The app client of a user pool: its flows, its lifetimes, what it may tell and read."""

import hmac
import secrets
import string
from datetime import datetime, timedelta
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPoolClient

from apiproof.cognito.errors import ParameterInvalid

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
# What the names without ALLOW_, the old ones, allow; each allows what needs no permission too.
_LEGACY_FLOWS = {
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY": "ALLOW_CUSTOM_AUTH",
    "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
}
# Flows with a second name.
_FLOW_ALIASES = {
    "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH",
    "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH",
}
_FLOW_TEXTS = {
    "ADMIN_USER_PASSWORD_AUTH": "Auth flow not enabled for this client",
    "CUSTOM_AUTH": "CUSTOM_AUTH is not enabled for the client.",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
}


# What Cognito signs in to Pinpoint with, where it is given its ARN alone.
PINPOINT_ROLE = (
    "arn:aws:iam::123456789012:role/aws-service-role/cognito-idp.amazonaws.com/"
    "AWSServiceRoleForAmazonCognitoIdp"
)


def _analytics(given: dict[str, Any]) -> dict[str, Any]:
    """Give an AnalyticsConfiguration as it is shown (terraform-provider-aws, tests on AWS)."""
    role = {"RoleArn": PINPOINT_ROLE} if given.get("ApplicationArn") else {}
    return {"UserDataShared": False, **role, **given}


DEVELOPER_ONLY = "dev:"  # how names of attributes begin that no app client reads or writes


class AppClient(CognitoIdpUserPoolClient):
    """moto's app client, with the meaning of its settings."""

    def __init__(
        self,
        user_pool_id: str,
        generate_secret: bool,  # noqa: FBT001 - moto's signature
        extended_config: dict[str, Any] | None,
    ) -> None:
        super().__init__(user_pool_id, generate_secret, extended_config)
        if self.extended_config.get("RefreshTokenValidity") == 0:
            # "Cognito overrides the value with the default" (API reference, CreateUserPoolClient).
            units = self.extended_config.get("TokenValidityUnits") or {}
            unit, default, _, _ = _LIFETIMES["RefreshToken"]
            validity = default // _UNITS[units.get("RefreshToken", unit)]
            self.extended_config["RefreshTokenValidity"] = validity
        units = self.extended_config.get("TokenValidityUnits") or {}
        # AWS shows all of them, or none (terraform-provider-aws, tests that run on AWS).
        defaults = {kind: unit for kind, (unit, *_) in _LIFETIMES.items()}
        self.extended_config["TokenValidityUnits"] = defaults | units if units else {}
        if analytics := self.extended_config.get("AnalyticsConfiguration"):
            self.extended_config["AnalyticsConfiguration"] = _analytics(analytics)
        if rotation := self.extended_config.get("RefreshTokenRotation"):
            # AWS shows the zero that is meant where it is left out (terraform-provider-aws#45646).
            without = {"RetryGracePeriodSeconds": 0}
            self.extended_config["RefreshTokenRotation"] = without | rotation
        given = self.extended_config.pop("ClientSecret", None)
        self.generate_secret = self.generate_secret or given is not None
        # By id: the value, and since when, if it was added later.
        self.secrets: dict[str, tuple[str, datetime | None]] = {}
        self.add_secret(given or self.new_secret(), None)
        self.check()
        self.allowed_flows = self._flows()  # that are on, e.g. USER_AUTH

    @staticmethod
    def new_secret() -> str:
        """Draw a secret of the shape that Cognito's have."""
        alphabet = string.ascii_lowercase + string.digits
        return "".join(secrets.choice(alphabet) for _ in range(51))

    def add_secret(self, value: str, created: datetime | None) -> str:
        """Add a secret; gives its id."""
        secret_id = f"{self.id}--{secrets.token_hex(8)}"
        self.secrets[secret_id] = value, created
        return secret_id

    @property
    def secret(self) -> str:
        """The oldest secret."""
        return next(iter(self.secrets.values()))[0]

    @secret.setter
    def secret(self, value: str) -> None:
        """Ignore the one that moto makes before there is a place for it."""

    def has_secret(self, received: str) -> bool:
        """Whether this is one of the secrets; how long it takes tells nothing."""
        return any(
            hmac.compare_digest(received.encode(), value.encode())
            for value, _ in self.secrets.values()
        )

    def check(self) -> None:
        """Refuse lifetimes outside the limits of the API, and flows named in both ways.

        Raises:
            ParameterInvalid: says what is wrong.
        """
        for kind, (_, _, shortest, longest) in _LIFETIMES.items():
            if not shortest <= self.lifetime(kind) <= longest:
                raise ParameterInvalid("Invalid range for token validity.")
        if max(map(self.lifetime, ("AccessToken", "IdToken"))) > self.lifetime("RefreshToken"):
            raise ParameterInvalid(
                "Access and Id Token expiration times must be less than or equal to refresh token "
                "expiration times."
            )
        flows = set(self.extended_config.get("ExplicitAuthFlows") or ())
        if flows & set(_LEGACY_FLOWS) and not flows <= set(_LEGACY_FLOWS):
            raise ParameterInvalid(
                "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."
            )

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
    def prevents_user_existence_errors(self) -> bool:
        """Whether errors must not tell that a user doesn't exist."""
        return self.extended_config.get("PreventUserExistenceErrors") == "ENABLED"

    def may_read(self, attribute: str) -> bool:
        """Whether `ReadAttributes` shows an attribute; all, if it is empty."""
        readable = self.get_readable_fields()
        is_open = not readable or attribute in readable or attribute == "sub"
        return is_open and not attribute.startswith(DEVELOPER_ONLY)

    @property
    def revokes_tokens(self) -> bool:
        """Whether token revocation is enabled."""
        return bool(self.extended_config.get("EnableTokenRevocation", True))

    def require_flow(self, flow: str) -> None:
        """Refuse a flow that is off.

        Raises:
            ParameterInvalid: names the flow.
        """
        flow = _FLOW_ALIASES.get(flow, flow)
        if flow not in self.allowed_flows:
            text = _FLOW_TEXTS.get(flow, f"{flow} flow not enabled for this client")
            raise ParameterInvalid(text)

    def _flows(self) -> frozenset[str]:
        named = set(self.extended_config.get("ExplicitAuthFlows") or _DEFAULT_FLOWS)
        if named <= set(_LEGACY_FLOWS):
            named = {_LEGACY_FLOWS[name] for name in named} | set(_DEFAULT_FLOWS)
        return frozenset(name.removeprefix("ALLOW_") for name in named)

    @property
    def rotation(self) -> timedelta | None:
        """How long a refresh token stays good after its rotation; None if none is rotated."""
        setting = self.extended_config.get("RefreshTokenRotation") or {}
        if setting.get("Feature") != "ENABLED":
            return None
        return timedelta(seconds=setting.get("RetryGracePeriodSeconds") or 0)
