"""What becomes of each setting of CreateUserPool and CreateUserPoolClient: nothing is ignored.

A setting is obeyed, or refused, or it is kept: shown by the Describe operations, while what it
decides happens outside of a user pool (an email service, an encryption key). That is logged once.
The tests compare the table with botocore's service model, so that a new setting needs a row.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apiproof.cognito.errors import SettingUnsupported

log = logging.getLogger(__name__)


class Support(StrEnum):
    """What becomes of a setting."""

    OBEYED = "obeyed"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True)
class Rule:
    """A row of the table.

    Attributes:
        support: see `Support`.
        note: what it does, or why not.
        refused: which values are refused, for an obeyed or kept setting; by default none.
    """

    support: Support
    note: str
    refused: Callable[[Any], bool] = lambda _: False


def _obeyed(note: str) -> Rule:
    return Rule(Support.OBEYED, note)


def _kept(note: str) -> Rule:
    return Rule(Support.KEPT, note)


def _but(rule: Rule, *values: Any) -> Rule:
    """Refuse some values of an otherwise obeyed or kept setting."""
    listed = ", ".join(str(value) for value in values)

    def refused(value: Any) -> bool:
        given = value if isinstance(value, list) else [value]
        return any(each in values for each in given)

    return Rule(rule.support, f"{rule.note}; refused: {listed}", refused)


_OUTBOX = "messages go to the outbox, whoever would send them"
_TRIGGER = "calls the attached handler; without one the operation fails as with a lost function"
_NO_RISK = "no risk is assessed here"
_POLICY = "Policies.PasswordPolicy"
_TEMPLATE = "VerificationMessageTemplate"
_INVITE = "AdminCreateUserConfig.InviteMessageTemplate"
_DCR = Rule(Support.REFUSED, "dynamic client registration is not done")

POOL: Mapping[str, Rule] = {
    "PoolName": _obeyed("names the pool"),
    f"{_POLICY}.MinimumLength": _obeyed("checked for every new password"),
    f"{_POLICY}.RequireUppercase": _obeyed("checked for every new password"),
    f"{_POLICY}.RequireLowercase": _obeyed("checked for every new password"),
    f"{_POLICY}.RequireNumbers": _obeyed("checked for every new password"),
    f"{_POLICY}.RequireSymbols": _obeyed("checked for every new password"),
    f"{_POLICY}.PasswordHistorySize": _obeyed("so many passwords may not come again"),
    f"{_POLICY}.TemporaryPasswordValidityDays": _obeyed("how long an invitation is good"),
    "Policies.SignInPolicy.AllowedFirstAuthFactors": _but(
        _obeyed("the choices of USER_AUTH"), "WEB_AUTHN", "SOFTWARE_TOKEN"
    ),
    "DeletionProtection": _obeyed("ACTIVE: DeleteUserPool is refused"),
    "LambdaConfig.PreSignUp": _obeyed(_TRIGGER),
    "LambdaConfig.CustomMessage": _obeyed(_TRIGGER),
    "LambdaConfig.PostConfirmation": _obeyed(_TRIGGER),
    "LambdaConfig.PreAuthentication": _obeyed(_TRIGGER),
    "LambdaConfig.PostAuthentication": _obeyed(_TRIGGER),
    "LambdaConfig.DefineAuthChallenge": _obeyed(_TRIGGER),
    "LambdaConfig.CreateAuthChallenge": _obeyed(_TRIGGER),
    "LambdaConfig.VerifyAuthChallengeResponse": _obeyed(_TRIGGER),
    "LambdaConfig.PreTokenGeneration": _obeyed(_TRIGGER),
    "LambdaConfig.UserMigration": _obeyed(_TRIGGER),
    "LambdaConfig.PreTokenGenerationConfig.LambdaVersion": _obeyed("the version of the event"),
    "LambdaConfig.PreTokenGenerationConfig.LambdaArn": _obeyed(_TRIGGER),
    "LambdaConfig.CustomSMSSender.LambdaVersion": _obeyed("V1_0 is the only one"),
    "LambdaConfig.CustomSMSSender.LambdaArn": _obeyed(_TRIGGER),
    "LambdaConfig.CustomEmailSender.LambdaVersion": _obeyed("V1_0 is the only one"),
    "LambdaConfig.CustomEmailSender.LambdaArn": _obeyed(_TRIGGER),
    "LambdaConfig.KMSKeyID": _kept("senders get the code in plain text, as there is no KMS"),
    "LambdaConfig.InboundFederation.LambdaVersion": Rule(Support.REFUSED, "nobody is federated"),
    "LambdaConfig.InboundFederation.LambdaArn": Rule(Support.REFUSED, "nobody is federated"),
    "AutoVerifiedAttributes": _obeyed("which addresses get a code at sign-up"),
    "AliasAttributes": _obeyed("second names, once verified"),
    "UsernameAttributes": _obeyed("what users sign up with"),
    "SmsVerificationMessage": _obeyed("text of codes by SMS"),
    "EmailVerificationMessage": _obeyed("text of codes by email"),
    "EmailVerificationSubject": _obeyed("subject of codes by email"),
    f"{_TEMPLATE}.SmsMessage": _obeyed("text of codes by SMS"),
    f"{_TEMPLATE}.EmailMessage": _obeyed("text of codes by email"),
    f"{_TEMPLATE}.EmailSubject": _obeyed("subject of codes by email"),
    f"{_TEMPLATE}.EmailMessageByLink": _obeyed("text of links by email"),
    f"{_TEMPLATE}.EmailSubjectByLink": _obeyed("subject of links by email"),
    f"{_TEMPLATE}.DefaultEmailOption": _obeyed("sign-up is confirmed by a code or by a link"),
    "SmsAuthenticationMessage": _obeyed("text of second factors by SMS"),
    "MfaConfiguration": _obeyed("whether a second factor is asked for"),
    "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate": _obeyed(
        "the old address stays until the code for the new one came back"
    ),
    "DeviceConfiguration.ChallengeRequiredOnNewDevice": _obeyed(
        "a remembered device proves itself in place of a second factor"
    ),
    "DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt": _obeyed(
        "a confirmed device is remembered at once, or when the user says so"
    ),
    "EmailConfiguration.SourceArn": _kept(_OUTBOX),
    "EmailConfiguration.ReplyToEmailAddress": _kept(_OUTBOX),
    "EmailConfiguration.EmailSendingAccount": _kept(_OUTBOX),
    "EmailConfiguration.From": _kept(_OUTBOX),
    "EmailConfiguration.ConfigurationSet": _kept(_OUTBOX),
    "SmsConfiguration.SnsCallerArn": _obeyed("makes SMS a second factor; " + _OUTBOX),
    "SmsConfiguration.ExternalId": _kept(_OUTBOX),
    "SmsConfiguration.SnsRegion": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.CallerArn": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.ExternalId": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.OriginationIdentity": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.ConfigurationSetName": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.InEntityId": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.InTemplateId": _kept(_OUTBOX),
    "SmsConfiguration.EumsSms.Region": _kept(_OUTBOX),
    "UserPoolTags": _obeyed("ListTagsForResource shows them"),
    "AdminCreateUserConfig.AllowAdminCreateUserOnly": _obeyed("SignUp is refused"),
    "AdminCreateUserConfig.UnusedAccountValidityDays": _obeyed(
        "how long an invitation is good, where the password policy doesn't say"
    ),
    f"{_INVITE}.SMSMessage": _obeyed("text of invitations by SMS"),
    f"{_INVITE}.EmailMessage": _obeyed("text of invitations by email"),
    f"{_INVITE}.EmailSubject": _obeyed("subject of invitations by email"),
    "Schema[].Name": _obeyed("an attribute that users have"),
    "Schema[].AttributeDataType": _obeyed("values are checked"),
    "Schema[].DeveloperOnlyAttribute": _obeyed("app clients neither read nor write it"),
    "Schema[].Mutable": _obeyed("whether it may be changed later"),
    "Schema[].Required": _obeyed("users cannot be created without it"),
    "Schema[].NumberAttributeConstraints.MinValue": _obeyed("values are checked"),
    "Schema[].NumberAttributeConstraints.MaxValue": _obeyed("values are checked"),
    "Schema[].StringAttributeConstraints.MinLength": _obeyed("values are checked"),
    "Schema[].StringAttributeConstraints.MaxLength": _obeyed("values are checked"),
    "UserPoolAddOns.AdvancedSecurityMode": _but(_kept(_NO_RISK), "ENFORCED"),
    "UserPoolAddOns.AdvancedSecurityAdditionalFlows.CustomAuthMode": _but(
        _kept(_NO_RISK), "ENFORCED"
    ),
    "DcrConfiguration.EnableStatus": _but(_kept("as without it"), "Enabled"),
    "DcrConfiguration.OpenDcrEnabled": _DCR,
    "DcrConfiguration.AuthenticatedGrantTypes": _DCR,
    "DcrConfiguration.OpenDcrGrantTypes": _DCR,
    "DcrConfiguration.AllowedScopes": _DCR,
    "UsernameConfiguration.CaseSensitive": _obeyed("whether Ada and ada are two users"),
    "AccountRecoverySetting.RecoveryMechanisms[].Priority": _obeyed("where reset codes go first"),
    "AccountRecoverySetting.RecoveryMechanisms[].Name": _obeyed("where reset codes go"),
    "UserPoolTier": _obeyed("LITE: no V2 trigger, passwordless sign-in or MFA by email"),
    "KeyConfiguration.KeyType": _kept("nothing is encrypted at rest"),
    "KeyConfiguration.KmsKeyArn": _kept("nothing is encrypted at rest"),
    "IssuerConfiguration.Type": _but(
        _obeyed("the issuer is AWS's, or the emulator's setting"), "UPDATED"
    ),
    "AcrConfiguration": Rule(Support.REFUSED, "no authentication context classes are told"),
}

_OAUTH = "checked by /oauth2/authorize and /oauth2/token"
_PINPOINT = "nothing is sent to Pinpoint"
CLIENT: Mapping[str, Rule] = {
    "UserPoolId": _obeyed("the client's pool"),
    "ClientName": _obeyed("names the client"),
    "GenerateSecret": _obeyed("calls need a SECRET_HASH"),
    "ClientSecret": _obeyed("is the client's secret"),
    "RefreshTokenValidity": _obeyed("lifetime of refresh tokens"),
    "AccessTokenValidity": _obeyed("lifetime of access tokens"),
    "IdTokenValidity": _obeyed("lifetime of id tokens"),
    "TokenValidityUnits.AccessToken": _obeyed("unit of that lifetime"),
    "TokenValidityUnits.IdToken": _obeyed("unit of that lifetime"),
    "TokenValidityUnits.RefreshToken": _obeyed("unit of that lifetime"),
    "ReadAttributes": _obeyed("id tokens, GetUser and UserInfo show no other attributes"),
    "WriteAttributes": _obeyed("sign-up and updates write no other attributes"),
    "ExplicitAuthFlows": _but(
        _obeyed("other flows are refused"),
        "ALLOW_TOKEN_EXCHANGE_DELEGATION",
        "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
    ),
    "SupportedIdentityProviders": _obeyed("without COGNITO there is no sign-in page"),
    "CallbackURLs": _obeyed(_OAUTH),
    "LogoutURLs": _obeyed("checked by /logout"),
    "DefaultRedirectURI": _obeyed("where redirect_uri is left out"),
    "AllowedOAuthFlows": _obeyed(_OAUTH),
    "AllowedOAuthScopes": _obeyed(f"{_OAUTH}; unknown scopes are refused"),
    "AllowedOAuthFlowsUserPoolClient": _obeyed(_OAUTH),
    "AnalyticsConfiguration.ApplicationId": _kept(_PINPOINT),
    "AnalyticsConfiguration.ApplicationArn": _kept(_PINPOINT),
    "AnalyticsConfiguration.RoleArn": _kept(_PINPOINT),
    "AnalyticsConfiguration.ExternalId": _kept(_PINPOINT),
    "AnalyticsConfiguration.UserDataShared": _kept(_PINPOINT),
    "PreventUserExistenceErrors": _obeyed("whether errors tell who exists"),
    "EnableTokenRevocation": _obeyed("RevokeToken, and origin_jti in tokens"),
    "EnablePropagateAdditionalUserContextData": _kept(_NO_RISK),
    "AuthSessionValidity": _obeyed("how long a challenge may be answered"),
    "RefreshTokenRotation.Feature": _obeyed("refresh tokens are replaced"),
    "RefreshTokenRotation.RetryGracePeriodSeconds": _obeyed("how long a replaced one is good"),
}

_warned: set[str] = set()


def given_settings(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the settings that parameters hold, as paths of the table and values."""
    if path in POOL or path in CLIENT:
        yield path, value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from given_settings(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from given_settings(member, f"{path}[]")


def apply_rules(rules: Mapping[str, Rule], parameters: Mapping[str, Any]) -> None:
    """Refuse what is not done, and tell once what is only kept.

    Args:
        rules: `POOL` or `CLIENT`.
        parameters: of CreateUserPool or CreateUserPoolClient.

    Raises:
        SettingUnsupported: names the setting.
    """
    for path, value in given_settings(dict(parameters)):
        rule = rules.get(path)
        if rule is None or value in (None, [], {}):
            continue
        if rule.support is Support.REFUSED or rule.refused(value):
            raise SettingUnsupported(path, rule.note)
        if rule.support is Support.KEPT and path not in _warned:
            _warned.add(path)
            log.warning("Cognito emulator: %s is kept, without effect: %s.", path, rule.note)
