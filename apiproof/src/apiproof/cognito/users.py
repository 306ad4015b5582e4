"""A user of the pool, with what moto has no notion of: codes, failed attempts, hourly limits."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from moto.cognitoidp.models import CognitoIdpGroup, CognitoIdpUser, UserStatus

from apiproof.cognito.context import Purpose
from apiproof.cognito.devices import DeviceStore
from apiproof.cognito.errors import (
    CodeExpired,
    CodeMismatch,
    LimitExceeded,
    NotAuthorized,
    PasswordHistoryViolated,
)

VERIFIABLE = ("phone_number", "email")  # in the order in which Cognito prefers them

_FLAGS = ("email_verified", "phone_number_verified")  # attributes are texts, these claims booleans

# AWS developer guide, "Quotas": sign-up and attribute codes 24 hours, password reset 1 hour.
VALIDITY = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.ATTRIBUTE: timedelta(hours=24),
    Purpose.PASSWORD_RESET: timedelta(hours=1),
}


@dataclass(frozen=True)
class VerificationCode:
    """A code on its way: it verifies `attribute` (email or phone_number) until `expires_at`."""

    value: str
    attribute: str
    expires_at: datetime


def random_code(random: Random, digits: int = 6) -> str:
    """Draw a code."""
    # It never begins with a zero, so that "000000" is a wrong code in every test.
    return str(random.randint(10 ** (digits - 1), 10**digits - 1))


class VerificationCodes:
    """The outstanding codes of one user: at most one per purpose (and attribute), the newest."""

    def __init__(self) -> None:
        self._codes: dict[tuple[Purpose, str], VerificationCode] = {}

    def create(
        self, purpose: Purpose, attribute: str, *, now: datetime, random: Random
    ) -> VerificationCode:
        """Make a new code; an older one for the same purpose is dead from now on."""
        code = VerificationCode(random_code(random), attribute, now + VALIDITY[purpose])
        self._codes[self._key(purpose, attribute)] = code
        return code

    def redeem(
        self, purpose: Purpose, value: str, *, now: datetime, attribute: str = ""
    ) -> VerificationCode:
        """Use a code up.

        Raises:
            CodeExpired: none was sent, it was used before, or it is too old.
            CodeMismatch: another one was sent.
        """
        code = self.check(purpose, value, now=now, attribute=attribute)
        del self._codes[self._key(purpose, attribute)]
        return code

    def check(
        self, purpose: Purpose, value: str, *, now: datetime, attribute: str = ""
    ) -> VerificationCode:
        """Compare a code without using it up; raises as `redeem` does."""
        code = self._codes.get(self._key(purpose, attribute))
        if code is None or now >= code.expires_at:
            raise CodeExpired
        if value != code.value:
            raise CodeMismatch
        return code

    def cancel(self, purpose: Purpose) -> None:
        """Make the codes of a purpose worthless, e.g. after a confirmation by an administrator."""
        for key in [key for key in self._codes if key[0] is purpose]:
            del self._codes[key]

    @staticmethod
    def _key(purpose: Purpose, attribute: str) -> tuple[Purpose, str]:
        # Only attribute codes may be out for email and phone number at the same time.
        return purpose, attribute if purpose is Purpose.ATTRIBUTE else ""


class LoginLockout:
    """Failed sign-ins of one user.

    After the n-th failure, n >= 5, sign-in is locked for 2^(n-5) seconds, at most about 15 minutes.
    Attempts during a lock-out are refused and don't count. A success, or 15 minutes without an
    attempt after a lock-out, starts anew (AWS developer guide, "Sign-in lockout behavior").
    """

    FREE_ATTEMPTS = 5
    LONGEST = timedelta(minutes=15)

    def __init__(self) -> None:
        self._failures = 0
        self._locked_until: datetime | None = None
        self._last: datetime | None = None

    def enter(self, now: datetime) -> None:
        """Begin an attempt.

        Raises:
            NotAuthorized: sign-in is locked.
        """
        if self._locked_until is not None:
            if now < self._locked_until:
                raise NotAuthorized("Password attempts exceeded")
            if self._last is not None and now >= max(self._last, self._locked_until) + self.LONGEST:
                self.forget()
        self._last = now

    def fail(self, now: datetime) -> None:
        """Count a wrong password."""
        self._failures += 1
        if self._failures >= self.FREE_ATTEMPTS:
            # 2^10 s is beyond the maximum already; the cap keeps the shift small.
            doublings = min(self._failures - self.FREE_ATTEMPTS, 10)
            self._locked_until = now + min(timedelta(seconds=1 << doublings), self.LONGEST)

    def forget(self) -> None:
        """Start anew, after a success."""
        self._failures = 0
        self._locked_until = None


class HourlyQuota:
    """What one user may ask for within an hour (AWS developer guide, "Quotas")."""

    ALLOWED = {  # noqa: RUF012 - a constant
        "ConfirmSignUp": 15,
        "ConfirmForgotPassword": 15,
        "VerifyUserAttribute": 15,
        "ResendConfirmationCode": 5,
        "ForgotPassword": 5,
        "GetUserAttributeVerificationCode": 5,
        "ChangePassword": 5,
    }

    def __init__(self) -> None:
        self._calls: dict[str, list[datetime]] = {}

    def count(self, operation: str, now: datetime) -> None:
        """Count a call.

        Raises:
            LimitExceeded: it is one too many for the last hour; it doesn't count.
        """
        recent = [at for at in self._calls.get(operation, ()) if at > now - timedelta(hours=1)]
        if len(recent) >= self.ALLOWED[operation]:
            raise LimitExceeded
        self._calls[operation] = [*recent, now]


@dataclass(frozen=True)
class NewUser:
    """A user to be created: a name, a password or None, and attributes by name."""

    username: str
    password: str | None
    attributes: dict[str, str]


class User(CognitoIdpUser):
    """moto's user with codes and limits."""

    status: UserStatus
    # What the user calls the authenticator app; here, as older state files don't have it.
    totp_name: str | None = None

    def __init__(
        self,
        user_pool_id: str,
        username: str | None,
        password: str | None,
        status: UserStatus,
        attributes: list[dict[str, str]],
    ) -> None:
        super().__init__(user_pool_id, username, password, status, attributes)
        self.codes = VerificationCodes()
        self.lockout = LoginLockout()
        self.quota = HourlyQuota()
        self.deleted = False
        self.passwords: list[str] = []  # earlier ones
        self.password_set_at: datetime | None = None
        self.email_mfa_enabled = False
        self.totp_secret: str | None = None
        self.pending_totp_secret: str | None = None
        self.last_totp: str | None = None  # an authenticator's code signs in once
        self.unverified: dict[str, str] = {}  # addresses that wait for their code

    @cached_property
    def devices(self) -> DeviceStore:
        """The devices that the user signs in with."""
        return DeviceStore()

    def is_status(self, *statuses: str) -> bool:
        """Whether the user is in one of these states, e.g. CONFIRMED."""
        return self.status.value in statuses

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

    def event_attributes(self) -> dict[str, str]:
        """Give the attributes as triggers get them."""
        return self.attribute_lookup | {"cognito:user_status": str(self.status.value)}

    def set_password(self, password: str, now: datetime, *, history: int = 0) -> None:
        """Replace the password.

        Args:
            password: by the pool's policy.
            now: from when temporary passwords expire.
            history: `PasswordHistorySize`: how many passwords, the current one among them, may not
                come again.

        Raises:
            PasswordHistoryViolated: the password is one of the last ones.
        """
        # The current password is one of them (developer guide, "Password policies": it "or any of
        # up to 23 additional previous passwords, for a maximum total of 24").
        if history and password in [*self.passwords, self.password][-history:]:
            raise PasswordHistoryViolated
        if self.password:
            self.passwords.append(self.password)
        self.password = password
        self.password_set_at = now

    def delete_attributes(self, attrs_to_delete: list[str]) -> None:
        """Remove attributes; without an address, nothing says whether it was verified."""
        flags = [f"{name}_verified" for name in attrs_to_delete if name in VERIFIABLE]
        there = [name for name in flags if self.attribute(name) is not None]
        super().delete_attributes(list(dict.fromkeys([*attrs_to_delete, *there])))

    def to_json(
        self,
        extended: bool = False,  # noqa: FBT001, FBT002 - moto's signature
        attributes_key: str = "Attributes",
        attributes_to_get: list[str] | None = None,
    ) -> dict[str, Any]:
        """Describe the user; second factors only where there are some."""
        details: dict[str, Any] = super().to_json(extended, attributes_key, attributes_to_get)
        for name in ("MFAOptions", "UserMFASettingList", "PreferredMfaSetting"):
            details.pop(name, None)
        return details | (self.mfa_settings() if extended else {})

    def mfa_settings(self) -> dict[str, Any]:
        """Give the user's second factors as GetUser shows them; nothing where there are none."""
        enabled = {
            "SOFTWARE_TOKEN_MFA": self.software_token_mfa_enabled,
            "SMS_MFA": self.sms_mfa_enabled,
            "EMAIL_OTP": self.email_mfa_enabled,
        }
        settings = {
            "UserMFASettingList": [name for name, on in enabled.items() if on],
            "PreferredMfaSetting": self.preferred_mfa_setting,
        }
        return {name: value for name, value in settings.items() if value}

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
            name: _claim(name, value)
            for name, value in self.attribute_lookup.items()
            if name == "sub"
            or (
                not name.startswith("dev:")
                and (not readable or name in readable)
                and (scopes is None or opens(scopes, name))
            )
        }


def _claim(name: str, value: str) -> Any:
    if name == "identities":  # a text among the attributes, a list among the claims
        return [{key: _as_text(each) for key, each in it.items()} for it in json.loads(value)]
    if name == "address":  # an object (OpenID Connect Core 1.0, section 5.1.1); amplify-js#4935
        return {"formatted": value}
    return value.lower() == "true" if name in _FLAGS else value


def _as_text(value: Any) -> Any:
    """Give what claims have of an identity (developer guide, "Understanding the ID token")."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


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
