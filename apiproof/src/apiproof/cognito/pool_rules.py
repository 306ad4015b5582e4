"""What CreateUserPool refuses of settings that contradict each other or the pool's tier."""

from collections.abc import Mapping
from typing import Any

from apiproof.cognito.errors import FeatureUnavailable, ParameterInvalid


def check_pool_settings(parameters: Mapping[str, Any]) -> None:
    """Check settings of a pool against each other.

    Args:
        parameters: of CreateUserPool or UpdateUserPool.

    Raises:
        FeatureUnavailable: the pool's tier has no such feature.
        ParameterInvalid: two settings contradict each other.
    """
    check_tier(parameters)
    if parameters.get("UsernameAttributes") and parameters.get("AliasAttributes"):
        raise ParameterInvalid(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        )
    recovery = parameters.get("AccountRecoverySetting") or {}
    mechanisms = {each["Name"] for each in recovery.get("RecoveryMechanisms") or ()}
    if "admin_only" in mechanisms and len(mechanisms) > 1:
        raise ParameterInvalid(
            "Invalid account recovery setting parameter. Account Recovery Setting cannot use "
            "admin_only setting with any other recovery mechanisms."
        )
    triggers = parameters.get("LambdaConfig") or {}
    arn = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaArn")
    # API reference, LambdaConfigType: the two "must be identical".
    if arn and triggers.get("PreTokenGeneration") not in {None, arn}:
        raise ParameterInvalid(
            "PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be identical."
        )
    update = parameters.get("UserAttributeUpdateSettings") or {}
    waiting = set(update.get("AttributesRequireVerificationBeforeUpdate") or ())
    # Terraform's documentation of aws_cognito_user_pool, attributes_require_verification_...
    if not waiting <= set(parameters.get("AutoVerifiedAttributes") or ()):
        raise ParameterInvalid(
            "AttributesRequireVerificationBeforeUpdate must be among the AutoVerifiedAttributes."
        )


def check_mfa_at_creation(parameters: Mapping[str, Any]) -> None:
    """Refuse a pool that asks for second factors when it is created, and has none.

    CreateUserPool supports SMS alone; other factors come with SetUserPoolMfaConfig (API reference,
    CreateUserPool, `MfaConfiguration`).

    Raises:
        ParameterInvalid: there is no SmsConfiguration.
    """
    wanted = parameters.get("MfaConfiguration") or "OFF"
    if wanted != "OFF" and not parameters.get("SmsConfiguration"):
        raise ParameterInvalid(
            f"SmsConfiguration is required when MfaConfiguration is {wanted}: set other second "
            "factors up with SetUserPoolMfaConfig."
        )


def check_tier(parameters: Mapping[str, Any]) -> None:
    """Refuse what a pool's tier doesn't have (developer guide, "User pool feature plans").

    Raises:
        FeatureUnavailable: names the setting.
    """
    tier = parameters.get("UserPoolTier") or "ESSENTIALS"
    triggers = parameters.get("LambdaConfig") or {}
    version = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaVersion")
    sign_in = (parameters.get("Policies") or {}).get("SignInPolicy") or {}
    if tier == "LITE" and version in {"V2_0", "V3_0"}:
        raise FeatureUnavailable(f"PreTokenGenerationConfig {version} needs the ESSENTIALS tier.")
    if tier == "LITE" and set(sign_in.get("AllowedFirstAuthFactors") or ()) - {"PASSWORD"}:
        raise FeatureUnavailable("Passwordless sign-in needs the ESSENTIALS tier.")
    mode = (parameters.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode")
    if tier != "PLUS" and parameters.get("UserPoolTier") and mode not in {None, "OFF"}:
        raise FeatureUnavailable("AdvancedSecurityMode needs the PLUS tier.")
