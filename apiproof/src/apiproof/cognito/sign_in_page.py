"""The sign-in page: a form for each step of a sign-in, answered by the operations of the API."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from moto.core.responses import ActionResult

from apiproof.cognito import validation
from apiproof.cognito.app_client import AppClient
from apiproof.cognito.backend import Backend
from apiproof.cognito.challenges import SignInAttempt
from apiproof.cognito.operations import Operations
from apiproof.cognito.users import User

_TEMPLATE = Environment(autoescape=True, trim_blocks=True).from_string(
    Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
)
_NONE: Mapping[str, str] = {}
_CODES = {
    "EMAIL_OTP": "Enter the code we sent to your email address.",
    "SMS_MFA": "Enter the code we sent to your phone.",
    "SMS_OTP": "Enter the code we sent to your phone.",
    "SOFTWARE_TOKEN_MFA": "Enter the code from your authenticator app.",
}


@dataclass(frozen=True)
class FormField:
    """One input of a form; `choices` makes it a choice of one of them."""

    name: str
    label: str
    type: str = "text"
    value: str = ""
    autocomplete: str = "off"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What a person sees.

    Attributes:
        title: the heading.
        text: what to do.
        fields: what to fill in.
        hidden: what the form carries along.
        secret: of an authenticator app that is being set up.
        button: what the button says.
    """

    title: str
    text: str = ""
    fields: tuple[FormField, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    secret: str = ""
    button: str = "Continue"

    def render(
        self,
        action: str = "",
        error: str = "",
        css: str = "",
        links: Mapping[str, str] = _NONE,
        image: str = "",
    ) -> str:
        """Make HTML of it.

        Args:
            action: where the form is sent; empty for a page without one.
            error: what went wrong.
            css: of SetUICustomization.
            links: to terms, by their names.
            image: the address of a logo.
        """
        # Without "<", no style ends early.
        style = Markup(css.replace("<", ""))  # noqa: S704
        shown = {"action": action, "error": error, "css": style, "links": links, "image": image}
        return _TEMPLATE.render(vars(self) | shown)


def first_page(username: str = "") -> Page:
    """Give the page that asks for name and password."""
    return Page(
        "Sign in",
        fields=(
            FormField("username", "Username", value=username, autocomplete="username"),
            FormField("password", "Password", "password", autocomplete="current-password"),
        ),
        button="Sign in",
    )


class PageOperations(Operations):
    """The operations of a sign-in, as the page uses them: no flow to allow, no hash, no tokens.

    Attributes:
        user: who has signed in; None until then.
    """

    user: User | None = None

    def _require_flow(self, client: AppClient, flow: str) -> None:
        """Let the page use every flow: `ExplicitAuthFlows` are about the API."""

    @staticmethod
    def _require_secret_hash(client: AppClient, received: str | None, *usernames: str) -> None:
        """Let the page act without the client's secret: it is Cognito's own."""

    def _complete(self, attempt: SignInAttempt, user: User) -> ActionResult:  # noqa: ARG002 - the base's signature
        self.user = user
        return ActionResult({})

    def call(self, operation: Callable[[], ActionResult], name: str, **params: Any) -> Any:
        """Call an operation; the caller holds the emulator's lock.

        Raises:
            CognitoError: it was refused.
        """
        self.operation, self.params = name, params
        validation.check_parameters(name, params)
        return operation().result


class SignInSteps:
    """One request of somebody who is signing in.

    Args:
        backend: holds pools and challenges.
        client: the app client they sign in to.
    """

    def __init__(self, backend: Backend, client: AppClient) -> None:
        self._operations = PageOperations(backend)
        self._client = client

    @property
    def user(self) -> User | None:
        """Who has signed in; None as long as there is a next page."""
        return self._operations.user

    def answer(self, form: dict[str, str]) -> Page | None:
        """Take what was filled in; give the next page, or None when the sign-in is finished.

        Raises:
            CognitoError: it was wrong; the same page again, then.
        """
        challenge = form.get("challenge")
        if not challenge:
            username = form.get("username", "")
            return self._next(username, self._begin(username, form.get("password", "")))
        if challenge == "MFA_SETUP" and form.get("secret"):
            return self._verify_app(form)
        names = ("username", "session", "challenge", "signInSubmitButton", "secret")
        answers = {name: value for name, value in form.items() if name not in names}
        return self._respond(form, answers)

    def _begin(self, username: str, password: str) -> dict[str, Any]:
        parameters = {"USERNAME": username, "PASSWORD": password}
        operations = self._operations
        result: dict[str, Any] = operations.call(
            operations.initiate_auth,
            "InitiateAuth",
            ClientId=self._client.id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )
        return result

    def _respond(
        self, form: dict[str, str], answers: dict[str, str], session: str | None = None
    ) -> Page | None:
        username = form.get("username", "")
        operations = self._operations
        result = operations.call(
            operations.respond_to_auth_challenge,
            "RespondToAuthChallenge",
            ClientId=self._client.id,
            ChallengeName=form["challenge"],
            Session=session or form.get("session", ""),
            ChallengeResponses={"USERNAME": username} | answers,
        )
        return self._next(username, result)

    def _verify_app(self, form: dict[str, str]) -> Page | None:
        operations = self._operations
        verified = operations.call(
            operations.verify_software_token,
            "VerifySoftwareToken",
            Session=form.get("session", ""),
            UserCode=form.get("code", ""),
        )
        return self._respond(form, {}, verified["Session"])

    def _next(self, username: str, result: dict[str, Any]) -> Page | None:
        if self.user is not None:
            return None
        name, parameters = result["ChallengeName"], result.get("ChallengeParameters") or {}
        hidden = {"challenge": name, "session": result["Session"], "username": username}
        if name == "MFA_SETUP":
            return self._set_up_page(parameters, hidden)
        return page_of(name, parameters, hidden)

    def _set_up_page(self, parameters: dict[str, str], hidden: dict[str, str]) -> Page:
        if "SOFTWARE_TOKEN_MFA" not in json.loads(parameters.get("MFAS_CAN_SETUP", "[]")):
            text = "Enter the email address that codes are to go to."
            email = FormField("EMAIL", "Email", "email", autocomplete="email")
            return Page("Set up a second factor", text, (email,), hidden)
        operations = self._operations
        made = operations.call(
            operations.associate_software_token,
            "AssociateSoftwareToken",
            Session=hidden["session"],
        )
        secret = made["SecretCode"]
        return Page(
            "Set up an authenticator app",
            "Enter the secret in your app, then the code that it shows.",
            (FormField("code", "Code", autocomplete="one-time-code"),),
            hidden | {"session": made["Session"], "secret": secret},
            secret,
        )


def page_of(name: str, parameters: dict[str, str], hidden: dict[str, str]) -> Page:
    """Give the page of a challenge.

    Args:
        name: e.g. SMS_MFA.
        parameters: its `ChallengeParameters`.
        hidden: what the form carries along.
    """
    if name == "NEW_PASSWORD_REQUIRED":
        missing = json.loads(parameters.get("requiredAttributes", "[]"))
        asked = tuple(FormField(each, each.removeprefix("userAttributes.")) for each in missing)
        password = FormField(
            "NEW_PASSWORD", "New password", "password", autocomplete="new-password"
        )
        return Page("Change your password", "", (password, *asked), hidden)
    if name == "SELECT_MFA_TYPE":
        choices = tuple(json.loads(parameters.get("MFAS_CAN_CHOOSE", "[]")))
        return Page(
            "Choose a second factor", "", (FormField("ANSWER", "Factor", choices=choices),), hidden
        )
    code = FormField(f"{name}_CODE", "Code", autocomplete="one-time-code")
    return Page("Confirm your sign-in", _CODES.get(name, ""), (code,), hidden)


def page_again(form: dict[str, str]) -> Page:
    """Give the page that a refused form came from."""
    name = form.get("challenge")
    if not name:
        return first_page(form.get("username", ""))
    carried: tuple[str, ...] = ("challenge", "session", "username")
    hidden = {each: form[each] for each in carried if each in form}
    if name == "MFA_SETUP" and "secret" in form:
        fields = (FormField("code", "Code", autocomplete="one-time-code"),)
        hidden["secret"] = form["secret"]
        return Page("Set up an authenticator app", "", fields, hidden, form["secret"])
    if name == "NEW_PASSWORD_REQUIRED":
        asked = [each for each in form if each.startswith("userAttributes.")]
        return page_of(name, {"requiredAttributes": json.dumps(asked)}, hidden)
    return page_of(name, {}, hidden)
