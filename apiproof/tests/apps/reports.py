"""A service for machines: its tokens come from a user pool's client credentials grant."""

from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2, SecurityScopes
from starlette.requests import Request

INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750, section 3.1
READ, WRITE = "api/read", "api/write"


class Machine(OAuth2):
    """The client credentials flow of a pool, with the scopes of its resource server."""

    def __init__(self, token_url: str) -> None:
        scopes = {READ: "read reports", WRITE: "write reports"}
        flows: Any = {"clientCredentials": {"tokenUrl": token_url, "scopes": scopes}}
        super().__init__(flows=flows, auto_error=False)


def create_reports(jwks_url: str, issuer: str, token_url: str, flaw: str = "") -> FastAPI:
    """Build the application.

    Args:
        jwks_url: the pool's keys.
        issuer: the pool.
        token_url: for the document.
        flaw: `signature` leaves the signature unverified, `scope` the scopes.
    """
    app = FastAPI(title="Reports")
    keys = jwt.PyJWKClient(jwks_url)
    machine = Machine(token_url)

    def claims_of(request: Request) -> dict[str, Any]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        try:
            if flaw == "signature":
                return jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
            key = keys.get_signing_key_from_jwt(token).key
            claims: dict[str, Any] = jwt.decode(token, key, ["RS256"], issuer=issuer)
        except (jwt.PyJWTError, ValueError) as error:
            raise HTTPException(401, headers=INVALID) from error
        if claims.get("token_use") != "access":
            raise HTTPException(401, headers=INVALID)
        return claims

    def allowed(
        wanted: SecurityScopes,
        claims: Annotated[dict[str, Any], Depends(claims_of)],
        _: Annotated[Any, Security(machine)],
    ) -> str:
        granted = str(claims.get("scope", "")).split()
        if flaw != "scope" and not set(wanted.scopes) <= set(granted):
            needed = f'Bearer error="insufficient_scope", scope="{" ".join(wanted.scopes)}"'
            raise HTTPException(403, headers={"WWW-Authenticate": needed})
        return str(claims.get("client_id", ""))

    refusals: Any = {401: {"description": "no token"}, 403: {"description": "no such scope"}}

    @app.get("/reports", responses=refusals)
    def list_reports(client: Annotated[str, Security(allowed, scopes=[READ])]) -> list[str]:
        return [f"for {client}"]

    return app
