"""What the settings of a pool are once CreateUserPool or UpdateUserPool was called."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from moto.cognitoidp.models import DEFAULT_USER_POOL_CONFIG

Settings = dict[str, Any]

# What is fixed when a pool is created.
_FIXED = ("UsernameConfiguration", "UsernameAttributes", "AliasAttributes")
# What an update without them leaves alone, MfaConfiguration besides: measured by cdkd (go-to-k) in
# August 2026. Others take their defaults again, as UpdateUserPool's page says of all.
_LASTING = ("Policies", "SmsConfiguration", "UserPoolTier")
_DEFAULTS: Mapping[str, Any] = {
    "AccountRecoverySetting": {  # decision 223
        "RecoveryMechanisms": [
            {"Priority": 1, "Name": "verified_email"},
            {"Priority": 2, "Name": "verified_phone_number"},
        ]
    },
    "DeletionProtection": "INACTIVE",
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
    "UserPoolTier": "ESSENTIALS",
}
# What is shown of a new pool (terraform-provider-aws, tests that run on AWS).
_SIGN_IN = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
_ADMINISTRATION = {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
# Members of VerificationMessageTemplate, and what they are called beside it.
_OLD_NAMES = {
    "EmailMessage": "EmailVerificationMessage",
    "EmailSubject": "EmailVerificationSubject",
    "SmsMessage": "SmsVerificationMessage",
}


def updated_settings(before: Settings, given: Settings) -> Settings:
    """Give what counts after an update.

    Args:
        before: the settings so far; empty for a new pool.
        given: parameters of CreateUserPool or UpdateUserPool.
    """
    lasting = {name: before[name] for name in _LASTING if name in before}
    fixed = {name: before[name] for name in _FIXED if name in before}
    merged = lasting | given | fixed
    # Neither policy takes the other one away.
    policies = (before.get("Policies") or {}) | (given.get("Policies") or {})
    if merged.get("UserPoolTier") != "LITE":  # which has no other factor, and shows none
        policies = _SIGN_IN | policies
    merged["Policies"] = DEFAULT_USER_POOL_CONFIG["Policies"] | policies
    # An update without tags leaves them; TagResource changes them too.
    merged.setdefault("UserPoolTags", before.get("UserPoolTags") or {})
    return {**_DEFAULTS, **merged, **_messages(given)}


def _messages(given: Settings) -> Settings:
    """Give what is said of invitations and codes; AWS shows no texts but those that were given.

    Sources: measured on AWS (snapshots of localstack-ext 3.8.1, September 2022); that texts of
    codes have two names, Terraform's provider tests on AWS.
    """
    template = given.get("VerificationMessageTemplate") or {}
    named = {name: given[old] for name, old in _OLD_NAMES.items() if given.get(old)} | template
    return {
        "AdminCreateUserConfig": _ADMINISTRATION | (given.get("AdminCreateUserConfig") or {}),
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"} | named,
        **{old: named[name] for name, old in _OLD_NAMES.items() if name in named},
    }


def temporary_password_lifetime(settings: Settings) -> timedelta:
    """Tell how long an invited user may sign in with the password of the invitation.

    Zero stands for the default (API reference, PasswordPolicyType).
    """
    policy = settings["Policies"].get("PasswordPolicy") or {}
    invitation = settings.get("AdminCreateUserConfig") or {}
    days = policy.get("TemporaryPasswordValidityDays")
    if days is None:
        days = invitation.get("UnusedAccountValidityDays")
    return timedelta(days=days or 7)
