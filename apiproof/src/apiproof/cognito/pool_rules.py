"""What CreateUserPool and SetUserPoolMfaConfig refuse of settings that contradict each other.

Sources: the API reference where a line names it, otherwise refusals that others measured on AWS and
published: the rules of cdk-preflight (badmintoncryer) and notes in cdkd (go-to-k), August and
September 2026. What compares account ids is left out: the emulator's account is nobody's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parseaddr
from typing import Any

from apiproof.cognito.errors import FeatureUnavailable, ParameterInvalid
from apiproof.cognito.validation import is_email

Settings = Mapping[str, Any]
_ONE_TIME = {"EMAIL_OTP", "SMS_OTP"}


def check_pool_settings(parameters: Settings, region: str) -> None:
    """Check settings of a pool against each other.

    Args:
        parameters: of CreateUserPool or UpdateUserPool.
        region: of the pool.

    Raises:
        FeatureUnavailable: the pool's tier has no such feature.
        ParameterInvalid: two settings contradict each other.
    """
    check_tier(parameters)
    for check in _CHECKS:
        check(parameters)
    if any(arn.split(":")[3:4] != [region] for arn in _functions(parameters)):
        raise ParameterInvalid("Cross-region lambda functions are not supported")


def _check_names(parameters: Settings) -> None:
    if parameters.get("UsernameAttributes") and parameters.get("AliasAttributes"):
        raise ParameterInvalid(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        )
    check_schema_names(parameters.get("Schema") or ())


def check_schema_names(schema: Iterable[Settings]) -> None:
    """Refuse attributes of a pool without a name, or with the same one.

    Raises:
        ParameterInvalid: says which.
    """
    names = [each.get("Name") for each in schema]
    if None in names:
        raise ParameterInvalid("Attribute name is required.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterInvalid(
            f"Duplicate custom attribute names custom:{twice} are not allowed in a user pool "
            "schema."
        )


def _check_recovery(parameters: Settings) -> None:
    recovery = parameters.get("AccountRecoverySetting") or {}
    mechanisms = recovery.get("RecoveryMechanisms") or ()
    names = {each["Name"] for each in mechanisms}
    complaint = "Invalid account recovery setting parameter. Account Recovery Setting cannot "
    if "admin_only" in names and len(names) > 1:
        raise ParameterInvalid(
            f"{complaint}use admin_only setting with any other recovery mechanisms."
        )
    if min(len(names), len({each["Priority"] for each in mechanisms})) < len(mechanisms):
        raise ParameterInvalid(f"{complaint}have duplicate priorities or recovery mechanisms.")


def _check_updates(parameters: Settings) -> None:
    update = parameters.get("UserAttributeUpdateSettings") or {}
    waiting = set(update.get("AttributesRequireVerificationBeforeUpdate") or ())
    if not waiting <= set(parameters.get("AutoVerifiedAttributes") or ()):
        raise ParameterInvalid(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in "
            "AutoVerifiedAttributes"
        )


def _check_passwords(parameters: Settings) -> None:
    policies = parameters.get("Policies") or {}
    invitation = parameters.get("AdminCreateUserConfig") or {}
    days = (policies.get("PasswordPolicy") or {}).get("TemporaryPasswordValidityDays")
    if days is not None and invitation.get("UnusedAccountValidityDays"):
        raise ParameterInvalid(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of "
            "UnusedAccountValidityDays"
        )
    factors = _first_factors(parameters)
    if factors and "PASSWORD" not in factors:
        raise ParameterInvalid(
            "Password should be configured as one of the allowed first auth factors."
        )


def _check_messages(parameters: Settings) -> None:
    invitation = parameters.get("AdminCreateUserConfig") or {}
    for name, text in (invitation.get("InviteMessageTemplate") or {}).items():
        whole = name == "EmailSubject" or ("{username}" in text and "{####}" in text)
        if not whole:
            raise ParameterInvalid(
                f"Value at 'adminCreateUserConfig.inviteMessageTemplate.{name}' failed to satisfy "
                "constraint: Member must hold {username} and {####}"
            )


def _check_email(parameters: Settings) -> None:
    email = parameters.get("EmailConfiguration") or {}
    if email.get("EmailSendingAccount") == "DEVELOPER" and not email.get("SourceArn"):
        raise ParameterInvalid("Source ARN is required to use DEVELOPER email sending owner")
    if email.get("From") and not is_email(parseaddr(email["From"])[1]):
        raise ParameterInvalid("Provided From email address is invalid")


def _check_sms(parameters: Settings) -> None:
    if parameters.get("SmsConfiguration"):
        return
    if "phone_number" in (parameters.get("AutoVerifiedAttributes") or ()):
        raise ParameterInvalid(
            "SMS configuration is required when phone_number is selected for auto verification"
        )
    if "SMS_OTP" in _first_factors(parameters):
        raise ParameterInvalid(
            "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS "
            "configuration"
        )


def _check_triggers(parameters: Settings) -> None:
    triggers = parameters.get("LambdaConfig") or {}
    arn = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaArn")
    # API reference, LambdaConfigType: the two "must be identical".
    if arn and triggers.get("PreTokenGeneration") not in {None, arn}:
        raise ParameterInvalid(
            "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda "
            "function ARN's"
        )
    senders = triggers.get("CustomEmailSender") or triggers.get("CustomSMSSender")
    if senders and not triggers.get("KMSKeyID"):
        raise ParameterInvalid(
            "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used."
        )


def _functions(parameters: Settings) -> Iterator[str]:
    """Give the ARNs of a pool's triggers."""
    for name, value in (parameters.get("LambdaConfig") or {}).items():
        if isinstance(value, Mapping):
            yield value["LambdaArn"]
        elif name != "KMSKeyID":
            yield value


_CHECKS: tuple[Callable[[Settings], None], ...] = (
    _check_names,
    _check_recovery,
    _check_updates,
    _check_passwords,
    _check_messages,
    _check_email,
    _check_sms,
    _check_triggers,
)


def _first_factors(parameters: Settings) -> set[str]:
    sign_in = (parameters.get("Policies") or {}).get("SignInPolicy") or {}
    return set(sign_in.get("AllowedFirstAuthFactors") or ())


def check_mfa_at_creation(parameters: Settings) -> None:
    """Refuse a pool that asks for second factors when it is created, and has none.

    CreateUserPool supports SMS alone; other factors come with SetUserPoolMfaConfig (API reference,
    CreateUserPool, `MfaConfiguration`).

    Raises:
        ParameterInvalid: there is no SmsConfiguration.
    """
    wanted = parameters.get("MfaConfiguration") or "OFF"
    if wanted != "OFF" and not parameters.get("SmsConfiguration"):
        raise ParameterInvalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is "
            "required/optional: set other second factors up with SetUserPoolMfaConfig."
        )


def check_mfa_settings(pool_settings: Settings, parameters: Settings) -> None:
    """Check what SetUserPoolMfaConfig asks for; a MfaConfiguration left out is OFF.

    Args:
        pool_settings: of the pool.
        parameters: of the call.

    Raises:
        FeatureUnavailable: the pool's tier has no MFA by email.
        ParameterInvalid: the settings contradict each other or the pool's.
    """
    wanted = parameters.get("MfaConfiguration") or "OFF"
    names = ("SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration")
    sms, token, email = (parameters.get(name) for name in names)
    is_given = any(each is not None for each in (sms, token, email))
    if wanted == "OFF" and is_given:
        raise ParameterInvalid(
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
        )
    if sms is not None and "SmsConfiguration" not in sms:
        raise ParameterInvalid(
            "[SmsConfiguration] is a required member of [SoftwareTokenMfaConfiguration]."
        )
    if wanted != "OFF" and not is_given:
        raise ParameterInvalid(
            "At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] must be "
            "provided."
        )
    if wanted == "ON" and _first_factors(pool_settings) & _ONE_TIME:
        raise ParameterInvalid(
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA "
            "is enabled"
        )
    if email is not None:
        _check_email_mfa(pool_settings)


def _check_email_mfa(pool_settings: Settings) -> None:
    if pool_settings.get("UserPoolTier") == "LITE":
        raise _unavailable("LITE", "Email MFA")
    account = (pool_settings.get("EmailConfiguration") or {}).get("EmailSendingAccount")
    if account != "DEVELOPER":
        raise ParameterInvalid(
            "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an "
            "EmailSendingAccount of COGNITO_DEFAULT."
        )


def check_tier(parameters: Settings) -> None:
    """Refuse what a pool's tier doesn't have (developer guide, "User pool feature plans").

    Raises:
        FeatureUnavailable: names the feature.
    """
    tier = parameters.get("UserPoolTier") or "ESSENTIALS"
    triggers = parameters.get("LambdaConfig") or {}
    version = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaVersion")
    features = []
    if tier == "LITE" and version in {"V2_0", "V3_0"}:
        features.append(f"Token Customization with Pre-Token Generation Lambda {version}")
    if tier == "LITE" and _first_factors(parameters) - {"PASSWORD"}:
        features.append("Passwordless Sign-In")
    mode = (parameters.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode")
    if tier != "PLUS" and mode not in {None, "OFF"}:
        features.append("Threat Protection")
    if features:
        raise FeatureUnavailable(
            f"The following features need to be disabled for the {tier} pricing tier configured: "
            f"{', '.join(features)}"
        )


def check_managed_login(pool_settings: Settings, version: int | None) -> None:
    """Refuse the newer sign-in pages where the pool's tier has only the older ones.

    Raises:
        FeatureUnavailable: it is `ManagedLoginVersion` 2 with LITE.
    """
    if version == 2 and pool_settings.get("UserPoolTier") == "LITE":
        raise _unavailable("LITE", "Managed Login Version 2")


def check_log_sources(pool_settings: Settings, configurations: list[Settings]) -> None:
    """Check which events a pool's logs are to be about.

    Raises:
        FeatureUnavailable: only the PLUS tier logs what users do.
        ParameterInvalid: one kind of events is named twice.
    """
    sources = [each["EventSource"] for each in configurations]
    twice = sorted({source for source in sources if sources.count(source) > 1})
    if twice:
        raise ParameterInvalid(
            f"Following event sources appear more then once in a request: {', '.join(twice)}"
        )
    tier = pool_settings.get("UserPoolTier") or "ESSENTIALS"
    if "userAuthEvents" in sources and tier != "PLUS":
        raise _unavailable(tier, "Log Streaming")


def _unavailable(tier: str, feature: str) -> FeatureUnavailable:
    return FeatureUnavailable(
        f"The following feature is not available for the {tier} pricing tier configured: {feature}"
    )
