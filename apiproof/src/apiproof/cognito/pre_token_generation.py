"""The Pre Token Generation trigger, versions 1 to 3: what it changes in tokens.

Event and answer follow the AWS developer guide, "Pre token generation Lambda trigger".
"""

from dataclasses import dataclass, field
from typing import Any

from apiproof.cognito import triggers
from apiproof.cognito.errors import LambdaAnswerInvalid
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import Session
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


def overrides_of(pool: Pool, session: Session, source: str, scopes: list[str]) -> Overrides:
    """Run the trigger, if the pool has one, and read its answer.

    Args:
        pool: its LambdaConfig says which version of the event; version 2 where it says nothing.
        session: for whom tokens are about to be made.
        source: why, e.g. TokenGeneration_HostedAuth.
        scopes: those of the access token so far.

    Raises:
        LambdaRefused, LambdaFailed, LambdaAnswerInvalid: see `triggers.run`.
    """
    if not pool.has_trigger("PreTokenGeneration"):
        return Overrides()
    request: dict[str, Any] = {
        "userAttributes": session.user.event_attributes(),
        "groupConfiguration": {
            "groupsToOverride": session.user.group_names(),
            "iamRolesToOverride": session.user.roles(),
            "preferredRole": session.user.preferred_role(),
        },
    }
    username = session.user.username
    return _run(pool, source, session.client_id, username, request, scopes, session.metadata)


def machine_overrides_of(
    pool: Pool, client_id: str, scopes: list[str], metadata: dict[str, str]
) -> Overrides:
    """Run the trigger for a machine's token; only version 3 of the event is about machines.

    Args:
        pool: its LambdaConfig names V3_0, or nothing happens.
        client_id: the machine.
        scopes: those of the access token so far.
        metadata: the ClientMetadata of the call.

    Raises:
        LambdaRefused, LambdaFailed, LambdaAnswerInvalid: see `triggers.run`.
    """
    if not pool.has_trigger("PreTokenGeneration") or _version(pool) != "3":
        return Overrides()
    request: dict[str, Any] = {"userAttributes": {}, "groupConfiguration": {}}
    # The name is recalled, not documented: there is no user.
    return _run(
        pool,
        "TokenGeneration_ClientCredentials",
        client_id,
        "ClientCredentials",
        request,
        scopes,
        metadata,
    )


def _run(  # noqa: PLR0913, PLR0917 - parts of one event
    pool: Pool,
    source: str,
    client_id: str,
    username: str,
    request: dict[str, Any],
    scopes: list[str],
    metadata: dict[str, str],
) -> Overrides:
    version = _version(pool)
    if metadata:
        request["clientMetadata"] = dict(metadata)
    if version != "1":
        request["scopes"] = list(scopes)
    name = "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"
    response = triggers.run(
        pool,
        "PreTokenGeneration",
        source,
        client_id=client_id,
        username=username,
        request=request,
        response={name: None},
        version=version,
    )
    details = _section(response, name)
    return _read_v1(details) if version == "1" else _read(details)


def _version(pool: Pool) -> str:
    config = pool.extended_config.get("LambdaConfig") or {}
    named = (config.get("PreTokenGenerationConfig") or {}).get("LambdaVersion")
    if named:
        return str(named)[1]
    return "1" if config.get("PreTokenGeneration") else "2"


def _read_v1(details: dict[str, Any]) -> Overrides:
    """Version 1 changes the id token alone, and the groups of both."""
    _section(details, "claimsToAddOrOverride")
    _texts(details, "claimsToSuppress")
    groups = _section(details, "groupOverrideDetails")
    _texts(groups, "groupsToOverride")
    return Overrides(identity=details, groups=groups)


def _read(details: dict[str, Any]) -> Overrides:
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
