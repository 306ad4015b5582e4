"""What a user pool and its app client are set up with.

The defaults are what the AWS console proposes for a plain username pool: case-insensitive names,
email verified by code, a confidential client. The module translates settings into the parameters of
CreateUserPool and CreateUserPoolClient and knows nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

ISSUER_IS_ENDPOINT = "endpoint"
_SMS_ROLE = "arn:aws:iam::123456789012:role/apiproof-sms"


@dataclass(frozen=True)
class PasswordPolicy:
    """The pool's password rules; the defaults are Cognito's."""

    minimum_length: int = 8
    require_lowercase: bool = True
    require_uppercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True

    def parameters(self) -> dict[str, Any]:
        """Give the `PasswordPolicy` of CreateUserPool."""
        return {
            "MinimumLength": self.minimum_length,
            "RequireLowercase": self.require_lowercase,
            "RequireUppercase": self.require_uppercase,
            "RequireNumbers": self.require_numbers,
            "RequireSymbols": self.require_symbols,
        }


@dataclass(frozen=True)
class PoolSettings:
    """One pool with one app client.

    Attributes:
        region: the AWS region, part of the pool's id and issuer.
        name: the pool's name.
        case_sensitive: whether `Ada` and `ada` are two users; fixed for the pool's life.
        password_policy: see `PasswordPolicy`.
        username_attributes: attributes that users sign up with in place of a username.
        alias_attributes: attributes that, once verified, serve as a second name.
        auto_verified: attributes that sign-up verifies with a code.
        recovery: where reset codes go, the first choice first; empty means Cognito's old rule,
            SMS before email.
        admin_create_user_only: refuse SignUp.
        client_secret: give the app client a secret, so that calls need a SECRET_HASH.
        auth_flows: `ExplicitAuthFlows` of the app client.
        prevent_user_existence_errors: True is ENABLED, False is LEGACY.
        access_token_validity: 5 minutes to 1 day.
        id_token_validity: 5 minutes to 1 day.
        refresh_token_validity: 1 hour to 10 years.
        token_revocation: `EnableTokenRevocation` of the app client.
        issuer: what the `iss` of tokens begins with, the pool's id follows; None for AWS's URL,
            `ISSUER_IS_ENDPOINT` for the address that the emulator itself is served at, for
            libraries that fetch the keys from below the issuer.
        pool: more parameters of CreateUserPool, which win over the above.
        client: more parameters of CreateUserPoolClient, likewise.
        user_pool_id: the pool's id, for code that names one; empty for an invented one.
        client_id: the app client's id, likewise.
        hourly_limits: refuse a user's sixth resend, reset or password change and the sixteenth
            confirmation within an hour with LimitExceededException, as Cognito does.
    """

    region: str = "us-east-1"
    name: str = "apiproof"
    case_sensitive: bool = False
    password_policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    username_attributes: tuple[str, ...] = ()
    alias_attributes: tuple[str, ...] = ()
    auto_verified: tuple[str, ...] = ("email",)
    recovery: tuple[str, ...] = ("verified_email",)
    admin_create_user_only: bool = False
    client_secret: bool = True
    auth_flows: tuple[str, ...] = ("ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    prevent_user_existence_errors: bool = True
    access_token_validity: timedelta = timedelta(hours=1)
    id_token_validity: timedelta = timedelta(hours=1)
    refresh_token_validity: timedelta = timedelta(days=30)
    token_revocation: bool = True
    issuer: str | None = None
    pool: Mapping[str, Any] = field(default_factory=dict)
    client: Mapping[str, Any] = field(default_factory=dict)
    user_pool_id: str = ""
    client_id: str = ""
    hourly_limits: bool = True

    def pool_parameters(self) -> dict[str, Any]:
        """Give the parameters of CreateUserPool."""
        recovery = [
            {"Priority": priority, "Name": name}
            for priority, name in enumerate(self.recovery, start=1)
        ]
        names = {
            "UsernameAttributes": list(self.username_attributes),
            "AliasAttributes": list(self.alias_attributes),
        }
        # AWS verifies no phone numbers in a pool without a role for SMS.
        sms = {"SmsConfiguration": {"SnsCallerArn": _SMS_ROLE}}
        return {
            "PoolName": self.name,
            "Policies": {"PasswordPolicy": self.password_policy.parameters()},
            **{setting: attributes for setting, attributes in names.items() if attributes},
            "AutoVerifiedAttributes": list(self.auto_verified),
            **(sms if "phone_number" in self.auto_verified else {}),
            "UsernameConfiguration": {"CaseSensitive": self.case_sensitive},
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": self.admin_create_user_only},
            "AccountRecoverySetting": {"RecoveryMechanisms": recovery} if recovery else {},
            **self.pool,
        }

    def client_parameters(self) -> dict[str, Any]:
        """Give the parameters of CreateUserPoolClient, without the pool's id."""
        parameters = {
            "ClientName": f"{self.name}-client",
            "GenerateSecret": self.client_secret,
            "ExplicitAuthFlows": list(self.auth_flows),
            "PreventUserExistenceErrors": (
                "ENABLED" if self.prevent_user_existence_errors else "LEGACY"
            ),
            "AccessTokenValidity": int(self.access_token_validity.total_seconds()),
            "IdTokenValidity": int(self.id_token_validity.total_seconds()),
            "RefreshTokenValidity": int(self.refresh_token_validity.total_seconds()),
            "TokenValidityUnits": dict.fromkeys(
                ("AccessToken", "IdToken", "RefreshToken"), "seconds"
            ),
            "EnableTokenRevocation": self.token_revocation,
        }
        if any("Validity" in name for name in self.client):  # units and numbers belong together
            parameters = {name: it for name, it in parameters.items() if "Validity" not in name}
        return {**parameters, **self.client}
