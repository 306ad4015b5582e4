"""Settings that AWS refuses, in its own words.

Sources: the service model, the rules of cdk-preflight (badmintoncryer) and notes in cdkd (go-to-k),
both measured on AWS in August and September 2026, and issues of the CDK and Terraform.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, PoolSettings

ARN = "arn:aws:lambda:us-east-1:123456789012:function:handler"
ROLE = "arn:aws:iam::123456789012:role/sms"
LONG = "Member must have length less than or equal to "
PATTERN = "Member must satisfy regular expression pattern"
INVALID, UNAVAILABLE = "InvalidParameterException", "FeatureUnavailableInTierException"


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start(PoolSettings(client_secret=False)) as cognito:
        yield cognito


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def custom(name: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "AttributeDataType": "String"} | more


def recovery(*mechanisms: tuple[int, str]) -> dict[str, Any]:
    listed = [{"Priority": priority, "Name": name} for priority, name in mechanisms]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": listed}}


def first_factors(*names: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(names)}}}


def invitation(**texts: str) -> dict[str, Any]:
    return {"AdminCreateUserConfig": {"InviteMessageTemplate": texts}}


def v2(tier: str) -> dict[str, Any]:
    config = {"LambdaVersion": "V2_0", "LambdaArn": ARN}
    return {"UserPoolTier": tier, "LambdaConfig": {"PreTokenGenerationConfig": config}}


def template(**texts: str) -> dict[str, Any]:
    return {"VerificationMessageTemplate": texts}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"AutoVerifiedAttributes": ["phone_number"]}, "SMS configuration is required when phone"),
        (first_factors("PASSWORD", "SMS_OTP"), "SMS_OTP can not be configured as AuthFactor"),
        (first_factors("EMAIL_OTP"), "Password should be configured as one of the allowed first"),
        (
            {"LambdaConfig": {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": ARN}}},
            "KMSKeyId parameter is required",
        ),
        (
            {"LambdaConfig": {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": ARN}}},
            "KMSKeyId parameter is required",
        ),
        (
            {"LambdaConfig": {"PreSignUp": ARN.replace("us-east-1", "eu-west-1")}},
            "Cross-region lambda functions are not supported",
        ),
        (
            {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
            "Source ARN is required to use DEVELOPER email sending owner",
        ),
        ({"EmailConfiguration": {"From": "nobody"}}, "Provided From email address is invalid"),
        ({"EmailConfiguration": {"ReplyToEmailAddress": "nobody"}}, PATTERN),
        ({"EmailVerificationMessage": "no code in it"}, PATTERN),
        ({"SmsVerificationMessage": "no code in it"}, PATTERN),
        ({"SmsAuthenticationMessage": "no code in it"}, PATTERN),
        (template(EmailMessage="no code in it"), PATTERN),
        (template(EmailMessageByLink="no link in it"), PATTERN),
        (template(EmailSubject="x" * 141), LONG + "140"),
        (invitation(EmailMessage="your code is {####}"), "Member must hold {username}"),
        (invitation(SMSMessage="you are {username}"), "Member must hold {username}"),
        (recovery((1, "verified_email"), (1, "verified_phone_number")), "duplicate priorities"),
        (recovery((1, "verified_email"), (2, "verified_email")), "or recovery mechanisms"),
        (recovery((1, "verified_email"), (2, "admin_only")), "cannot use admin_only setting"),
        ({"Schema": [custom(f"a{number}") for number in range(51)]}, LONG + "50"),
        ({"Schema": [custom("x"), custom("x")]}, "Duplicate custom attribute names custom:x"),
        ({"Schema": [custom("x", Required=True)]}, "Required custom attributes are not supported"),
        (
            {
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 3},
                "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 3}},
            },
            "Please use TemporaryPasswordValidityDays in PasswordPolicy",
        ),
        (
            {
                "UserAttributeUpdateSettings": {
                    "AttributesRequireVerificationBeforeUpdate": ["email"]
                }
            },
            "must exist in AutoVerifiedAttributes",
        ),
    ],
)
def test_pool_is_refused(cognito: Cognito, settings: Any, text: str) -> None:
    code, told = refusal(cognito.client().create_user_pool, PoolName="refused", **settings)
    assert code == INVALID
    assert text in told


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
            "need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection",
        ),
        (v2("LITE"), "Token Customization with Pre-Token Generation Lambda V2_0"),
        (
            first_factors("PASSWORD", "EMAIL_OTP") | {"UserPoolTier": "LITE"},
            "need to be disabled for the LITE pricing tier configured: Passwordless Sign-In",
        ),
    ],
)
def test_tier_has_no_such_feature(cognito: Cognito, settings: Any, text: str) -> None:
    code, told = refusal(cognito.client().create_user_pool, PoolName="refused", **settings)
    assert (code, text in told) == (UNAVAILABLE, True)


@pytest.mark.parametrize(
    "settings",
    [
        invitation(EmailMessage="{username} {####}", SMSMessage="{username}: {####}"),
        template(EmailMessage="Größe: {####} ✓", EmailMessageByLink="{##Hier klicken##}"),
        {"EmailConfiguration": {"From": "Ada <ada@example.com>"}},
        recovery((1, "verified_email"), (2, "verified_phone_number")),
        first_factors("PASSWORD", "EMAIL_OTP"),
        v2("ESSENTIALS"),
    ],
)
def test_neighbours_of_refused_pools_are_made(cognito: Cognito, settings: Any) -> None:
    assert cognito.client().create_user_pool(PoolName="made", **settings)["UserPool"]["Id"]


CODE = {
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": ["https://example.com/callback"],
}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (CODE | {"CallbackURLs": ["http://example.com/"]}, "example.com/ cannot use the HTTP"),
        (CODE | {"CallbackURLs": ["https://example.com/#x"]}, "cannot use fragment"),
        (CODE | {"LogoutURLs": ["http://example.com/"]}, "cannot use the HTTP protocol."),
        (CODE | {"CallbackURLs": [f"https://example.com/{n}" for n in range(101)]}, LONG + "100"),
        (
            CODE | {"DefaultRedirectURI": "https://example.org/"},
            "The default redirect URI https://example.org/ is not in the callback URIs list.",
        ),
        (
            {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "USER_PASSWORD_AUTH"]},
            "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
        ),
        (
            {
                "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
                "RefreshTokenRotation": {"Feature": "ENABLED"},
            },
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token",
        ),
        (
            {"EnablePropagateAdditionalUserContextData": True},
            "Client Secret is required to set EnablePropagateAdditionalUserContextData",
        ),
        ({"AnalyticsConfiguration": {"ApplicationId": "a"}}, "Invalid analytics configuration"),
        ({"ReadAttributes": ["custom:none"]}, "Invalid read attributes specified while creating"),
        ({"WriteAttributes": ["email_verified"]}, "Invalid write attributes specified while"),
        ({"WriteAttributes": ["name"]}, "Invalid write attributes specified while creating"),
        ({"SupportedIdentityProviders": ["Google"]}, "The provider Google does not exist for User"),
        ({"AccessTokenValidity": 25}, "Invalid range for token validity."),
        (
            {
                "AccessTokenValidity": 2,
                "RefreshTokenValidity": 60,
                "TokenValidityUnits": {"RefreshToken": "minutes"},
            },
            "Access and Id Token expiration times must be less than or equal to refresh token",
        ),
    ],
)
def test_client_is_refused(cognito: Cognito, settings: Any, text: str) -> None:
    aws = cognito.client()
    required = [custom("email", Required=True, Mutable=True)]
    pool = aws.create_user_pool(PoolName="clients", Schema=required)["UserPool"]["Id"]
    named = {"UserPoolId": pool, "ClientName": "refused"}
    code, told = refusal(aws.create_user_pool_client, **named, **settings)
    assert code == INVALID
    assert text in told
    for allowed in (CODE, {"WriteAttributes": ["email", "name"]}):
        assert aws.create_user_pool_client(**named, **allowed)


GOOGLE = {"client_id": "a", "client_secret": "b", "authorize_scopes": "email"}
OIDC = {
    "client_id": "a",
    "authorize_scopes": "openid",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://example.com",
}


@pytest.mark.parametrize(
    ("kind", "name", "details", "text"),
    [
        ("Google", "Mine", GOOGLE, "Provider Mine cannot be of type Google."),
        ("Google", "Google", {"client_id": "a"}, "clientId, clientSecret and authorizeScopes"),
        ("SignInWithApple", "SignInWithApple", GOOGLE, "privateKey, teamId, and keyId are all"),
        ("OIDC", "Mine", GOOGLE, "oidcIssuer and attributesRequestMethod are all required"),
        (
            "OIDC",
            "Mine",
            OIDC | {"attributes_request_method": "PUT"},
            "enum value set: [POST, GET]",
        ),
        ("OIDC", "Mine", OIDC | {"oidc_issuer": "http://example.com"}, "must start with https://"),
        ("SAML", "Mine", {"IDPSignout": "true"}, "At least one of the MetadataURL or MetadataFile"),
        (
            "SAML",
            "Mine",
            {"MetadataURL": "https://example.com", "MetadataFile": "<x/>"},
            "Only one of the MetadataURL or MetadataFile should be provided.",
        ),
    ],
)
def test_provider_is_refused(
    cognito: Cognito, kind: str, name: str, details: Any, text: str
) -> None:
    aws = cognito.client()
    pool = {"UserPoolId": aws.create_user_pool(PoolName="providers")["UserPool"]["Id"]}
    given = {"ProviderType": kind, "ProviderName": name, "ProviderDetails": details}
    code, told = refusal(aws.create_identity_provider, **pool, **given)
    assert (code, text in told) == (INVALID, True), told
    more = {"IdpIdentifiers": [f"i{number}" for number in range(51)]}
    google = {"ProviderType": "Google", "ProviderName": "Google", "ProviderDetails": GOOGLE}
    assert LONG + "50" in refusal(aws.create_identity_provider, **pool, **google, **more)[1]
    assert aws.create_identity_provider(**pool, **google)
    oidc = {"ProviderType": "OIDC", "ProviderName": "Mine", "ProviderDetails": OIDC}
    assert aws.create_identity_provider(**pool, **oidc)


CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/made-up"}


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        ({"Domain": "my-aws-app"}, "Domain cannot contain reserved word: aws"),
        ({"Domain": "my.app"}, "The domain name contains an invalid character."),
        ({"Domain": "a" * 64}, "at 'domain' failed to satisfy constraint"),
        ({"Domain": "auth", "CustomDomainConfig": CERTIFICATE}, "not a valid subdomain"),
    ],
)
def test_domain_is_refused(cognito: Cognito, domain: Any, text: str) -> None:
    aws, pool = cognito.client(), {"UserPoolId": cognito.user_pool_id}
    code, told = refusal(aws.create_user_pool_domain, **pool, **domain)
    assert (code, text in told) == (INVALID, True), told


def test_domain_is_kept_as_it_was_set(cognito: Cognito) -> None:
    aws = cognito.client()
    lite = aws.create_user_pool(PoolName="lite", UserPoolTier="LITE")["UserPool"]["Id"]
    plain = aws.create_user_pool(PoolName="plain")["UserPool"]["Id"]
    newer = {"Domain": "my-awesome-app", "ManagedLoginVersion": 2}
    code, told = refusal(aws.create_user_pool_domain, UserPoolId=lite, **newer)
    assert (code, told.endswith("Managed Login Version 2")) == (UNAVAILABLE, True)
    assert aws.create_user_pool_domain(UserPoolId=plain, **newer)["ManagedLoginVersion"] == 2
    own = {"UserPoolId": plain, "Domain": "auth.example.com", "CustomDomainConfig": CERTIFICATE}
    aws.create_user_pool_domain(**own)
    shown = aws.describe_user_pool_domain(Domain="auth.example.com")["DomainDescription"]
    assert (shown["CustomDomainConfig"], shown["ManagedLoginVersion"]) == (CERTIFICATE, 1)
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED"}, "ClientName": "rotates"}
    code, told = refusal(aws.create_user_pool_client, UserPoolId=lite, **rotation)
    assert (code, told.endswith("Refresh Token Rotation")) == (UNAVAILABLE, True)
    client = aws.create_user_pool_client(UserPoolId=plain, **rotation)["UserPoolClient"]
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    elsewhere = {"UserPoolId": lite, "Domain": "my-awesome-app"}
    assert refusal(aws.delete_user_pool_domain, **elsewhere)[0] == "ResourceNotFoundException"
    aws.update_user_pool_domain(UserPoolId=plain, Domain="my-awesome-app", ManagedLoginVersion=1)
    shown = aws.describe_user_pool_domain(Domain="my-awesome-app")["DomainDescription"]
    assert (shown["ManagedLoginVersion"], shown["AWSAccountId"]) == (1, "123456789012")


def test_factors_are_refused(cognito: Cognito) -> None:
    aws = cognito.client()
    codes = first_factors("PASSWORD", "EMAIL_OTP")
    pool = {"UserPoolId": aws.create_user_pool(PoolName="mfa", **codes)["UserPool"]["Id"]}
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    email = {"EmailMfaConfiguration": {"Subject": "code"}}
    told = refusal(aws.set_user_pool_mfa_config, **pool, **app, MfaConfiguration="ON")[1]
    assert told.startswith("Only PASSWORD and WEB_AUTHN")
    told = refusal(aws.set_user_pool_mfa_config, **pool, **email, MfaConfiguration="OPTIONAL")[1]
    assert told.startswith("Cannot set EmailMfaConfiguration")
    # What is left out is OFF.
    assert "can't turn off MFA" in refusal(aws.set_user_pool_mfa_config, **pool, **app)[1]
    aws.set_user_pool_mfa_config(**pool, **app, MfaConfiguration="OPTIONAL")
    aws.set_user_pool_mfa_config(**pool)
    assert aws.get_user_pool_mfa_config(**pool)["MfaConfiguration"] == "OFF"


def test_log_sources_are_refused(cognito: Cognito) -> None:
    aws, pool = cognito.client(), {"UserPoolId": cognito.user_pool_id}
    group = {"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:mine"}
    logs = {
        "LogLevel": "ERROR",
        "EventSource": "userNotification",
        "CloudWatchLogsConfiguration": group,
    }
    call = aws.set_log_delivery_configuration
    assert refusal(call, **pool, LogConfigurations=[logs, logs])[1].startswith("Following event")
    users = logs | {"LogLevel": "INFO", "EventSource": "userAuthEvents"}
    code, told = refusal(call, **pool, LogConfigurations=[users])
    assert (code, told.endswith("ESSENTIALS pricing tier configured: Log Streaming")) == (
        UNAVAILABLE,
        True,
    )
    plus = aws.create_user_pool(PoolName="plus", UserPoolTier="PLUS")["UserPool"]["Id"]
    assert call(UserPoolId=plus, LogConfigurations=[users, logs])


def test_branding_is_refused(cognito: Cognito) -> None:
    aws = cognito.client()
    client = {"UserPoolId": cognito.user_pool_id, "ClientId": cognito.client_id}
    both = {"UseCognitoProvidedValues": True, "Settings": {"a": 1}}
    told = refusal(aws.create_managed_login_branding, **client, **both)[1]
    assert told == "useCognitoProvidedValues or settings should be specified (but not both)"


def test_updates_leave_some_settings_alone(cognito: Cognito) -> None:
    """MfaConfiguration and both policies stay, AutoVerifiedAttributes goes (measured by cdkd)."""
    aws = cognito.client()
    policies = first_factors("PASSWORD", "EMAIL_OTP")["Policies"]
    policies["PasswordPolicy"] = {"MinimumLength": 12, "RequireSymbols": False}
    sms = {"SmsConfiguration": {"SnsCallerArn": ROLE}}
    pool = aws.create_user_pool(
        PoolName="updated",
        Policies=policies,
        MfaConfiguration="OPTIONAL",
        AutoVerifiedAttributes=["email"],
        **sms,
    )["UserPool"]["Id"]
    aws.update_user_pool(UserPoolId=pool)
    shown = aws.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert shown["MfaConfiguration"] == "OPTIONAL"
    assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert shown["Policies"]["SignInPolicy"] == policies["SignInPolicy"]
    assert not shown.get("AutoVerifiedAttributes")
    shorter = {"PasswordPolicy": {"MinimumLength": 9}}
    aws.update_user_pool(UserPoolId=pool, Policies=shorter, PoolName="renamed")
    shown = aws.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert shown["Name"] == "renamed"
    assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 9
    assert shown["Policies"]["SignInPolicy"] == policies["SignInPolicy"]


def test_history_counts_the_current_password(cognito: Cognito) -> None:
    """Developer guide, "Password policies": the current one, "or any of up to 23 additional"."""
    aws = cognito.client()
    policy = {"PasswordPolicy": {"PasswordHistorySize": 2}}
    pool = {"UserPoolId": aws.create_user_pool(PoolName="old", Policies=policy)["UserPool"]["Id"]}
    aws.admin_create_user(**pool, Username="ada", TemporaryPassword="Horse-Number-1")
    user = pool | {"Username": "ada", "Permanent": True}
    aws.admin_set_user_password(**user, Password="Horse-Number-2")
    for password in ("Horse-Number-2", "Horse-Number-1"):
        code, _ = refusal(aws.admin_set_user_password, **user, Password=password)
        assert code == "PasswordHistoryPolicyViolationException"
    aws.admin_set_user_password(**user, Password="Horse-Number-3")
    aws.admin_set_user_password(**user, Password="Horse-Number-1")
