"""The OAuth 2.0 endpoints for people: `/oauth2/authorize`, `/login`, `/logout`, `/error`.

As in the AWS developer guide, "Authorize endpoint", "Login endpoint" and "Logout endpoint", with a
plain page in place of the branded one, and without other identity providers.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.backend import Backend
from apiproof.cognito.errors import CognitoError, ResourceNotFound
from apiproof.cognito.oauth2 import OAuth2Error, allows_flow, requested_scopes
from apiproof.cognito.operations.base import find_client
from apiproof.cognito.pool import Pool
from apiproof.cognito.sign_in_page import Page, PageOperations, SignInSteps, first_page, page_again
from apiproof.cognito.tokens import issue_tokens
from apiproof.cognito.users import User
from apiproof.cognito.web import WebRequest, WebResponse

_COOKIE = "cognito"
_SIGNED_IN_FOR = timedelta(hours=1)  # developer guide, "Managed login": the session cookie
_HTML = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    "Content-Type": "text/html;charset=UTF-8",
}
_FLOWS = {"code": "code", "token": "implicit"}


class _Unredirectable(Exception):
    """An error that must not be sent to an address nobody vouches for."""


@dataclass(frozen=True)
class AuthorizationRequest:
    """A checked request for authorization.

    Attributes:
        pool: the user pool.
        client: the app client.
        redirect_uri: where the answer goes.
        response_type: code or token.
        scopes: what is asked for.
        parameters: all parameters, as sent.
    """

    pool: Pool
    client: AppClient
    redirect_uri: str
    response_type: str
    scopes: tuple[str, ...]
    parameters: dict[str, str]

    def page(self, page: Page, action: str, error: str = "") -> WebResponse:
        """Show a page in the style of the app client, with links to its terms."""
        style = self.pool.customization(self.client.id)
        links = {
            terms["TermsName"]: terms["Links"]["cognito:default"]
            for terms in self.pool.terms.values()
            if terms["ClientId"] == self.client.id and "cognito:default" in terms["Links"]
        }
        html = page.render(action, error, style.get("CSS", ""), links, style.get("ImageUrl") or "")
        return WebResponse(200, html, dict(_HTML))

    def redirect(self, answer: Mapping[str, object], headers: Mapping[str, str]) -> WebResponse:
        """Send the browser back with an answer, in the fragment for a `token` response."""
        return _redirect_back(
            self.redirect_uri, self.parameters, answer, headers, self.response_type
        )


def _redirect_back(
    uri: str,
    parameters: Mapping[str, str],
    answer: Mapping[str, object],
    headers: Mapping[str, str],
    response_type: str = "code",
) -> WebResponse:
    given = {name: str(value) for name, value in answer.items()}
    if "state" in parameters:
        given["state"] = parameters["state"]
    parts = urlsplit(uri)
    if response_type == "token" and "error" not in answer:
        parts = parts._replace(fragment=urlencode(given))
    else:
        parts = parts._replace(query="&".join(filter(None, (parts.query, urlencode(given)))))
    return _see(urlunsplit(parts), headers)


def _see(location: str, headers: Mapping[str, str] | None = None) -> WebResponse:
    return WebResponse(
        302, headers={"Location": location, "Cache-Control": "no-store"} | dict(headers or {})
    )


def _page(page: Page, *, error: str = "", status: int = 200) -> WebResponse:
    return WebResponse(status, page.render(error=error), dict(_HTML))


@dataclass(frozen=True)
class _BrowserSession:
    pool: Pool
    user: User
    expires_at: datetime


class ManagedLogin:
    """The endpoints that browsers visit.

    Args:
        backend: holds pools, clients and codes.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._signed_in: dict[str, _BrowserSession] = {}
        self._routes: dict[tuple[str, str], Callable[[WebRequest], WebResponse]] = {
            ("GET", "/oauth2/authorize"): self._authorize,
            ("GET", "/login"): self._show,
            ("POST", "/login"): self._sign_in,
            ("GET", "/logout"): self._sign_out,
            ("GET", "/error"): self._error,
            ("GET", "/confirmUser"): self._confirm,
        }

    def answer(self, request: WebRequest) -> WebResponse | None:
        """Answer a request; None if it is for no endpoint of this class."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return None
        try:
            with self._backend.context.lock:
                return route(request)
        except _Unredirectable as error:
            return _see(f"/error?{urlencode({'error': str(error)})}")

    # Authorization

    def _client(self, parameters: Mapping[str, str]) -> tuple[Pool, AppClient]:
        try:
            return find_client(self._backend, parameters.get("client_id", ""))
        except ResourceNotFound as error:
            raise _Unredirectable("Client does not exist.") from error

    def _checked(self, request: WebRequest) -> AuthorizationRequest | WebResponse:
        """Check a request; give the answer at once if it is wrong.

        Raises:
            _Unredirectable: nobody vouches for its address.
        """
        parameters = request.query
        pool, client = self._client(parameters)
        settings = client.extended_config
        uri = parameters.get("redirect_uri") or settings.get("DefaultRedirectURI") or ""
        if uri not in (settings.get("CallbackURLs") or ()):
            raise _Unredirectable("redirect_mismatch")
        providers = settings.get("SupportedIdentityProviders")
        if providers and "COGNITO" not in providers:
            raise _Unredirectable("Login pages unavailable: the client names other providers only.")
        try:
            kind, scopes = _check_parameters(client, parameters)
        except OAuth2Error as error:
            answer = {"error": error.error}
            if error.description:
                answer["error_description"] = error.description
            return _redirect_back(uri, parameters, answer, {})
        return AuthorizationRequest(pool, client, uri, kind, tuple(scopes), parameters)

    def _authorize(self, request: WebRequest) -> WebResponse:
        checked = self._checked(request)
        if isinstance(checked, WebResponse):
            return checked
        prompts = checked.parameters.get("prompt", "").split()
        user = None if "login" in prompts else self._user_of(request, checked.pool)
        if user is not None:
            return self._answer_with(checked, user, {})
        if "none" in prompts:
            return checked.redirect({"error": "login_required"}, {})
        return _see(f"/login?{urlencode(checked.parameters)}")

    def _answer_with(
        self, checked: AuthorizationRequest, user: User, headers: Mapping[str, str]
    ) -> WebResponse:
        client, parameters = checked.client, checked.parameters
        sessions = checked.pool.sessions
        session = sessions.begin(user, client.id, client.lifetime("RefreshToken"))
        session.scopes = checked.scopes
        session.nonce = parameters.get("nonce")
        session.audience = parameters.get("resource")
        if checked.response_type == "code":
            code = self._backend.authorization_codes.create(
                session, client, checked.redirect_uri, parameters.get("code_challenge")
            )
            return checked.redirect({"code": code}, headers)
        try:
            tokens = issue_tokens(checked.pool, session, "TokenGeneration_HostedAuth")
        except CognitoError as error:  # the trigger refused
            sessions.end(session)
            answer = {"error": "invalid_request", "error_description": error.message}
            return checked.redirect(answer, headers)
        fragment: dict[str, object] = {
            "access_token": tokens.access_token,
            "expires_in": tokens.expires_in,
            "token_type": "Bearer",
        }
        if "openid" in checked.scopes:
            fragment["id_token"] = tokens.id_token
        return checked.redirect(fragment, headers)

    # The page

    def _show(self, request: WebRequest) -> WebResponse:
        checked = self._checked(request)
        if isinstance(checked, WebResponse):
            return checked
        return checked.page(first_page(checked.parameters.get("login_hint", "")), request.target)

    def _sign_in(self, request: WebRequest) -> WebResponse:
        checked = self._checked(request)
        if isinstance(checked, WebResponse):
            return checked
        steps = SignInSteps(self._backend, checked.client)
        form = request.form
        try:
            page = steps.answer(form)
        except CognitoError as error:
            return checked.page(page_again(form), request.target, error.message)
        if page is not None:
            return checked.page(page, request.target)
        if steps.user is None:
            raise RuntimeError("a sign-in ended without a user")
        cookie = self._remember(checked.pool, steps.user)
        return self._answer_with(checked, steps.user, {"Set-Cookie": cookie})

    # Who has signed in with this browser

    def _remember(self, pool: Pool, user: User) -> str:
        token = secrets.token_urlsafe(32)
        expires_at = self._backend.context.clock.now() + _SIGNED_IN_FOR
        self._signed_in[token] = _BrowserSession(pool, user, expires_at)
        return f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"

    def _user_of(self, request: WebRequest, pool: Pool) -> User | None:
        found = self._signed_in.get(request.cookie(_COOKIE) or "")
        if found is None or found.pool is not pool:
            return None
        user = found.user
        is_gone = user.deleted or not user.enabled or pool.find(user.username) is not user
        return None if is_gone or self._backend.context.clock.now() >= found.expires_at else user

    def _sign_out(self, request: WebRequest) -> WebResponse:
        """Forget the browser; tokens stay (developer guide, "Logout endpoint")."""
        parameters = request.query
        _, client = self._client(parameters)
        uri = parameters.get("logout_uri")
        if uri is not None:
            if uri not in (client.extended_config.get("LogoutURLs") or ()):
                raise _Unredirectable("redirect_mismatch")
            target = uri
        else:  # sign in anew
            checked = self._checked(request)
            if isinstance(checked, WebResponse):
                return checked
            target = f"/login?{urlencode(parameters)}"
        self._signed_in.pop(request.cookie(_COOKIE) or "", None)
        return _see(target, {"Set-Cookie": f"{_COOKIE}=; Path=/; Max-Age=0"})

    def _confirm(self, request: WebRequest) -> WebResponse:
        """Take the link of a sign-up email (`DefaultEmailOption` CONFIRM_WITH_LINK)."""
        parameters = request.query
        operations = PageOperations(self._backend)
        try:
            operations.call(
                operations.confirm_sign_up,
                "ConfirmSignUp",
                ClientId=parameters.get("client_id", ""),
                Username=parameters.get("user_name", ""),
                ConfirmationCode=parameters.get("confirmation_code", ""),
            )
        except CognitoError as error:
            return _page(Page("Confirmation failed"), error=error.message, status=400)
        return _page(Page("Confirmed", "Your registration has been confirmed!"))

    @staticmethod
    def _error(request: WebRequest) -> WebResponse:
        text = "An error was encountered with the requested page."
        return _page(Page("Error", text), error=request.query.get("error", ""), status=400)


def _check_parameters(client: AppClient, parameters: Mapping[str, str]) -> tuple[str, list[str]]:
    """Read response type and scopes.

    Raises:
        OAuth2Error: what is wrong with them, or with PKCE, or the provider.
    """
    kind = parameters.get("response_type")
    if not kind:
        raise OAuth2Error("invalid_request", "response_type is missing.")
    if kind not in _FLOWS:
        raise OAuth2Error("unsupported_response_type")
    if not allows_flow(client, _FLOWS[kind]):
        raise OAuth2Error("unauthorized_client")
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if (challenge or method) and (not challenge or method != "S256"):
        raise OAuth2Error("invalid_request", "code_challenge_method must be S256.")
    provider = parameters.get("identity_provider") or parameters.get("idp_identifier")
    if provider not in {None, "COGNITO"}:
        raise OAuth2Error(
            "invalid_request", "This emulator signs in with no other identity provider."
        )
    return kind, requested_scopes(client, parameters.get("scope", ""))
