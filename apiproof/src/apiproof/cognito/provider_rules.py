"""What CreateIdentityProvider refuses of names and details.

Sources: API reference, CreateIdentityProvider; the texts are what others measured on AWS and
published as rules of cdk-preflight (badmintoncryer), September 2026.
"""

from collections.abc import Mapping

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
