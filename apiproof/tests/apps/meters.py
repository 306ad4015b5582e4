"""Meters: machines that get tokens for their secrets, in a form, in a header, or in JSON."""

import secrets
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials, HTTPBearer, OAuth2
from pydantic import BaseModel
from starlette.requests import Request

from tests.apps.members import unauthorized

CLIENTS = {"roof": "roof-secret-1", "cellar": "cellar-secret-2"}
WAYS = ("form", "header", "json", "undeclared")


class Client(BaseModel):
    """A machine."""

    client_id: str
    client_secret: str


def create_meters(way: str) -> FastAPI:  # noqa: C901  # its operations share the tokens
    """Build the service.

    Args:
        way: How a machine says its secret; `undeclared` is a form of which no scheme tells.
    """
    app, tokens = FastAPI(title="Meters"), dict[str, str]()
    declared: dict[str, Any] = {"responses": {401: {}, 403: {}}}
    flows: Any = {
        "clientCredentials": {"tokenUrl": "oauth/token", "scopes": {"read": "", "add": ""}}
    }
    told = way in {"form", "header"}
    scheme = OAuth2(flows=flows, auto_error=False) if told else HTTPBearer(auto_error=False)

    def issued(client: str, secret: str) -> dict[str, str]:
        if CLIENTS.get(client) != secret:
            raise HTTPException(401, headers={"WWW-Authenticate": "Basic"})
        token = secrets.token_urlsafe(24)
        tokens[token] = client
        return {"access_token": token, "token_type": "bearer"}

    if way == "header":

        @app.post("/oauth/token", operation_id="token", **declared)
        def by_header(
            given: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())],
            grant_type: Annotated[str, Form()],
        ) -> dict[str, str]:
            if grant_type != "client_credentials":
                raise HTTPException(400)
            return issued(given.username, given.password)

    elif way == "json":

        @app.post("/oauth/token", operation_id="token", **declared)
        def by_json(client: Client) -> dict[str, str]:
            return issued(client.client_id, client.client_secret)

    else:

        @app.post("/oauth/token", operation_id="token", **declared)
        def by_form(
            client_id: Annotated[str, Form()],
            client_secret: Annotated[str, Form()],
            grant_type: Annotated[str, Form()],
        ) -> dict[str, str]:
            if grant_type != "client_credentials":
                raise HTTPException(400)
            return issued(client_id, client_secret)

    @app.get("/meter", operation_id="read_meter", **declared)
    def read_meter(request: Request, _given: Annotated[Any, Depends(scheme)]) -> dict[str, str]:
        kind, _, held = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or held not in tokens:
            raise unauthorized(held)
        return {"client": tokens[held]}

    return app
