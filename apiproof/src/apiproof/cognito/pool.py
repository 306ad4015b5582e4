"""A user pool: its settings, who is in it, and the codes it sends.

Extends moto's pool. It knows no AWS operation; time, keys and outbox come from its service.
"""

import secrets
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.models import CognitoIdpGroup, CognitoIdpUserPool

from apiproof.cognito import passwords
from apiproof.cognito.appclient import AppClient
from apiproof.cognito.codes import Code
from apiproof.cognito.errors import UserNotFound
from apiproof.cognito.keys import PoolKeys
from apiproof.cognito.outbox import Message, Purpose
from apiproof.cognito.sessions import SessionBook
from apiproof.cognito.users import User

if TYPE_CHECKING:
    from apiproof.cognito.backend import Backend
    from apiproof.cognito.service import CognitoService

_FIXED = ("UsernameConfiguration", "UsernameAttributes", "AliasAttributes")


class Pool(CognitoIdpUserPool):
    """moto's user pool, made faithful."""

    # mypy takes a dict of subclass instances for another type.
    users: dict[str, User]  # type: ignore[assignment]
    clients: dict[str, AppClient]  # type: ignore[assignment]

    def __init__(self, service: "CognitoService", name: str, config: dict[str, Any]) -> None:
        self.service = service
        super().__init__(service.account_id, service.region, name, config)
        alphabet = string.ascii_letters + string.digits
        self.id = f"{self.region}_{''.join(secrets.choice(alphabet) for _ in range(9))}"
        self.arn = f"arn:aws:cognito-idp:{self.region}:{self.account_id}:userpool/{self.id}"
        self.keys = PoolKeys()
        self._by_sub: dict[str, User] = {}
        self.sessions = SessionBook(service, self.access_tokens)

    def update_extended_config(self, extended_config: dict[str, Any]) -> None:
        """Change the settings, save those that Cognito fixes at creation."""
        before = getattr(self, "extended_config", {})
        fixed = {name: before[name] for name in _FIXED if name in before}
        super().update_extended_config(extended_config | fixed)

    @property
    def backend(self) -> "Backend":
        """The backend that holds this pool; moto would look in its global one."""
        return self.service.backend

    @property
    def issuer(self) -> str:
        """The `iss` of this pool's tokens: AWS's URL, or one below the issuer of the settings."""
        base = self.service.issuer or f"https://cognito-idp.{self.region}.amazonaws.com"
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

    def add(self, user: User) -> None:
        """Take a user in."""
        user.create_date = user.last_modified_date = self.service.clock.now()
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
        passwords.check(policies.get("PasswordPolicy") or {}, password)

    # Codes

    def send_code(self, user: User, purpose: Purpose, attribute: str) -> dict[str, str]:
        """Make a code, put it in the outbox, and give the CodeDeliveryDetails."""
        service = self.service
        now = service.clock.now()
        code: Code = user.codes.draw(purpose, attribute, now=now, random=service.random)
        destination = user.attribute(attribute) or ""
        service.outbox.post(Message(user.username, destination, code.value, purpose, now))
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
