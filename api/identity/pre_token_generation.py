"""The Pre Token Generation trigger (event version 2.0) that puts this API's scopes into tokens.

This file is what a deployment uploads as the Lambda function (`pre_token_generation.handler`). It
therefore imports nothing of the service and nothing outside the standard library.

Source: AWS "Pre token generation Lambda trigger", version two event.
"""

from typing import Any

ME = "me"
RANDOMS = "randoms"

# Members of this group manage their profile only.
PROFILE_ONLY_GROUP = "profile-only"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Add the scopes that the user has to the access token.

    Args:
        event: Cognito's event; its response may hold null.
        context: Lambda's context, unused.
    """
    request = event.get("request") or {}
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or []
    scopes = [ME] if PROFILE_ONLY_GROUP in groups else [ME, RANDOMS]
    response = event.get("response") or {}
    details = response.get("claimsAndScopeOverrideDetails") or {}
    access = details.get("accessTokenGeneration") or {}
    kept = [scope for scope in access.get("scopesToAdd") or [] if scope not in scopes]
    event["response"] = response | {
        "claimsAndScopeOverrideDetails": details
        | {"accessTokenGeneration": access | {"scopesToAdd": kept + scopes}}
    }
    return event
