"""What CreateIdentityProvider refuses of names and details.

Sources: API reference, CreateIdentityProvider; the texts are what others measured on AWS and
published as rules of cdk-preflight (badmintoncryer), September 2026.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from apiproof.cognito.errors import ParameterInvalid

_SOCIAL = {"Facebook", "Google", "LoginWithAmazon", "SignInWithApple"}
# Type: the details that it must have, and what is said when one is missing.
_REQUIRED = {
    "SignInWithApple": (
        ("client_id", "team_id", "key_id", "private_key"),
        "clientId, privateKey, teamId, and keyId are all required idp details.",
    ),
    "OIDC": (
        ("client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method"),
        (
            "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required "
            "idp details."
        ),
    ),
}
_SOCIAL_REQUIRED = (
    ("client_id", "client_secret", "authorize_scopes"),
    "clientId, clientSecret and authorizeScopes are all required idp details.",
)

_BY_POST = {"attributes_url_add_attributes": "false", "token_request_method": "POST"}
# What Cognito adds to the details (API reference, CreateIdentityProvider, `ProviderDetails`).
_KNOWN_DETAILS: Mapping[str, Mapping[str, str]] = {
    "Google": {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    },
    "LoginWithAmazon": _BY_POST
    | {
        "attributes_url": "https://api.amazon.com/user/profile",
        "authorize_url": "https://www.amazon.com/ap/oa",
        "token_url": "https://api.amazon.com/auth/o2/token",
    },
    "SignInWithApple": _BY_POST
    | {
        "authorize_url": "https://appleid.apple.com/auth/authorize",
        "oidc_issuer": "https://appleid.apple.com",
        "token_url": "https://appleid.apple.com/auth/token",
    },
    "OIDC": {"attributes_url_add_attributes": "false"},
}


# What SAML's details may be (API reference, CreateIdentityProvider, `ProviderDetails`).
_SAML_DETAILS = {
    "EncryptedResponses", "IDPInit", "IDPSignout", "MetadataFile", "MetadataURL",
    "RequestSigningAlgorithm", "SLORedirectBindingURI", "SSORedirectBindingURI",
}  # fmt: skip
_TAG = re.compile(r"<(?:[\w.-]+:)?(SingleSignOnService|SingleLogoutService)\b([^>]*)>")
_REDIRECT = re.compile(r"""Binding\s*=\s*["'][^"']*:HTTP-Redirect["']""")
_LOCATION = re.compile(r"""\bLocation\s*=\s*["']([^"']+)["']""")


def _redirections(details: Mapping[str, str]) -> dict[str, str]:
    """Give the addresses that SAML metadata name (SAML 2.0 Metadata, section 2.4.3)."""
    names = {"SingleSignOnService": "SSORedirectBindingURI"}
    if details.get("IDPSignout") == "true":
        names["SingleLogoutService"] = "SLORedirectBindingURI"
    found = {}
    for tag, attributes in _TAG.findall(details.get("MetadataFile") or ""):
        location = _LOCATION.search(attributes)
        if tag in names and location and _REDIRECT.search(attributes):
            found[names[tag]] = location[1]
    return found


def completed_details(kind: str, details: Mapping[str, str]) -> dict[str, str]:
    """Give details with what Cognito knows by itself; Apple's private key is shown to nobody."""
    if kind == "SAML":
        return _redirections(details) | dict(details)
    hidden = "private_key" if kind == "SignInWithApple" else ""
    shown = {name: value for name, value in details.items() if name != hidden}
    version = details.get("api_version")
    if kind == "Facebook" and version:
        graph = f"https://graph.facebook.com/{version}"
        return shown | {
            "attributes_url": f"{graph}/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": f"https://www.facebook.com/{version}/dialog/oauth",
            "token_request_method": "GET",
            "token_url": f"{graph}/oauth/access_token",
        }
    return {**_KNOWN_DETAILS.get(kind, {}), **shown}


# What is a user's name where nothing is mapped (developer guide, "Mapping IdP attributes").
_USERNAMES = {
    "Facebook": "id",
    "Google": "sub",
    "LoginWithAmazon": "user_id",
    "OIDC": "sub",
    "SignInWithApple": "sub",
}


def default_mapping(kind: str) -> dict[str, dict[str, str]]:
    """Give the mapping of a new provider that was given none (Terraform's tests on AWS)."""
    return {"AttributeMapping": {"username": _USERNAMES[kind]}} if kind in _USERNAMES else {}


def check_mapping(schema: Container[str], settings: Mapping[str, Any]) -> None:
    """Refuse an AttributeMapping of attributes that the pool doesn't have (aws-cli#9729).

    Raises:
        ParameterInvalid: names them.
    """
    mapping = settings.get("AttributeMapping") or {}
    wrong = [name for name in mapping if name != "username" and name not in schema]
    if wrong:
        raise ParameterInvalid(f"AttributeMapping contains invalid mapping: [{', '.join(wrong)}]")


def check_detail_names(kind: str, details: Iterable[str]) -> None:
    """Refuse details that SAML doesn't have, such as what is only shown.

    Raises:
        ParameterInvalid: names the first one, in AWS's words (terraform-provider-aws#36311).
    """
    wrong = sorted(set(details) - _SAML_DETAILS) if kind == "SAML" else []
    if wrong:
        raise ParameterInvalid(f"{wrong[0]} is not a valid key for SAML identity provider details.")


def check_provider(name: str, kind: str, details: Mapping[str, str]) -> None:
    """Check a new identity provider.

    Args:
        name: `ProviderName`.
        kind: `ProviderType`.
        details: `ProviderDetails`.

    Raises:
        ParameterInvalid: the name is not that of the type, or a detail is missing or wrong.
    """
    if kind in _SOCIAL and name != kind:
        raise ParameterInvalid(f"Provider {name} cannot be of type {kind}.")
    if kind == "SAML":
        _check_metadata(details)
        return
    needed, text = _REQUIRED.get(kind, _SOCIAL_REQUIRED)
    if not all(details.get(each) for each in needed):
        raise ParameterInvalid(text)
    if kind == "OIDC":
        _check_endpoints(details)


def _check_metadata(details: Mapping[str, str]) -> None:
    given = [each for each in ("MetadataURL", "MetadataFile") if details.get(each)]
    if not given:
        raise ParameterInvalid(
            "At least one of the MetadataURL or MetadataFile should be provided."
        )
    if len(given) > 1:
        raise ParameterInvalid("Only one of the MetadataURL or MetadataFile should be provided.")


def _check_endpoints(details: Mapping[str, str]) -> None:
    if details["attributes_request_method"] not in {"GET", "POST"}:
        raise ParameterInvalid(
            "Value at 'attributes_request_method' failed to satisfy constraint: Member must "
            "satisfy enum value set: [POST, GET]"
        )
    if not details["oidc_issuer"].startswith("https://"):
        raise ParameterInvalid("OIDC endpoint must start with https://")
