"""The Pre Token Generation trigger, version 2: event out, answer in.

The handler is a plain Python function with a Lambda's signature. Event and answer follow the AWS
developer guide, "Pre token generation Lambda trigger".
"""

import json
from dataclasses import dataclass, field
from typing import Any

from apiproof.cognito.context import Handler
from apiproof.cognito.errors import LambdaAnswerInvalid, LambdaRefused
from apiproof.cognito.users import User

# Claims that a trigger neither sets nor suppresses (developer guide, "Excluded claims and scopes").
_FIXED = frozenset(
    {
        "acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce",
        "origin_jti", "sub", "token_use",
    }
)  # fmt: skip
_FIXED_IN_ACCESS = _FIXED | {
    "client_id", "device_key", "event_id", "scope", "username", "version"
}  # fmt: skip
_FIXED_IN_ID = _FIXED | {"aud", "cognito:username", "identities"}


@dataclass(frozen=True)
class TriggerEvent:
    """For whom tokens are about to be made, and why: `source`, e.g. TokenGeneration_HostedAuth."""

    source: str
    region: str
    pool_id: str
    client_id: str
    username: str
    attributes: dict[str, str]
    groups: list[str]
    roles: list[str]
    preferred_role: str | None
    scopes: list[str]

    def document(self) -> dict[str, Any]:
        """Give the event of the documented shape, version 2."""
        return {
            "version": "2",
            "triggerSource": self.source,
            "region": self.region,
            "userPoolId": self.pool_id,
            "userName": self.username,
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": self.client_id,
            },
            "request": {
                "userAttributes": dict(self.attributes),
                "groupConfiguration": {
                    "groupsToOverride": list(self.groups),
                    "iamRolesToOverride": list(self.roles),
                    "preferredRole": self.preferred_role,
                },
                "scopes": list(self.scopes),
            },
            "response": {"claimsAndScopeOverrideDetails": None},
        }


@dataclass
class Overrides:
    """What the handler wants changed."""

    access: dict[str, Any] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)

    def scopes(self, scopes: list[str]) -> list[str]:
        """Add and suppress scopes, each once, in order."""
        suppressed = set(self.access.get("scopesToSuppress") or ())
        wanted = [*scopes, *(self.access.get("scopesToAdd") or ())]
        return [scope for scope in dict.fromkeys(wanted) if scope not in suppressed]

    def access_claims(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Change the claims of an access token."""
        return _changed(claims, self.access, _FIXED_IN_ACCESS)

    def id_claims(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Change the claims of an id token."""
        return _changed(claims, self.identity, _FIXED_IN_ID)

    def group_claims(self, user: User) -> dict[str, Any]:
        """Give the group claims: those of the user's groups where the handler says nothing."""
        claims = {
            "cognito:groups": self.groups.get("groupsToOverride") or user.group_names(),
            "cognito:roles": self.groups.get("iamRolesToOverride") or user.roles(),
            "cognito:preferred_role": self.groups.get("preferredRole") or user.preferred_role(),
        }
        return {name: value for name, value in claims.items() if value}


def _changed(
    claims: dict[str, Any], generation: dict[str, Any], fixed: frozenset[str]
) -> dict[str, Any]:
    added = generation.get("claimsToAddOrOverride") or {}
    suppressed = set(generation.get("claimsToSuppress") or ()) - fixed
    wanted = claims | {name: value for name, value in added.items() if name not in fixed}
    return {name: value for name, value in wanted.items() if name not in suppressed}


def invoke(handler: Handler | None, event: TriggerEvent) -> Overrides:
    """Invoke the handler, if any, and read its answer.

    Raises:
        LambdaRefused: the handler raised; the text is its exception's.
        LambdaAnswerInvalid: the answer is not an event with well-formed overrides.
    """
    if handler is None:
        return Overrides()
    try:
        answer = handler(event.document(), None)
    except Exception as error:
        raise LambdaRefused(f"PreTokenGeneration failed with error {error}.") from error
    return _read(answer)


def _read(answer: Any) -> Overrides:
    try:
        answer = json.loads(json.dumps(answer))
    except (TypeError, ValueError) as error:
        raise LambdaAnswerInvalid("Unrecognizable lambda output: not JSON") from error
    details = _section(_section(answer, "response"), "claimsAndScopeOverrideDetails")
    overrides = Overrides(
        access=_section(details, "accessTokenGeneration"),
        identity=_section(details, "idTokenGeneration"),
        groups=_section(details, "groupOverrideDetails"),
    )
    for generation in (overrides.access, overrides.identity):
        _section(generation, "claimsToAddOrOverride")
        _texts(generation, "claimsToSuppress")
    _texts(overrides.groups, "groupsToOverride")
    for name in ("scopesToAdd", "scopesToSuppress"):
        if any(len(scope.split()) != 1 for scope in _texts(overrides.access, name)):
            raise LambdaAnswerInvalid(f"Invalid lambda output: a scope in {name} has white space")
    return overrides


def _section(answer: Any, name: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise LambdaAnswerInvalid(f"Unrecognizable lambda output: no object around {name}")
    section = answer.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise LambdaAnswerInvalid(f"Unrecognizable lambda output: {name} is not an object")
    return section


def _texts(section: dict[str, Any], name: str) -> list[str]:
    texts = section.get(name)
    if texts is None:
        return []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise LambdaAnswerInvalid(f"Unrecognizable lambda output: {name} is not a list of strings")
    return texts
