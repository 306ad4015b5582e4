"""What CreateUserPoolClient refuses of OAuth settings that contradict each other or the pool."""

from typing import Any
from urllib.parse import urlsplit

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.errors import OAuthFlowInvalid, ParameterInvalid, ScopeUnknown
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import STANDARD_SCOPES

# Where plain HTTP may be used (developer guide, "App client settings terms", Callback URLs).
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_oauth_settings(pool: Pool, client: AppClient) -> None:
    """Check flows, scopes, providers and addresses of an app client.

    Raises:
        OAuthFlowInvalid: flows that exclude each other, or need a secret.
        ParameterInvalid: an address or a provider is wrong, or something is missing.
        ScopeUnknown: no resource server has such a scope.
    """
    settings = client.extended_config
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
        raise ParameterInvalid("DefaultRedirectURI must be in the CallbackURLs.")


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
    if "client_credentials" in flows and not client.generate_secret:
        raise OAuthFlowInvalid(
            "client_credentials flow can not be selected if client does not have a client secret."
        )


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and parts.hostname not in _LOOPBACK
    if not parts.scheme or parts.fragment or is_plain:
        raise ParameterInvalid(
            f"{url} is not a valid address: it must be absolute, without a fragment, and use HTTPS "
            "unless it is on this machine."
        )
