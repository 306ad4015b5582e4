"""The control door of a served world: new accounts and mailed codes, over HTTP for any language.

It listens on a port of its own, so that the service's OpenAPI document and routes stay untouched.
`ControlClient` is its client; it behaves as the `Environment` itself does for guides.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import requests
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.environment import Environment, UserMissing
from apiproof.environment_file import EnvironmentFile, account_from
from apiproof.errors import UserError
from apiproof.http.client import HttpClient
from apiproof.http.json_app import json_app, json_body
from apiproof.pacts.verify.states_endpoint import states_route
from apiproof.service import Account, SeedUser
from apiproof.token_forger import TokenForger


class EnvironmentGone(UserError):
    """Nobody answers at the control door."""


def control_app(env: Environment) -> Starlette:
    """Build the ASGI application that lets other processes direct an environment.

    POST /accounts {"scopes": [...] | null} -> a new verified account, signed in;
    POST /standing -> the shared one; POST /retired {"username"}; POST /unconfirmed -> a signed-up
    user; POST /codes {"username"} -> {"code"}; POST /tokens {"username", "scopes"} ->
    {"access_token"}; POST /coverage -> the coverage log's rows. For forgers, of this environment
    only:
    POST /signatures {"header", "claims"} -> {"token"}; POST /id_tokens {"username"} -> {"token"};
    POST /keys -> the published keys; POST /disabled {"username"} -> whether the service can.
    POST /states {"state", "action", "params"} is a pact verifier's provider state handler.
    """
    powers = TokenForger(env)
    return json_app(
        [
            _route("/accounts", lambda body: asdict(env.new_account(body.get("scopes")))),
            _route("/standing", lambda _: asdict(env.shared_account())),
            _route("/retired", lambda body: env.invalidate(body["username"])),
            _route("/unconfirmed", lambda _: asdict(env.create_unconfirmed_user())),
            _route("/codes", lambda body: {"code": env.code(body["username"])}),
            _route(
                "/tokens",
                lambda body: {"access_token": env.token(body["username"], body.get("scopes"))},
            ),
            _route("/coverage", lambda _: env.coverage_log.rows()),
            _route(
                "/signatures", lambda body: {"token": powers.sign(body["header"], body["claims"])}
            ),
            _route("/id_tokens", lambda body: {"token": powers.id_token(body["username"])}),
            _route("/keys", lambda _: powers.jwks()),
            _route("/disabled", lambda body: powers.disable(body["username"])),
            states_route(env),
        ]
    )


def _route(path: str, answer: Callable[[dict[str, Any]], Any]) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        body = await json_body(request)
        try:
            return JSONResponse(await run_in_threadpool(answer, body))
        except (KeyError, UserMissing) as error:
            return JSONResponse({"detail": str(error)}, status_code=404)

    return Route(path, endpoint, methods=["POST"])


class ControlClient:
    """An environment in another process, reached through its ready file; called alike."""

    def __init__(self, ready: EnvironmentFile) -> None:
        self.client = HttpClient(ready.base_url)
        self._control = HttpClient(ready.control_url)

    def new_account(self, scopes: Sequence[str] | None = None) -> Account:
        """Return a new verified account that nobody else uses, signed in."""
        return account_from(self._ask("/accounts", scopes=scopes))

    def shared_account(self) -> Account:
        """Return the account that harmless requests share."""
        return account_from(self._ask("/standing"))

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint an access token for a user with exactly these scopes."""
        return str(self._ask("/tokens", username=username, scopes=scopes)["access_token"])

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        self._ask("/retired", username=username)

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        return SeedUser(**{**self._ask("/unconfirmed"), "groups": ()})

    def code(self, username: str) -> str:
        """Return the newest code that Cognito mailed to a user."""
        return str(self._ask("/codes", username=username)["code"])

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of access tokens."""
        return str(self._ask("/signatures", header=header, claims=claims)["token"])

    def id_token(self, username: str) -> str:
        """Return an id token of a user."""
        return str(self._ask("/id_tokens", username=username)["token"])

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        return list(self._ask("/keys"))

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the service can't."""
        return bool(self._ask("/disabled", username=username))

    def _ask(self, path: str, **body: Any) -> Any:
        try:
            response = self._control.request("POST", path, json=body)
        except requests.ConnectionError:
            raise EnvironmentGone(
                "The environment of this ready file has ended. Start `apiproof serve` again."
            ) from None
        if response.status_code == 404:
            raise UserMissing(response.json()["detail"])
        response.raise_for_status()
        return response.json()
