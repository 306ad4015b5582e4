"""The caller, from an id token (AWS developer guide, "Verifying JSON web tokens")."""

import functools
import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

REGION, POOL = os.environ["AWS_REGION"], os.environ["USER_POOL_ID"]
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}"
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT")


@functools.cache
def keys() -> jwt.PyJWKClient:
    """Return the pool's keys, fetched when they are first needed."""
    return jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")


def caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Return the sub of whoever sends a valid id token."""
    if credentials is None:
        raise HTTPException(401, "An id token is needed.", {"WWW-Authenticate": "Bearer"})
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750, 3.1
    refusal = HTTPException(401, "That is no valid id token.", challenge)
    try:
        claims = jwt.decode(
            credentials.credentials,
            keys().get_signing_key_from_jwt(credentials.credentials).key,
            algorithms=["RS256"],
            audience=os.environ["CLIENT_ID"],
            issuer=ISSUER,
            options={"require": ["exp", "sub", "token_use"]},
        )
    except jwt.PyJWTError:
        raise refusal from None
    if claims["token_use"] != "id":
        raise refusal
    return str(claims["sub"])


Caller = Annotated[str, Depends(caller)]
