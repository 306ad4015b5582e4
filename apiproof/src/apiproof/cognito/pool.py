"""A user pool and its app clients: settings, who is in it, and the codes it sends.

Extends moto's classes by what their settings mean.
"""

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpGroup,
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    UserStatus,
)

from apiproof.cognito.context import EmulatorContext, Message, Purpose
from apiproof.cognito.errors import NotAuthorized, ParameterInvalid, UsernameExists, UserNotFound
from apiproof.cognito.keys import PoolKeys
from apiproof.cognito.sessions import SessionStore
from apiproof.cognito.users import User
from apiproof.cognito.validation import (
    check_attribute_names,
    check_attribute_values,
    check_password,
)

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
    def prevents_user_existence_errors(self) -> bool:
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

    def require_secret_hash(self, received: str | None, *usernames: str) -> None:
        """Refuse a missing or wrong SECRET_HASH, where the client has a secret.

        Args:
            received: the hash of the call, if any.
            usernames: the names over which it may have been computed.

        Raises:
            NotAuthorized: it is missing or wrong.
        """
        if not self.generate_secret:
            return
        if not received:
            raise NotAuthorized(
                f"Client {self.id} is configured with secret but SECRET_HASH was not received"
            )
        for username in usernames:
            expected = secret_hash(self.id, self.secret, username)
            if hmac.compare_digest(expected.encode(), received.encode()):
                return
        raise NotAuthorized(f"Unable to verify secret hash for client {self.id}")


_FIXED = ("UsernameConfiguration", "UsernameAttributes", "AliasAttributes")


@dataclass(frozen=True)
class NewUser:
    """A user to be created: a name, a password, and attributes by name."""

    username: str
    password: str
    attributes: dict[str, str]


class Pool(CognitoIdpUserPool):
    """moto's user pool, made faithful."""

    # mypy takes a dict of subclass instances for another type.
    users: dict[str, User]  # type: ignore[assignment]
    clients: dict[str, AppClient]  # type: ignore[assignment]

    def __init__(
        self, context: EmulatorContext, owner: CognitoIdpBackend, name: str, config: dict[str, Any]
    ) -> None:
        self.context = context
        self._owner = owner
        super().__init__(context.account_id, context.region, name, config)
        alphabet = string.ascii_letters + string.digits
        self.id = f"{self.region}_{''.join(secrets.choice(alphabet) for _ in range(9))}"
        self.arn = f"arn:aws:cognito-idp:{self.region}:{self.account_id}:userpool/{self.id}"
        self.keys = PoolKeys()
        self._by_sub: dict[str, User] = {}
        self.sessions = SessionStore(context, self.access_tokens)

    def update_extended_config(self, extended_config: dict[str, Any]) -> None:
        """Change the settings, save those that Cognito fixes at creation."""
        before = getattr(self, "extended_config", {})
        fixed = {name: before[name] for name in _FIXED if name in before}
        super().update_extended_config(extended_config | fixed)

    @property
    def backend(self) -> CognitoIdpBackend:
        """The backend that holds this pool; moto would look in its global one."""
        return self._owner

    @property
    def issuer(self) -> str:
        """The `iss` of this pool's tokens: AWS's URL, or one below the issuer of the settings."""
        base = self.context.issuer or f"https://cognito-idp.{self.region}.amazonaws.com"
        return f"{base}/{self.id}"

    @property
    def case_sensitive(self) -> bool:
        """Fixed at creation; the API's default is true, the console recommends false."""
        configuration = self.extended_config.get("UsernameConfiguration") or {}
        return bool(configuration.get("CaseSensitive", True))

    def fold(self, username: str) -> str:
        """Give what is compared of a username.

        AWS doesn't document how a case-insensitive pool folds; this is `str.lower`, which agrees
        with any reasonable folding on ASCII names and may differ beyond.
        """
        return username if self.case_sensitive else username.lower()

    # Users

    def find(self, username: str) -> User | None:
        """Find a user by username, by `sub`, or by an attribute that serves as name or alias."""
        user = self.users.get(self.fold(username)) or self._by_sub.get(username)
        if user is not None:
            return user
        attributes = (*self._names(), *(self.extended_config.get("AliasAttributes") or ()))
        candidates = self.users.values() if attributes else ()
        return next((each for each in candidates if self._has(each, username, attributes)), None)

    def _names(self) -> list[str]:
        return self.extended_config.get("UsernameAttributes") or []

    def _has(self, user: User, name: str, attributes: Iterable[str]) -> bool:
        wanted = self.fold(name)
        return any(
            self.fold(user.attribute(attribute) or "") == wanted
            for attribute in attributes
            # An alias counts once it is verified; a preferred username needs no verification.
            if attribute in self._names()
            or attribute == "preferred_username"
            or user.has_verified(attribute)
        )

    def _get_user(self, username: str) -> User | None:  # type: ignore[override]  # moto says User and returns None
        return self.find(username)

    def get(self, username: str) -> User:
        """Find a user.

        Raises:
            UserNotFound: there is none.
        """
        user = self.find(username)
        if user is None:
            raise UserNotFound
        return user

    def create_user(
        self, new: NewUser, status: UserStatus, *, client: AppClient | None = None
    ) -> User:
        """Create a user, by whichever way: SignUp, AdminCreateUser or a test.

        Codes and invitations are the callers' business.

        Args:
            new: needs a free name and a password by the pool's policy.
            status: UNCONFIRMED or FORCE_CHANGE_PASSWORD.
            client: who writes the attributes; None for an administrator.

        Raises:
            NotAuthorized: the client may not write one of the attributes.
            ParameterInvalid: an attribute or the form of the username is wrong.
            PasswordInvalid: the password breaks the policy.
            UsernameExists: the name is taken.
        """
        values = dict(new.attributes)
        name: str | None = new.username
        if self._names():
            attribute = "email" if "@" in new.username else "phone_number"
            if attribute not in self._names():
                raise ParameterInvalid("Username should be either an email or a phone number.")
            values[attribute] = new.username
            name = None  # moto then takes the sub for the username, as Cognito does
        self.check_attribute_names(values, client)
        check_attribute_values(self.schema_attributes, values, creating=True)
        self.check_password(new.password)
        if self.find(new.username) is not None:
            raise UsernameExists
        attributes = [{"Name": name, "Value": value} for name, value in values.items()]
        user = User(self.id, name, new.password, status, attributes)
        self.add(user)
        return user

    def add(self, user: User) -> None:
        """Take a user in."""
        user.create_date = user.last_modified_date = self.context.clock.now()
        self.users[self.fold(user.username)] = self._by_sub[user.id] = user

    def join(self, user: User, group_name: str) -> None:
        """Put a user into a group, made where missing."""
        group = self.groups.get(group_name)
        if group is None:
            # moto makes groups without role and precedence like this, whatever it annotates.
            group = CognitoIdpGroup(self.id, group_name, "", None, None)  # type: ignore[arg-type]
            self.groups[group_name] = group
        group.users.add(user)
        user.groups.add(group)

    def remove(self, user: User) -> None:
        """Let a user go, with all sessions; groups list only who is in the pool."""
        self.sessions.end_all(user)
        user.deleted = True
        del self.users[self.fold(user.username)], self._by_sub[user.id]

    def clear(self) -> None:
        """Forget users, groups, sessions and tokens; clients and keys stay."""
        self.users.clear()
        self._by_sub.clear()
        self.groups.clear()
        self.sessions.clear()

    def check_password(self, password: str) -> None:
        """Refuse a password that breaks the pool's policy.

        Raises:
            PasswordInvalid: says which rule.
        """
        policies = self.extended_config.get("Policies") or {}
        check_password(policies.get("PasswordPolicy") or {}, password)

    def check_attribute_names(self, names: Iterable[str], client: AppClient | None = None) -> None:
        """Refuse attributes that don't exist or that the caller may not write.

        Args:
            names: what is written or deleted.
            client: who does it; None for an administrator.

        Raises:
            NotAuthorized: the client may not write one of them.
            ParameterInvalid: an administrator writes one that does not exist.
        """
        writable = None if client is None else client.extended_config.get("WriteAttributes")
        check_attribute_names(
            self.schema_attributes, names, by_client=client is not None, writable=writable
        )

    def check_attributes(self, values: dict[str, str], client: AppClient | None = None) -> None:
        """Refuse changes of attributes that the pool or the client forbids; raises as above."""
        self.check_attribute_names(values, client)
        check_attribute_values(self.schema_attributes, values, creating=False)

    # Codes

    def send_code(self, user: User, purpose: Purpose, attribute: str) -> dict[str, str]:
        """Make a code, put it in the outbox, and give the CodeDeliveryDetails."""
        context = self.context
        now = context.clock.now()
        code = user.codes.create(purpose, attribute, now=now, random=context.random)
        destination = user.attribute(attribute) or ""
        context.outbox.post(Message(user.username, destination, code.value, purpose, now))
        return delivery_details(attribute, destination)

    def sign_out(self, username: str) -> None:
        """Revoke every token of a user; moto's name for it."""
        self.sessions.end_all(self.get(username))


def delivery_details(attribute: str, destination: str) -> dict[str, str]:
    """Tell where a code went, masked as Cognito masks it."""
    if attribute == "phone_number":
        masked = f"+{'*' * 7}{destination[-4:]}"
    else:
        name, _, host = destination.partition("@")
        masked = f"{name[:1]}***@{host[:1]}***"
    medium = "SMS" if attribute == "phone_number" else "EMAIL"
    return {"Destination": masked, "DeliveryMedium": medium, "AttributeName": attribute}
