"""Which factors a user may sign in with: first ones (USER_AUTH), second ones (MFA), and TOTP."""

from datetime import datetime
from typing import Any

import pyotp

from apiproof.cognito.errors import (
    CodeExpired,
    CodeMismatch,
    ParameterInvalid,
    SettingUnsupported,
    SoftwareTokenMFANotFound,
)
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User

# The names of second factors in the order in which Cognito lists them.
SMS, EMAIL, TOTP = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"


def mfa_methods(pool: Pool) -> list[str]:
    """List the second factors that a pool is set up for; without any setting, SMS alone."""
    methods = []
    if pool.sms_mfa_config or (pool.extended_config.get("SmsConfiguration")):
        methods.append(SMS)
    if pool.email_mfa_config is not None:
        methods.append(EMAIL)
    if (pool.token_mfa_config or {}).get("Enabled"):
        methods.append(TOTP)
    return methods


def mfa_factors(pool: Pool, user: User) -> list[str]:
    """List the second factors of a user; empty where the pool asks for none.

    A pool with MFA "ON" asks for any factor that the user could use, with "OPTIONAL" for those that
    the user has enabled (developer guide, "Adding MFA to a user pool").
    """
    if pool.mfa_config == "OFF":
        return []
    always = pool.mfa_config == "ON"
    wanted = {
        SMS: bool(user.attribute("phone_number")) and (user.sms_mfa_enabled or always),
        EMAIL: bool(user.attribute("email")) and (user.email_mfa_enabled or always),
        TOTP: user.token_verified and (user.software_token_mfa_enabled or always),
    }
    return [method for method in mfa_methods(pool) if wanted[method]]


def first_factors(pool: Pool, user: User | None) -> list[str]:
    """List what a user may begin a USER_AUTH sign-in with.

    Args:
        pool: its `SignInPolicy.AllowedFirstAuthFactors`; only PASSWORD by default.
        user: None stands for someone who isn't there, who must look like the others.
    """
    policy = (pool.extended_config.get("Policies") or {}).get("SignInPolicy") or {}
    allowed = policy.get("AllowedFirstAuthFactors") or ["PASSWORD"]
    # Who has a temporary password must begin with it: seen on AWS by a public project (one-cgiar,
    # notes on EMAIL_OTP, September 2026).
    by_code = user is None or not user.is_status("FORCE_CHANGE_PASSWORD")
    usable = {
        "PASSWORD": user is None or bool(user.password),
        "EMAIL_OTP": user is None or (by_code and bool(user.attribute("email"))),
        "SMS_OTP": user is not None and by_code and bool(user.attribute("phone_number")),
        "WEB_AUTHN": False,
    }
    found = [factor for factor in allowed if usable.get(factor)]
    return [*found, *(["PASSWORD_SRP"] if "PASSWORD" in found else [])]


def needs_no_password(pool: Pool) -> bool:
    """Whether a pool signs in with codes alone, so that users may have no password."""
    policy = (pool.extended_config.get("Policies") or {}).get("SignInPolicy") or {}
    return bool({"EMAIL_OTP", "SMS_OTP"} & set(policy.get("AllowedFirstAuthFactors") or ()))


def matches_totp(secret: str | None, code: str, now: datetime) -> bool:
    """Whether a code is what an authenticator app shows (RFC 6238), 30 seconds early or late."""
    return secret is not None and pyotp.TOTP(secret).verify(code, for_time=now, valid_window=1)


def redeem_totp(user: User, code: str, now: datetime) -> None:
    """Take the code of a user's authenticator app for a sign-in; each signs in once.

    Raises:
        SoftwareTokenMFANotFound: the user has set up no app.
        CodeMismatch: it shows another code.
        CodeExpired: the code has signed in before.
    """
    if user.totp_secret is None:
        raise SoftwareTokenMFANotFound
    if not matches_totp(user.totp_secret, code, now):
        raise CodeMismatch("Invalid code received for user")
    if code == user.last_totp:
        raise CodeExpired("Your software token has already been used once.")
    user.last_totp = code


def enable_totp(user: User, secret: str, name: str | None) -> None:
    """Make an authenticator app the user's, in place of one before.

    Args:
        user: whose it is.
        secret: in base32.
        name: what they call it.
    """
    user.totp_secret, user.totp_name = secret, name
    user.last_totp = None
    user.token_verified = True


def require_app(pool: Pool, user: User) -> None:
    """Give a user an authenticator app, and have every sign-in ask for its code."""
    enable_totp(user, pyotp.random_base32(), None)
    user.software_token_mfa_enabled = True
    user.preferred_mfa_setting = TOTP
    pool.token_mfa_config = {"Enabled": True}
    if pool.mfa_config == "OFF":
        pool.mfa_config = "OPTIONAL"


def app_code(user: User, now: datetime) -> str:
    """Return what a user's authenticator app shows; empty where there is none."""
    return pyotp.TOTP(user.totp_secret).at(now) if user.totp_secret else ""


_SETTINGS = {
    "SMSMfaSettings": (SMS, "sms_mfa_enabled", "phone_number"),
    "EmailMfaSettings": (EMAIL, "email_mfa_enabled", "email"),
    "SoftwareTokenMfaSettings": (TOTP, "software_token_mfa_enabled", None),
}


def set_preference(user: User, settings: dict[str, Any], *, by_user: bool) -> None:
    """Enable, disable and prefer second factors, as SetUserMFAPreference says.

    Args:
        user: whose they are.
        settings: `SMSMfaSettings`, `EmailMfaSettings` and `SoftwareTokenMfaSettings`.
        by_user: False for an administrator, who is told something else (aws-sdk-js-v3#4645).

    Raises:
        ParameterInvalid: the user lacks what a factor needs, or two are preferred.
        SettingUnsupported: it is about passkeys.
    """
    if settings.get("WebAuthnMfaSettings"):
        raise SettingUnsupported("WebAuthnMfaSettings", "there are no passkeys")
    given = {name: settings[name] for name in _SETTINGS if settings.get(name)}
    if sum(bool(each.get("PreferredMfa")) for each in given.values()) > 1:
        raise ParameterInvalid("Only one MFA method can be preferred.")
    if any(each.get("PreferredMfa") and not each.get("Enabled") for each in given.values()):
        # Refused by AWS (amplify-android#2580); in which words is not told.
        raise ParameterInvalid("An MFA method that is not enabled cannot be preferred.")
    for name, each in given.items():
        factor, _, attribute = _SETTINGS[name]
        able = user.token_verified if attribute is None else bool(user.attribute(attribute))
        if (each.get("Enabled") or each.get("PreferredMfa")) and not able:
            if by_user and attribute is None:
                known = bool(user.totp_secret or user.pending_totp_secret)
                lack = "verified" if known else "set up"
                raise ParameterInvalid(f"User has not {lack} software token mfa")
            raise ParameterInvalid(f"User does not have delivery config set to turn on {factor}")
    for name, each in given.items():
        factor, flag, _ = _SETTINGS[name]
        setattr(user, flag, bool(each.get("Enabled")))
        if each.get("PreferredMfa") and each.get("Enabled"):
            user.preferred_mfa_setting = factor
        elif user.preferred_mfa_setting == factor:
            user.preferred_mfa_setting = None
