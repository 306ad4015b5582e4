"""The control API of a served environment: new accounts and mailed codes, for any language.

It listens on a port of its own, so that the service's OpenAPI document and routes stay untouched.
`control_client.py` has its client for Python.

Every request is a POST of a JSON object with the secret of the ready file, as
`Authorization: Bearer SECRET` or, for callers who cannot set headers, as the first part of the
path. What a web page could send is refused: a foreign Host or Origin, another content type.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.http import ASGIApp, Message, Receive, Send
from apiproof.http.json_app import json_app, json_body
from apiproof.jwt import sign_rsa
from apiproof.pacts.verify.states_endpoint import states_route

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class TokenForger:
    """What only the owner of a user pool can do: sign anything, disable anyone."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of the tokens that the service takes."""
        keys = self._env.cognito.keys
        key = keys.id if self._takes_id_tokens else keys.access
        return sign_rsa(header, claims, key.private_key)

    def id_token(self, username: str) -> str:
        """Return an id token of a user, or an access token where the service takes id tokens."""
        tokens = self._env.cognito.issue_tokens(username)
        return tokens.access_token if self._takes_id_tokens else tokens.id_token

    @property
    def _takes_id_tokens(self) -> bool:
        return self._env.service.token == "id"  # noqa: S105  # a kind of token

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        return [dict(key) for key in self._env.cognito.keys.jwks()["keys"]]

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the service can't."""
        how = self._env.service.disable
        if how is None:
            return False
        how(self._env.config, username)
        return True

    def groups(self, username: str) -> list[str]:
        """Return the groups that a user is in."""
        pages = self._env.aws.get_paginator("admin_list_groups_for_user")
        found = pages.paginate(UserPoolId=self._env.cognito.user_pool_id, Username=username)
        return [str(each["GroupName"]) for page in found for each in page["Groups"]]

    def set_groups(self, username: str, groups: Sequence[str]) -> None:
        """Put a user into these groups, and into no other."""
        pool = {"UserPoolId": self._env.cognito.user_pool_id, "Username": username}
        for group in set(self.groups(username)) - set(groups):
            self._env.aws.admin_remove_user_from_group(**pool, GroupName=group)
        for group in groups:
            self._env.join(username, group)


def control_app(env: Environment, secret: str) -> ASGIApp:
    """Build the ASGI application that lets other processes direct an environment.

    POST /accounts {"scopes": [...] | null} -> a new verified account, signed in;
    POST /shared_account -> the one that harmless requests share; POST /invalidated {"username"};
    POST /temporary_password and POST /app -> accounts whose login is a challenge;
    POST /unconfirmed -> a signed-up user; POST /codes {"username"} -> {"code"}; POST /tokens
    {"username", "scopes"} -> {"token"}; POST /document -> the OpenAPI document; POST /coverage ->
    the coverage log's rows; POST /server_errors -> where answers of 500 and above came from. For
    forged tokens, of this environment only: POST /signatures {"header", "claims"} -> {"token"};
    POST /id_tokens {"username"} -> {"token"}; POST /keys -> the published keys; POST /disabled
    {"username"} -> whether the service can; POST /groups {"username"} -> those that a user is in,
    after {"groups": [...]} those alone. POST /states {"state", "action", "params"} is a pact
    verifier's provider state handler.

    Args:
        env: The environment.
        secret: What requests must know.
    """
    forger = TokenForger(env)
    routes = [
        _route("/accounts", lambda body: asdict(env.new_account(body.get("scopes")))),
        _route("/shared_account", lambda _: asdict(env.shared_account())),
        _route("/invalidated", lambda body: env.invalidate(body["username"]), "username"),
        _route("/temporary_password", lambda _: asdict(env.account_with_temporary_password())),
        _route("/app", lambda _: asdict(env.account_with_app())),
        _route("/unconfirmed", lambda _: asdict(env.create_unconfirmed_user())),
        _route("/codes", lambda body: {"code": env.code(body["username"])}, "username"),
        _route(
            "/tokens",
            lambda body: {"token": env.token(body["username"], body.get("scopes"))},
            "username",
        ),
        _route("/document", lambda _: env.document),
        _route("/coverage", lambda _: env.coverage_log.rows()),
        _route("/server_errors", lambda _: [asdict(site) for site in env.server_errors]),
        _route(
            "/signatures",
            lambda body: {"token": forger.sign(body["header"], body["claims"])},
            "header",
            "claims",
        ),
        _route("/id_tokens", lambda body: {"token": forger.id_token(body["username"])}, "username"),
        _route("/keys", lambda _: forger.jwks()),
        _route("/disabled", lambda body: forger.disable(body["username"]), "username"),
        _route("/groups", lambda body: _groups(forger, body), "username"),
        states_route(env),
    ]
    return guarded(json_app(routes), secret)


def _groups(forger: TokenForger, body: dict[str, Any]) -> list[str]:
    if body.get("groups") is not None:
        forger.set_groups(body["username"], body["groups"])
    return forger.groups(body["username"])


def guarded(app: ASGIApp, secret: str) -> ASGIApp:
    """Wrap an ASGI application so that it answers only who knows a secret, and no web page."""

    async def guard(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        first, _, rest = scope["path"].lstrip("/").partition("/")
        presented = headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(first.encode(), secret.encode()):
            presented, scope = (
                secret,
                {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()},
            )
        status, detail = _refusal(headers, presented, secret)
        answer: ASGIApp = JSONResponse({"detail": detail}, status) if status else app
        await answer(scope, receive, send)

    return guard


def _refusal(headers: dict[str, str], presented: str, secret: str) -> tuple[int, str]:
    """Return the status and reason of a refusal; 0 where there is none."""
    host = headers.get("host", "")
    if host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK:
        return 403, "The Host header names another host."
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return 403, "The Origin header names another origin."
    if not hmac.compare_digest(presented.encode(), secret.encode()):
        return 401, "Send `Authorization: Bearer`, with the ready file's control_secret."
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "The Content-Type is not application/json."
    return 0, ""


def _route(path: str, answer: Callable[[dict[str, Any]], Any], *required: str) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        body = await json_body(request)
        if wrong := [name for name in FIELDS if not _fits(body, name, required)]:
            detail = "; ".join(f"`{name}` is to be {FIELDS[name][1]}" for name in wrong)
            return JSONResponse({"detail": f"The body does not fit: {detail}."}, status_code=400)
        try:
            return JSONResponse(await run_in_threadpool(answer, body))
        except UserError as error:
            return JSONResponse({"detail": str(error)}, status_code=404)
        except (KeyError, TypeError, ValueError) as error:  # a header that cannot be signed
            detail = f"The body does not fit ({type(error).__name__}: {error})."
            return JSONResponse({"detail": " ".join(detail.split())}, status_code=400)

    return Route(path, endpoint, methods=["POST"])


def _fits(body: dict[str, Any], name: str, required: tuple[str, ...]) -> bool:
    if body.get(name) is None:
        return name not in required
    return FIELDS[name][0](body[name])


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "username": (lambda value: isinstance(value, str), "a text"),
    "scopes": (_is_texts, "a list of texts"),
    "groups": (_is_texts, "a list of texts"),
    "header": (lambda value: isinstance(value, dict), "an object"),
    "claims": (lambda value: isinstance(value, dict), "an object"),
}
