"""The operations that this emulator refuses, each with the reason."""

_PASSKEYS = "passkeys need an authenticator, and no library here plays one"
_REPLICAS = "there is one region"
_LIMITS = "requests per second are not limited: plan an outage to see it"
_SESSIONS = "the number and age of sessions is not limited"

REASONS = {
    **dict.fromkeys(
        (
            "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential", "ListWebAuthnCredentials",
            "StartWebAuthnRegistration",
        ),
        _PASSKEYS,
    ),
    **dict.fromkeys(
        (
            "CreateUserPoolReplica", "DeleteUserPoolReplica", "ListUserPoolReplicas",
            "UpdateUserPoolReplica",
        ),
        _REPLICAS,
    ),
    **dict.fromkeys(("GetProvisionedLimit", "UpdateProvisionedLimit"), _LIMITS),
    **dict.fromkeys(
        (
            "GetUserPoolClientSessionConfiguration", "GetUserPoolSessionConfiguration",
            "SetUserPoolClientSessionConfiguration", "SetUserPoolSessionConfiguration",
        ),
        _SESSIONS,
    ),
    "GetDerivedToken": "tokens are not exchanged",
}  # fmt: skip
