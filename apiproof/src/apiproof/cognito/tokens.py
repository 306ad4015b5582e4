"""Tokens: the claims of a session, changed by the trigger, signed with the pool's keys."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.pool import Pool
from apiproof.cognito.pre_token_generation import Overrides, machine_overrides_of, overrides_of
from apiproof.cognito.sessions import ADMIN_SCOPE, Session


@dataclass(frozen=True)
class Tokens:
    """What a sign-in yields; `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int

    def __repr__(self) -> str:
        # Tokens are secrets and must not reach a failure message.
        return f"Tokens(<hidden>, expires_in={self.expires_in})"


def _base_scopes(session: Session) -> list[str]:
    return [ADMIN_SCOPE] if session.scopes is None else list(session.scopes)


def _shared_claims(pool: Pool, session: Session, client: AppClient) -> dict[str, Any]:
    claims = {
        "sub": session.user.id,
        "iss": pool.issuer,
        "event_id": pool.context.new_id(),
        "auth_time": int(session.signed_in_at.timestamp()),
        "iat": pool.context.clock.timestamp(),
    }
    if client.revokes_tokens:
        claims["origin_jti"] = session.origin_jti
    return claims


def _access_claims(
    shared: dict[str, Any], session: Session, client: AppClient, overrides: Overrides, scope: str
) -> dict[str, Any]:
    issued_at: int = shared["iat"]
    groups = overrides.group_claims(session.user)
    claims = shared | {
        "client_id": session.client_id,
        "token_use": "access",
        "scope": scope,
        "exp": issued_at + int(client.lifetime("AccessToken").total_seconds()),
        "username": session.user.username,
    }
    if "cognito:groups" in groups:
        claims["cognito:groups"] = groups["cognito:groups"]
    if session.scopes is not None:
        claims["version"] = 2  # only tokens of the OAuth endpoints have it
    if session.audience is not None:
        claims["aud"] = session.audience
    if session.device_key is not None:
        claims["device_key"] = session.device_key
    return overrides.access_claims(claims)


def _id_claims(
    shared: dict[str, Any], session: Session, client: AppClient, overrides: Overrides
) -> dict[str, Any]:
    issued_at: int = shared["iat"]
    claims = (
        session.user.claims(client.get_readable_fields(), session.scopes)
        | overrides.group_claims(session.user)
        | shared
        | {
            "aud": session.client_id,
            "token_use": "id",
            "exp": issued_at + int(client.lifetime("IdToken").total_seconds()),
            "cognito:username": session.user.username,
        }
    )
    if session.nonce is not None:
        claims["nonce"] = session.nonce
    return overrides.id_claims(claims)


def issue_tokens(
    pool: Pool,
    session: Session,
    source: str,
    *,
    scopes: list[str] | None = None,
    claims: dict[str, Any] | None = None,
) -> Tokens:
    """Make an access token and an id token for a session; the caller holds the emulator's lock.

    Args:
        pool: signs them.
        session: whose they are.
        source: the trigger source, e.g. TokenGeneration_Authentication.
        scopes: exactly these, without asking the trigger; None asks the trigger.
        claims: overrides the access token's claims, and the id token's where it has them; a value
            of None takes the claim out.

    Raises:
        LambdaRefused: the trigger raised.
        LambdaAnswerInvalid: the trigger's answer makes no sense.
    """
    client = pool.clients[session.client_id]
    if scopes is None:
        overrides = overrides_of(pool, session, source, _base_scopes(session))
        scopes = overrides.scopes(_base_scopes(session))
    else:
        overrides = Overrides()
        scopes = list(dict.fromkeys([ADMIN_SCOPE, *scopes]))
    shared = _shared_claims(pool, session, client)
    access = _access_claims(shared, session, client, overrides, " ".join(scopes))
    access["jti"] = pool.context.new_id()
    identity = _id_claims(shared, session, client, overrides)
    if client.revokes_tokens:
        identity["jti"] = pool.context.new_id()
    _override(access, claims or {}, everything=True)
    _override(identity, claims or {}, everything=False)
    access_token = pool.keys.access.sign(access)
    if session.scopes is not None:
        identity["at_hash"] = _half_hash(access_token)
    pool.sessions.add_access_token(access_token, session, access)
    return Tokens(
        access_token,
        pool.keys.id.sign(identity),
        session.refresh_token,
        int(client.lifetime("AccessToken").total_seconds()),
    )


def issue_machine_token(
    pool: Pool,
    client: AppClient,
    scopes: list[str],
    *,
    audience: str | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """Make the access token of a client credentials grant; it belongs to no user.

    The caller holds the emulator's lock. Version 3 of the Pre Token Generation trigger may change
    claims and scopes.

    Args:
        pool: signs it.
        client: whose it is.
        scopes: of resource servers.
        audience: the `resource` of the request (RFC 8707), its `aud`.
        metadata: the ClientMetadata of the call, for the trigger.

    Raises:
        LambdaRefused: the trigger raised.
        LambdaAnswerInvalid: the trigger's answer makes no sense.
    """
    overrides = machine_overrides_of(pool, client.id, scopes, metadata or {})
    now = pool.context.clock.timestamp()
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(overrides.scopes(scopes)),
        "auth_time": now,
        "iss": pool.issuer,
        "exp": now + int(client.lifetime("AccessToken").total_seconds()),
        "iat": now,
        "version": 2,
        "jti": pool.context.new_id(),
        "client_id": client.id,
    }
    if audience:
        claims["aud"] = audience
    return pool.keys.access.sign(overrides.access_claims(claims))


def _half_hash(token: str) -> str:
    """Compute `at_hash` (OpenID Connect Core 1.0, section 3.1.3.6) for RS256."""
    half = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _override(claims: dict[str, Any], wanted: dict[str, Any], *, everything: bool) -> None:
    for name, value in wanted.items():
        if not everything and name not in claims:
            continue
        if value is None:
            claims.pop(name, None)
        else:
            claims[name] = value
