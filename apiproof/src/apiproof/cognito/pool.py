"""A user pool: its settings, and who is in it; extends moto's by what the settings mean."""

import secrets
import string
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpGroup,
    CognitoIdpUserPool,
    CognitoIdpUserPoolAttribute,
    UserStatus,
)

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.attribute_errors import CREATING, DELETING, UPDATING
from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.devices import DeviceSettings
from apiproof.cognito.errors import (
    AliasExists,
    ParameterInvalid,
    UsernameExists,
    UserNotFound,
)
from apiproof.cognito.keys import PoolKeys
from apiproof.cognito.moto_key import motos_key_unread
from apiproof.cognito.pool_settings import temporary_password_lifetime, updated_settings
from apiproof.cognito.sessions import SessionStore
from apiproof.cognito.users import VERIFIABLE, NewUser, User
from apiproof.cognito.validation import (
    INVITING,
    REPLACING,
    SIGNING_UP,
    check_attribute_names,
    check_attribute_values,
    check_password,
    is_email,
    is_phone_number,
)


class Pool(CognitoIdpUserPool):
    """moto's user pool, made faithful."""

    # mypy takes a dict of subclass instances for another type.
    users: dict[str, User]  # type: ignore[assignment]
    clients: dict[str, AppClient]  # type: ignore[assignment]
    temporary_password_lifetime: timedelta  # how long an invited user may sign in with it

    def __init__(
        self, owner: Any, name: str, config: dict[str, Any], region: str | None = None
    ) -> None:
        self.context: EmulatorContext = owner.context
        self._backend: CognitoIdpBackend = owner
        with motos_key_unread():
            account = self.context.account_id
            super().__init__(account, region or self.context.region, name, config)
        for each, schema in CognitoIdpUserPoolAttribute.STANDARD_SCHEMA.items():
            # moto leaves them out where a pool has custom attributes.
            standard = CognitoIdpUserPoolAttribute(each, custom=False, schema=schema)
            self.schema_attributes.setdefault(each, standard)
        alphabet = string.ascii_letters + string.digits
        self.rename(f"{self.region}_{''.join(secrets.choice(alphabet) for _ in range(9))}")
        del self.json_web_key  # moto's, the same for all pools: it must sign nothing
        self.keys = PoolKeys()
        self._by_sub: dict[str, User] = {}
        self.email_mfa_config: dict[str, Any] | None = None
        self.sessions = SessionStore(self.context, self.access_tokens)
        # By id; documents as the API shows them.
        self.brandings: dict[str, dict[str, Any]] = {}
        self.customizations: dict[str, dict[str, Any]] = {}  # by client id, or ALL
        self.import_jobs: dict[str, dict[str, Any]] = {}
        self.log_configurations: list[dict[str, Any]] = []
        self.terms: dict[str, dict[str, Any]] = {}

    def rename(self, pool_id: str) -> None:
        """Give the pool an id, which its ARN ends with."""
        self.arn = f"{self.arn.rpartition('/')[0]}/{pool_id}"
        self.id = pool_id

    def update_extended_config(self, extended_config: dict[str, Any]) -> None:
        """Change the settings, save those that Cognito fixes at creation."""
        settings = self.settings_after(extended_config)
        super().update_extended_config(settings)
        mfa_before = getattr(self, "mfa_config", "OFF")
        self.mfa_config = extended_config.get("MfaConfiguration") or mfa_before
        self.temporary_password_lifetime = temporary_password_lifetime(settings)
        self.tags: dict[str, str] = settings["UserPoolTags"]
        self.last_modified_date = self.context.clock.now()

    def settings_after(self, update: dict[str, Any]) -> dict[str, Any]:
        """Give the settings that an update would leave."""
        return updated_settings(getattr(self, "extended_config", {}), update)

    def to_json(self, extended: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - moto's
        """Describe the pool, with both of its domains."""
        described: dict[str, Any] = {"LambdaConfig": {}} | super().to_json(extended)
        described = {n: it for n, it in described.items() if n != "Domain" and it is not None}
        described["MfaConfiguration"] = self.mfa_config  # SetUserPoolMfaConfig changes it as well
        for domain in self.backend.user_pool_domains.values():
            if domain.user_pool_id == self.id:
                own = "CustomDomain" if domain.custom_domain_config else "Domain"
                described[own] = domain.domain
        return described

    @property
    def backend(self) -> CognitoIdpBackend:
        """The backend that holds this pool; moto would look in its global one."""
        return self._backend

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
        self,
        new: NewUser,
        status: UserStatus,
        *,
        client: AppClient | None = None,
        force_alias: bool = False,
    ) -> User:
        """Create a user, by whichever way: SignUp, AdminCreateUser or a test.

        Codes and invitations are the callers' business.

        Args:
            new: needs a free name and a password by the pool's policy.
            status: UNCONFIRMED or FORCE_CHANGE_PASSWORD.
            client: who writes the attributes; None for an administrator.
            force_alias: take a verified alias away from who has it.

        Raises:
            NotAuthorized: the client may not write one of the attributes.
            ParameterInvalid: an attribute or the form of the username is wrong.
            PasswordInvalid: the password breaks the policy.
            UsernameExists: the name, or an alias, is taken.
        """
        values = dict(new.attributes)
        name: str | None = new.username
        if attribute := self.sign_in_attribute(new.username):
            values[attribute] = new.username
            name = None  # moto then takes the sub for the username, as Cognito does
        self.check_attribute_names(values, client, CREATING)
        if client is not None:  # measured on AWS: snapshots of localstack-ext 3.8.1, July 2023
            values |= {f"{each}_verified": "false" for each in VERIFIABLE if each in values}
        # Who is invited is asked for what is missing at the first sign-in (API reference,
        # AdminCreateUser, `UserAttributes`).
        complete = status is not UserStatus.FORCE_CHANGE_PASSWORD
        check_attribute_values(self.schema_attributes, values, creating=True, complete=complete)
        if new.password is not None:
            self.check_password(new.password, SIGNING_UP if complete else INVITING)
        if attribute is None and self.find(new.username) is not None:
            raise UsernameExists("User already exists" if client else "User account already exists")
        try:
            self.take_aliases(values, force=force_alias)
        except AliasExists as error:
            # Neither SignUp nor AdminCreateUser has AliasExistsException in the service model.
            raise UsernameExists(error.message) from error
        attributes = [{"Name": name, "Value": value} for name, value in values.items()]
        user = User(self.id, name, new.password, status, attributes)
        self.add(user)
        return user

    def sign_in_attribute(self, username: str) -> str | None:
        """Tell which attribute serves as username; None where usernames are names."""
        attribute = "email" if "@" in username else "phone_number"
        kinds = {"email": "an email", "phone_number": "a phone number"}
        if names := self._names():
            is_one = attribute == "email" or username.lstrip("+").isdigit()
            if attribute not in names or not is_one:
                wanted = " or ".join(kinds[name] for name in sorted(names))
                either = "either " if len(names) > 1 else ""
                raise ParameterInvalid(f"Username should be {either}{wanted}.")
            return attribute
        aliases = self.extended_config.get("AliasAttributes") or ()
        looks = is_email if attribute == "email" else is_phone_number
        if attribute in aliases and looks(username):
            kind = kinds[attribute].partition(" ")[2]
            raise ParameterInvalid(
                f"Username cannot be of {kind} format, since user pool is configured for {kind} "
                "alias."
            )
        return None

    def take_aliases(
        self, values: dict[str, str], user: User | None = None, *, force: bool = False
    ) -> None:
        """See that nobody else signs in with what a user is about to have.

        Args:
            values: attributes about to be written.
            user: whose they will be; None for a new user.
            force: take a verified alias away from who has it.

        Raises:
            AliasExists: another user has it.
        """
        for attribute in (*self._names(), *(self.extended_config.get("AliasAttributes") or ())):
            changed = values.get(attribute)
            value = changed or (user.attribute(attribute) if user is not None else None)
            counts = values.get(f"{attribute}_verified", "").lower() == "true"
            if attribute in self._names() or attribute == "preferred_username":
                counts = changed is not None
            other = self._owner(attribute, value) if value and counts else None
            if other is None or other is user:
                continue
            if not force or attribute in {*self._names(), "preferred_username"}:
                # Of a sign-in name and of an alias AWS says it in two ways (decision 222).
                given = "given " if attribute in self._names() else ""
                raise AliasExists(f"An account with the {given}{attribute} already exists.")
            other.set_verified(attribute, verified=False)

    def _owner(self, attribute: str, value: str) -> User | None:
        """Find who signs in with this value of an attribute, be it their username."""
        if attribute == "preferred_username" and self.fold(value) in self.users:
            return self.users[self.fold(value)]
        return next((u for u in self.users.values() if self._has(u, value, (attribute,))), None)

    def add(self, user: User) -> None:
        """Take a user in."""
        user.create_date = user.last_modified_date = self.context.clock.now()
        user.password_set_at = self.context.clock.now()
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

    @property
    def required_attributes(self) -> list[str]:
        """The attributes that every user has, save `sub`."""
        schema = self.schema_attributes.values()
        return [each.name for each in schema if each.required and each.name != "sub"]

    @property
    def password_policy(self) -> dict[str, Any]:
        """The `PasswordPolicy` of the settings."""
        return (self.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}

    @property
    def password_history(self) -> int:
        """How many passwords of a user may not come again."""
        return int(self.password_policy.get("PasswordHistorySize") or 0)

    def check_password(self, password: str, prefix: str = REPLACING) -> None:
        """Refuse a password that breaks the pool's policy; as `validation.check_password`."""
        check_password(self.password_policy, password, prefix)

    def check_attribute_names(
        self, names: Iterable[str], client: AppClient | None, wording: tuple[str, str]
    ) -> None:
        """Refuse attributes that don't exist or that the caller may not write.

        Args:
            names: what is written or deleted.
            client: who does it; None for an administrator.
            wording: as `validation.check_attribute_names` has it; raises as that does.
        """
        writable = None if client is None else client.extended_config.get("WriteAttributes")
        check_attribute_names(
            self.schema_attributes,
            names,
            by_client=client is not None,
            writable=writable,
            wording=wording,
        )

    def check_attributes(self, values: dict[str, str], client: AppClient | None = None) -> None:
        """Refuse changes of attributes that the pool or the client forbids; raises as above."""
        self.check_attribute_names(values, client, UPDATING)
        check_attribute_values(self.schema_attributes, values, creating=False)
        self._keep_required(name for name, value in values.items() if not value)

    def check_deletion(self, names: Iterable[str], client: AppClient | None = None) -> None:
        """Refuse to delete attributes that the pool or the client keeps; raises as above."""
        names = list(names)
        self.check_attribute_names(names, client, DELETING)
        self._keep_required(names)

    def _keep_required(self, deleted: Iterable[str]) -> None:
        kept = [name for name in deleted if name in self.required_attributes]
        if kept:
            lines = "\n".join(f"{name}: Required attribute cannot be deleted." for name in kept)
            raise ParameterInvalid(f"Invalid user attributes: {lines}\n")

    @property
    def devices(self) -> DeviceSettings:
        """What the `DeviceConfiguration` says."""
        return DeviceSettings.of(self.extended_config.get("DeviceConfiguration") or {})

    @property
    def custom_scopes(self) -> list[str]:
        """The scopes of the pool's resource servers, as clients ask for them."""
        return [
            f"{server.identifier}/{scope['ScopeName']}"
            for server in self.resource_servers.values()
            for scope in server.scopes or ()
        ]

    def customization(self, client_id: str) -> dict[str, Any]:
        """Give the CSS of the sign-in page of an app client; empty if there is none."""
        return self.customizations.get(client_id) or self.customizations.get("ALL") or {}

    # Triggers

    def has_trigger(self, name: str) -> bool:
        """Whether a trigger runs: one is attached to the emulator, or LambdaConfig names one."""
        config = self.extended_config.get("LambdaConfig") or {}
        return name in self.context.triggers or bool(
            config.get(name) or config.get(f"{name}Config")
        )

    def sign_out(self, username: str) -> None:
        """Revoke every token of a user; moto's name for it."""
        self.sessions.end_all(self.get(username))
