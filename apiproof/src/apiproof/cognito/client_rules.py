"""What CreateUserPoolClient refuses of settings that contradict each other or the pool.

The texts are what AWS says, as others measured and published it: issues of the CDK and Terraform,
and the rules of cdk-preflight (badmintoncryer), September 2026.
"""

from typing import Any
from urllib.parse import urlsplit

from apiproof.cognito.app_client import PINPOINT_ROLE, AppClient
from apiproof.cognito.errors import (
    FeatureUnavailable,
    OAuthFlowInvalid,
    ParameterInvalid,
    ScopeUnknown,
)
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import STANDARD_SCOPES
from apiproof.cognito.validation import NEVER_BY_CLIENT

# Where plain HTTP may be used (developer guide, "App client settings terms", Callback URLs).
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_client_settings(pool: Pool, client: AppClient, doing: str) -> None:
    """Check attributes, flows, scopes, providers and addresses of an app client.

    Args:
        pool: that it belongs to.
        client: with its settings.
        doing: creating or updating, for the texts.

    Raises:
        FeatureUnavailable: the pool's tier rotates no tokens.
        OAuthFlowInvalid: flows that exclude each other, or need a secret.
        ParameterInvalid: an address or a provider is wrong, or something is missing.
        ScopeUnknown: no resource server has such a scope.
    """
    settings = client.extended_config
    _check_attributes(pool, settings, doing)
    _check_rotation(pool, client)
    _check_flows(client)
    known = set(STANDARD_SCOPES) | set(pool.custom_scopes)
    for scope in settings.get("AllowedOAuthScopes") or ():
        if scope not in known:
            raise ScopeUnknown(f"Invalid scope requested: {scope}")
    for provider in settings.get("SupportedIdentityProviders") or ():
        if provider != "COGNITO" and provider not in pool.identity_providers:
            raise ParameterInvalid(
                f"The provider {provider} does not exist for User Pool {pool.id}."
            )
    callbacks = settings.get("CallbackURLs") or ()
    for url in (*callbacks, *(settings.get("LogoutURLs") or ())):
        _check_address(url)
    default = settings.get("DefaultRedirectURI")
    if default and default not in callbacks:
        raise ParameterInvalid(
            f"The default redirect URI {default} is not in the callback URIs list."
        )
    if settings.get("EnablePropagateAdditionalUserContextData") and not client.generate_secret:
        raise ParameterInvalid(
            "Client Secret is required to set EnablePropagateAdditionalUserContextData as true"
        )
    _check_analytics(settings.get("AnalyticsConfiguration") or {})


def _check_attributes(pool: Pool, settings: dict[str, Any], doing: str) -> None:
    """Refuse attributes that the pool doesn't have, or that no app client writes."""
    known = set(pool.schema_attributes)
    if not set(settings.get("ReadAttributes") or ()) <= known:
        raise ParameterInvalid(f"Invalid read attributes specified while {doing} a client")
    given = set(settings.get("WriteAttributes") or ())
    # What users must have, a client must be able to write (aws-cdk#2608, terraform-provider-aws
    # #4476).
    if given and not set(pool.required_attributes) <= given <= known - NEVER_BY_CLIENT:
        raise ParameterInvalid(f"Invalid write attributes specified while {doing} a client")


def _check_rotation(pool: Pool, client: AppClient) -> None:
    """Refuse rotation beside the flow that would pass it by, and where the tier has none."""
    if client.rotation is None:
        return
    if "ALLOW_REFRESH_TOKEN_AUTH" in (client.extended_config.get("ExplicitAuthFlows") or ()):
        raise ParameterInvalid(
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token "
            "rotation is enabled."
        )
    if pool.extended_config["UserPoolTier"] == "LITE":
        raise FeatureUnavailable(
            "The following features need to be disabled for the LITE pricing tier configured: "
            "Refresh Token Rotation"
        )


def _check_flows(client: AppClient) -> None:
    settings: dict[str, Any] = client.extended_config
    flows = set(settings.get("AllowedOAuthFlows") or ())
    if settings.get("AllowedOAuthFlowsUserPoolClient") and not (
        flows and settings.get("AllowedOAuthScopes")
    ):
        raise ParameterInvalid(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed "
            "to use OAuth flows."
        )
    if "client_credentials" in flows and len(flows) > 1:
        raise OAuthFlowInvalid(
            "client_credentials flow can not be selected along with code flow or implicit flow."
        )
    if flows & {"code", "implicit"} and not settings.get("CallbackURLs"):
        raise OAuthFlowInvalid(
            "CallbackUrls can not be empty when code flow or implicit flow is selected"
        )
    if "client_credentials" in flows and not client.generate_secret:
        raise OAuthFlowInvalid(
            "client_credentials flow can not be selected if client does not have a client secret."
        )
    for scope in settings.get("AllowedOAuthScopes") or ():
        if "client_credentials" in flows and scope in STANDARD_SCOPES:
            raise OAuthFlowInvalid(f"{scope} is not supported with client_credentials flow")


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if not parts.scheme:
        raise ParameterInvalid(f"{url} is not a valid address: it must be absolute.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ParameterInvalid(f"{url} cannot use the HTTP protocol.")
    if parts.fragment:
        raise ParameterInvalid(f"{url} cannot use fragment")


def _check_analytics(settings: dict[str, Any]) -> None:
    own = {name: value for name, value in settings.items() if value != PINPOINT_ROLE}
    by_id = [bool(own.get(name)) for name in ("ApplicationId", "RoleArn", "ExternalId")]
    if any(by_id) and not all(by_id):
        raise ParameterInvalid(
            "Invalid analytics configuration given, either <application arn> or <application id, "
            "role arn, external id> are valid"
        )
