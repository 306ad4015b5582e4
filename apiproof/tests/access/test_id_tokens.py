"""A service that takes id tokens is forged at with the key of id tokens, and by access tokens."""

from typing import Annotated, Any

import jwt
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.access import probe_service
from apiproof.environment import Environment
from apiproof.service import EnvironmentConfig, Service

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
REFUSED = HTTPException(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def application(config: EnvironmentConfig, options: dict[str, bool], use: str) -> FastAPI:
    app, keys = FastAPI(), jwt.PyJWKClient(config.jwks_url)
    checks: Any = options

    @app.get("/me", operation_id="me", responses={401: {}})
    def me(credentials: Credentials) -> str:
        if credentials is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = credentials.credentials
        try:
            key = keys.get_signing_key_from_jwt(token).key
            known: Any = {"algorithms": ["RS256"], "issuer": config.issuer}
            audience = config.client_id if use == "id" else None
            claims = jwt.decode(token, key, audience=audience, options=checks, **known)
        except jwt.PyJWTError:
            raise REFUSED from None
        if use and claims.get("token_use") != use:
            raise REFUSED
        return str(claims["sub"])

    return app


def found(options: dict[str, bool], use: str = "id") -> set[str]:
    service = Service(lambda config: application(config, options, use), database=False, token="id")
    with Environment.open(service) as env:
        report = probe_service(service, env)
        assert {cell.case for cell in report.cells} >= {"valid", "expired", "unknown-kid"}
    return {finding.case.partition("@")[0] for finding in report.findings}


def test_a_right_service_has_no_finding() -> None:
    assert found({}) == set()


@pytest.mark.parametrize(
    ("options", "use", "case"),
    [
        ({"verify_exp": False}, "id", "expired"),
        ({"verify_iss": False}, "id", "wrong-issuer"),
        ({"verify_aud": False}, "id", "wrong-client"),
        ({"verify_aud": False}, "", "id-token"),
    ],
)
def test_what_is_not_verified_is_found(options: dict[str, bool], use: str, case: str) -> None:
    """Forgeries are signed with the right key: each breaks one rule, and no other."""
    assert case in found(options, use)
