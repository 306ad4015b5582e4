"""A pool with a resource server and app clients for OAuth 2.0, and requests to its endpoints."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from apiproof.cognito import Cognito
from tests.cognito.pools import PASSWORD

CALLBACK = "http://localhost:3000/callback"
SIGNED_OUT = "http://localhost:3000/bye"
CODE_CLIENT: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile", "api/read"],
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": [SIGNED_OUT],
    "SupportedIdentityProviders": ["COGNITO"],
}
MACHINE_CLIENT: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["api/read", "api/write"],
}


@dataclass(frozen=True)
class App:
    """An app client as a program uses it; `secret` is None for a public one."""

    base_url: str
    id: str
    secret: str | None

    def token(self, grant: str, **form: Any) -> requests.Response:
        return self._post("/oauth2/token", {"grant_type": grant} | form)

    def revoke(self, token: str) -> requests.Response:
        return self._post("/oauth2/revoke", {"token": token})

    def _post(self, path: str, form: dict[str, Any]) -> requests.Response:
        basic = (self.id, self.secret) if self.secret is not None else None
        form = form if basic else form | {"client_id": self.id}
        return requests.post(f"{self.base_url}{path}", data=form, auth=basic, timeout=5)

    def user_info(self, token: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.base_url}/oauth2/userInfo", headers=bearer, timeout=5)


class OAuthPool:
    """An emulator with a resource server `api` and the user Ada."""

    def __init__(self, cognito: Cognito) -> None:
        self.cognito = cognito
        self.aws = cognito.client()
        self.base_url = cognito.jwks_url.split(f"/{cognito.user_pool_id}")[0]
        self.aws.create_resource_server(
            UserPoolId=cognito.user_pool_id,
            Identifier="api",
            Name="API",
            Scopes=[
                {"ScopeName": name, "ScopeDescription": name} for name in ("read", "write", "admin")
            ],
        )

    def reset(self) -> None:
        self.cognito.reset()
        self.cognito.triggers.clear()
        self.cognito.create_user("ada", "ada@example.com", PASSWORD, groups=["staff"])

    def app(self, *, secret: bool = True, **settings: Any) -> App:
        client = self.aws.create_user_pool_client(
            UserPoolId=self.cognito.user_pool_id,
            ClientName="app",
            GenerateSecret=secret,
            **settings,
        )["UserPoolClient"]
        return App(self.base_url, client["ClientId"], client.get("ClientSecret"))


@pytest.fixture(scope="module")
def standing(request: pytest.FixtureRequest) -> Iterator[OAuthPool]:
    """One for a module, over HTTP unless the module parametrizes it."""
    with Cognito.start(http=getattr(request, "param", True)) as cognito:
        yield OAuthPool(cognito)


@pytest.fixture
def pool(standing: OAuthPool) -> OAuthPool:
    standing.reset()
    return standing
