"""What CreateUserPoolClient refuses of settings that contradict each other or the pool."""

from typing import Any
from urllib.parse import urlsplit

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.errors import OAuthFlowInvalid, ParameterInvalid, ScopeUnknown
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
        OAuthFlowInvalid: flows that exclude each other, or need a secret.
        ParameterInvalid: an address or a provider is wrong, or something is missing.
        ScopeUnknown: no resource server has such a scope.
    """
    settings = client.extended_config
    _check_attributes(pool, settings, doing)
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


def _check_attributes(pool: Pool, settings: dict[str, Any], doing: str) -> None:
    """Refuse attributes that the pool doesn't have, or that no app client writes."""
    known = set(pool.schema_attributes)
    if not set(settings.get("ReadAttributes") or ()) <= known:
        raise ParameterInvalid(f"Invalid read attributes specified while {doing} a client")
    writable = known - NEVER_BY_CLIENT
    if not set(settings.get("WriteAttributes") or ()) <= writable:
        raise ParameterInvalid(f"Invalid write attributes specified while {doing} a client")


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
