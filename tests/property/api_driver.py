"""Someone who uses the API over HTTP: one call per operation, each written into a script.

Knows the paths and bodies of the API, and what every answer has in common: nothing is a 500.
"""

from typing import Any

import requests
from hypothesis import note
from hypothesis.control import currently_in_test_context

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.strategies import Signup
from tests.property.repro_script import HEADER, Script

PASSWORD = "Correct-Horse-7-Battery"
SIGN_UP, RESET = "sign-up", "password-reset"


def _note(piece: str) -> None:
    if currently_in_test_context():
        note(piece)


class ApiDriver:
    """A client of the API in an environment.

    Args:
        env: where codes are read.
        client: how the API is reached; the environment's in-process client when not given.
        script: takes down what happens; each piece is a note of the example when not given.
    """

    def __init__(
        self, env: Environment, client: HttpClient | None = None, script: Script | None = None
    ) -> None:
        self.env = env
        self.client = client or env.client
        if script is None:
            _note(HEADER)
        self.script = script or Script(_note)

    def call(
        self, method: str, path: str, *, token: str | bytes | None = None, **options: Any
    ) -> requests.Response:
        """Send a request; an answer of 500 is a failure whatever was asked."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            bearer = b"Bearer " + token if isinstance(token, bytes) else f"Bearer {token}"
            headers["Authorization"] = bearer
        response = self.client.request(method, path, headers=headers, **options)
        self.script.call(response)
        assert response.status_code < 500 or response.status_code == 503, (
            f"{method} {path.partition('?')[0]} answered {response.status_code}; "
            "every answer must be documented, and 500 never is"
        )
        return response

    # Accounts

    def sign_up(self, user: Signup) -> requests.Response:
        return self.call("POST", "/users/signup", json=user.body())

    def code(self, username: str, purpose: str = SIGN_UP) -> str:
        code = self.env.cognito.outbox.last(username, purpose).code
        self.script.code(username, code)
        return code

    def verify(self, username: str, code: str) -> requests.Response:
        body = {"username": username, "confirmation_code": code}
        return self.call("POST", "/users/verify", json=body)

    def resend(self, username: str) -> requests.Response:
        return self.call("POST", "/users/resend_confirmation_code", json={"username": username})

    def log_in(self, username: str, password: str) -> requests.Response:
        form = {"username": username, "password": password}
        return self.call("POST", "/users/login", data=form)

    def refresh(self, username: str, refresh_token: str) -> requests.Response:
        body = {"username": username, "refresh_token": refresh_token}
        return self.call("POST", "/users/refresh", json=body)

    def forgot(self, username: str) -> requests.Response:
        return self.call("POST", "/users/forgot_password", json={"username": username})

    def reset(self, username: str, code: str, password: str) -> requests.Response:
        body = {"username": username, "confirmation_code": code, "new_password": password}
        return self.call("POST", "/users/reset_password", json=body)

    def change_password(self, token: str, current: str, new: str) -> requests.Response:
        body = {"current_password": current, "new_password": new}
        return self.call("POST", "/users/change_password", token=token, json=body)

    def log_out(self, token: str) -> requests.Response:
        return self.call("POST", "/users/logout", token=token)

    def me(self, token: str | bytes) -> requests.Response:
        return self.call("GET", "/users/me", token=token)

    def delete_me(self, token: str) -> requests.Response:
        return self.call("DELETE", "/users/me", token=token)

    # Whole beginnings

    def settle(self, user: Signup) -> dict[str, Any]:
        """Sign up, verify and log in; the session's tokens."""
        assert self.sign_up(user).status_code == 201
        assert self.verify(user.username, self.code(user.username)).status_code == 200
        return self.session(user)

    def session(self, user: Signup) -> dict[str, Any]:
        """Log in, and expect that it works."""
        answer = self.log_in(user.username, user.password)
        assert answer.status_code == 200
        return dict(answer.json())

    # Random numbers

    def draw_random(self, token: str, low: int, high: int) -> requests.Response:
        body = {"min_value": low, "max_value": high}
        return self.call("POST", "/randoms", token=token, json=body)

    def randoms(self, token: str, offset: int = 0, limit: int = 100) -> requests.Response:
        return self.call("GET", f"/randoms?offset={offset}&limit={limit}", token=token)

    def random(
        self, method: str, token: str, item: int, update: dict[str, int] | None = None
    ) -> requests.Response:
        options: dict[str, Any] = {} if update is None else {"json": update}
        return self.call(method, f"/randoms/{item}", token=token, **options)


def somebody(name: str = "ada") -> Signup:
    """A user of whom nothing matters but that there is one."""
    return Signup(name, f"{name}@example.com", PASSWORD)
