"""The OAuth 2.0 endpoints for programs: `/oauth2/token`, `/oauth2/userInfo`, `/oauth2/revoke`.

Parameters and errors follow RFC 6749, 6750, 7009 and 7636 and the pages of the AWS developer guide,
"Token endpoint", "UserInfo endpoint" and "Revoke endpoint". Real Cognito serves them at the pool's
domain; here the app client tells the pool.
"""

import json
from collections.abc import Callable
from typing import Any

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.backend import Backend
from apiproof.cognito.errors import CognitoError, NotAuthorized, RefreshTokenReused
from apiproof.cognito.operations.base import find_client
from apiproof.cognito.pool import Pool
from apiproof.cognito.sessions import STANDARD_SCOPES, Session
from apiproof.cognito.tokens import issue_machine_token, issue_tokens
from apiproof.cognito.web import WebRequest, WebResponse, json_response

_UNCACHED = {
    "Cache-Control": "no-store",
    "Content-Type": "application/json;charset=UTF-8",
    "Pragma": "no-cache",
}
_FORM = "application/x-www-form-urlencoded"


class OAuth2Error(Exception):
    """An error answer of an OAuth 2.0 endpoint.

    Args:
        error: its code, e.g. invalid_grant.
        description: for people; empty for none.
        status: of HTTP.
    """

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> WebResponse:
        """Give the answer (RFC 6749, section 5.2)."""
        document = {"error": self.error}
        if self.description:
            document["error_description"] = self.description
        headers = dict(_UNCACHED)
        if self.status == 401:
            details = ", ".join(f'{name}="{value}"' for name, value in document.items())
            scheme = "Bearer" if self.error == "invalid_token" else "Basic"
            headers["WWW-Authenticate"] = f"{scheme} {details}"
        return json_response(self.status, document, headers)


def allowed_scopes(client: AppClient) -> list[str]:
    """Give the scopes that an app client may ask for."""
    return list(client.extended_config.get("AllowedOAuthScopes") or ())


def requested_scopes(client: AppClient, text: str) -> list[str]:
    """Read a `scope` parameter; an empty one means all scopes of the client.

    Raises:
        OAuth2Error: one of them is not the client's.
    """
    allowed = allowed_scopes(client)
    wanted = list(dict.fromkeys(text.split())) or allowed
    if not wanted or not set(wanted) <= set(allowed):
        raise OAuth2Error("invalid_scope")
    return wanted


def allows_flow(client: AppClient, flow: str) -> bool:
    """Whether a client may use a flow: code, implicit or client_credentials."""
    settings = client.extended_config
    return bool(settings.get("AllowedOAuthFlowsUserPoolClient")) and flow in (
        settings.get("AllowedOAuthFlows") or ()
    )


class OAuth2Endpoints:
    """The endpoints that programs call.

    Args:
        backend: holds pools, clients and tokens.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._routes: dict[str, tuple[tuple[str, ...], Callable[[WebRequest], WebResponse]]] = {
            "/oauth2/token": (("POST",), self._token),
            "/oauth2/userInfo": (("GET", "POST"), self._user_info),
            "/oauth2/revoke": (("POST",), self._revoke),
        }

    def answer(self, request: WebRequest) -> WebResponse | None:
        """Answer a request; None if it is for no endpoint of this class."""
        if request.path not in self._routes:
            return None
        methods, endpoint = self._routes[request.path]
        if request.method not in methods:
            return WebResponse(405, headers={"Allow": ", ".join(methods)})
        try:
            with self._backend.context.lock:
                return endpoint(request)
        except OAuth2Error as error:
            return error.response()
        except CognitoError as error:  # a trigger refused, or failed
            return OAuth2Error("invalid_request", error.message).response()

    # Who asks

    def _authenticate(self, request: WebRequest, status: int = 400) -> tuple[Pool, AppClient]:
        """Find the app client of a request, after checking its secret.

        Raises:
            OAuth2Error: there is none, or its secret is wrong or missing.
        """
        form = request.form
        try:
            credentials = request.basic_credentials
        except ValueError as error:
            raise OAuth2Error("invalid_client", status=status) from error
        client_id, secret = credentials or (form.get("client_id", ""), form.get("client_secret"))
        if not client_id:
            raise OAuth2Error("invalid_request", "client_id is missing.")
        if form.get("client_id", client_id) != client_id:
            raise OAuth2Error("invalid_request", "Two different client_ids were sent.")
        try:
            pool, client = find_client(self._backend, client_id)
        except CognitoError as error:
            raise OAuth2Error("invalid_client", status=status) from error
        if client.generate_secret and not client.has_secret(secret or ""):
            raise OAuth2Error("invalid_client", status=status)
        return pool, client

    # /oauth2/token

    def _token(self, request: WebRequest) -> WebResponse:
        if request.content_type != _FORM:
            raise OAuth2Error("invalid_request", f"Content-Type must be {_FORM}.")
        grants: dict[str, Callable[[Pool, AppClient, dict[str, str]], dict[str, Any]]] = {
            "authorization_code": self._by_code,
            "client_credentials": self._by_client,
            "refresh_token": self._by_refresh_token,
        }
        grant = request.form.get("grant_type")
        if not grant:
            raise OAuth2Error("invalid_request", "grant_type is missing.")
        pool, client = self._authenticate(request)
        if grant not in grants:
            raise OAuth2Error("unsupported_grant_type")
        return json_response(200, grants[grant](pool, client, request.form), _UNCACHED)

    def _by_client(self, pool: Pool, client: AppClient, form: dict[str, str]) -> dict[str, Any]:
        if not allows_flow(client, "client_credentials") or not client.generate_secret:
            raise OAuth2Error("unauthorized_client")
        custom = [scope for scope in allowed_scopes(client) if scope not in STANDARD_SCOPES]
        wanted = list(dict.fromkeys(form.get("scope", "").split())) or custom
        if not wanted or not set(wanted) <= set(custom):
            raise OAuth2Error("invalid_scope")
        token = issue_machine_token(
            pool, client, wanted, audience=form.get("resource"), metadata=_metadata(form)
        )
        lifetime = int(client.lifetime("AccessToken").total_seconds())
        return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}

    def _by_code(self, pool: Pool, client: AppClient, form: dict[str, str]) -> dict[str, Any]:
        if not allows_flow(client, "code"):
            raise OAuth2Error("unauthorized_client")
        code, redirect_uri = _required(form, "code"), _required(form, "redirect_uri")
        verifier = form.get("code_verifier")
        session = self._backend.authorization_codes.redeem(code, client, redirect_uri, verifier)
        if session is None or session.revoked or session.user.deleted or not session.user.enabled:
            raise OAuth2Error("invalid_grant")
        tokens = issue_tokens(pool, session, "TokenGeneration_HostedAuth")
        return _token_document(session, tokens) | {"refresh_token": tokens.refresh_token}

    def _by_refresh_token(
        self, pool: Pool, client: AppClient, form: dict[str, str]
    ) -> dict[str, Any]:
        token = _required(form, "refresh_token")
        try:
            session = pool.sessions.require_valid(token, client.id, client.rotation)
        except (NotAuthorized, RefreshTokenReused) as error:
            raise OAuth2Error("invalid_grant", error.message) from error
        if session.user.deleted or not session.user.enabled:
            raise OAuth2Error("invalid_grant")
        if client.rotation is not None:
            pool.sessions.rotate(token)
        session.metadata = {}  # what a call before this one brought along
        tokens = issue_tokens(pool, session, "TokenGeneration_RefreshTokens")
        answer = _token_document(session, tokens)
        if client.rotation is not None:
            answer["refresh_token"] = tokens.refresh_token
        return answer

    # /oauth2/userInfo

    def _user_info(self, request: WebRequest) -> WebResponse:
        token = request.bearer_token
        if token is None:
            raise OAuth2Error("invalid_request", "The access token is missing.")
        session, pool = self._session_of(token)
        client = pool.clients[session.client_id]
        claims = session.user.claims(client.get_readable_fields(), session.scopes)
        texts = {name: _text(value) for name, value in claims.items()}
        return json_response(200, texts | {"username": session.user.username}, _UNCACHED)

    def _session_of(self, token: str) -> tuple[Session, Pool]:
        """Find the sign-in of an access token that has the scope `openid`.

        Raises:
            OAuth2Error: the token is not good for it.
        """
        for pool in self._backend.user_pools.values():
            issued = pool.sessions.issued(token)
            if issued is None:
                continue
            try:
                session = pool.sessions.require_usable(token)
            except CognitoError as error:
                text = (
                    "Access token is expired, disabled, or deleted, "
                    "or the user has globally signed out."
                )
                raise OAuth2Error("invalid_token", text, 401) from error
            if "openid" not in str(issued.claims.get("scope", "")).split():
                text = "Access token does not contain openid scope"
                raise OAuth2Error("invalid_token", text, 401)
            return session, pool
        raise OAuth2Error("invalid_token", "Access token is malformed or unknown.", 401)

    # /oauth2/revoke

    def _revoke(self, request: WebRequest) -> WebResponse:
        pool, client = self._authenticate(request, status=401)
        token = _required(request.form, "token")
        if not client.revokes_tokens:
            raise OAuth2Error("invalid_request", "Token revocation is not enabled.")
        if pool.sessions.issued(token) is not None or token.count(".") == 2:
            raise OAuth2Error("unsupported_token_type")
        session = pool.sessions.find(token)
        if session is not None:
            if session.client_id != client.id:
                raise OAuth2Error("invalid_client", status=401)
            pool.sessions.end(session)
        return WebResponse(200, headers={"Cache-Control": "no-store"})


def _required(form: dict[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise OAuth2Error("invalid_request", f"{name} is missing.")
    return value


def _metadata(form: dict[str, str]) -> dict[str, str]:
    """Read `aws_client_metadata`, which the Pre Token Generation trigger of machines gets.

    Source: AWS developer guide, "Token endpoint".
    """
    try:
        metadata = json.loads(form.get("aws_client_metadata") or "{}")
    except (RecursionError, ValueError) as error:
        raise OAuth2Error("invalid_request", "aws_client_metadata is no JSON.") from error
    if not isinstance(metadata, dict):
        raise OAuth2Error("invalid_request", "aws_client_metadata is no JSON object.")
    return {name: str(value) for name, value in metadata.items()}


def _token_document(session: Session, tokens: Any) -> dict[str, Any]:
    answer = {
        "access_token": tokens.access_token,
        "expires_in": tokens.expires_in,
        "token_type": "Bearer",
    }
    if session.scopes is None or "openid" in session.scopes:
        answer["id_token"] = tokens.id_token
    return answer


def _text(value: Any) -> Any:
    # UserInfo tells the verified flags as texts (AWS developer guide, "UserInfo endpoint").
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value


def discovery_document(pool: Pool, base_url: str) -> dict[str, Any]:
    """Give the `openid-configuration` of a pool (OpenID Connect Discovery 1.0).

    Args:
        pool: whose.
        base_url: where the emulator is served.
    """
    return {
        "authorization_endpoint": f"{base_url}/oauth2/authorize",
        "end_session_endpoint": f"{base_url}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer,
        "jwks_uri": f"{base_url}/{pool.id}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{base_url}/oauth2/revoke",
        "scopes_supported": list(STANDARD_SCOPES[:-1]),
        "subject_types_supported": ["public"],
        "token_endpoint": f"{base_url}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base_url}/oauth2/userInfo",
    }
