"""The client behind `randomizer-cli`: what it asks of the API, and what it makes of the answers.

It stands for a consumer in another repository: it knows HTTP and nothing of this one.
"""

from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT = 10.0  # seconds


class Refused(Exception):
    """The API said no; subclasses say why, as far as the client acts on it."""


class InputRefused(Refused):
    """Something that the user typed is not acceptable; the fields are named."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(f"Check {', '.join(fields)}.")
        self.fields = fields


class AccountTaken(Refused):
    """Someone has this username or e-mail address."""


class AccountUnverified(Refused):
    """The confirmation code has to be entered first."""


class CodeRefused(Refused):
    """The code is wrong or too old."""


class LoginNeeded(Refused):
    """There is no session, or it is over."""


class NotAllowed(Refused):
    """The session lacks a scope."""


class NotFound(Refused):
    """There is no such number."""


class TryLater(Refused):
    """The service, or something behind it, is busy or away; `seconds` says for how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Try again in {seconds} seconds.")
        self.seconds = seconds


@dataclass(frozen=True)
class Session:
    """What a login gives."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True)
class Number:
    """A random number and the bounds that it was drawn between."""

    id: int
    low: int
    high: int
    value: int


class Randomizer:
    """The API, for a user at a terminal."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._http = requests.Session()
        self._http.trust_env = False
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def is_alive(self) -> bool:
        return bool(self._ask("GET", "/health").json()["status"] == "ok")

    def is_ready(self) -> bool:
        return bool(self._ask("GET", "/ready").json()["status"] == "ok")

    def sign_up(self, username: str, email: str, password: str) -> str:
        body = {"username": username, "email": email, "password": password}
        return str(self._ask("POST", "/users/signup", json=body).json()["sub"])

    def verify(self, username: str, code: str) -> None:
        body = {"username": username, "confirmation_code": code}
        self._ask("POST", "/users/verify", json=body)

    def resend_code(self, username: str) -> None:
        self._ask("POST", "/users/resend_confirmation_code", json={"username": username})

    def log_in(self, username: str, password: str) -> Session:
        form = {"grant_type": "password", "username": username, "password": password}
        return _session(self._ask("POST", "/users/login", data=form).json())

    def refresh(self, username: str, refresh_token: str) -> Session:
        body = {"username": username, "refresh_token": refresh_token}
        return _session(self._ask("POST", "/users/refresh", json=body).json())

    def log_out(self) -> None:
        self._ask("POST", "/users/logout")

    def whoami(self) -> str:
        return str(self._ask("GET", "/users/me").json()["username"])

    def numbers(self, offset: int, limit: int) -> list[Number]:
        answer = self._ask("GET", "/randoms", params={"offset": offset, "limit": limit})
        return [_number(item) for item in answer.json()]

    def draw(self, low: int, high: int) -> Number:
        answer = self._ask("POST", "/randoms", json={"min_value": low, "max_value": high})
        number = _number(answer.json())
        if answer.headers["Location"] != f"/randoms/{number.id}":
            raise Refused(f"The number is at {answer.headers['Location']}.")
        return number

    def number(self, number_id: int) -> Number:
        return _number(self._ask("GET", f"/randoms/{number_id}").json())

    def remove(self, number_id: int) -> None:
        self._ask("DELETE", f"/randoms/{number_id}")

    def _ask(self, method: str, path: str, **parts: Any) -> requests.Response:
        response = self._http.request(method, self._base_url + path, timeout=TIMEOUT, **parts)
        if not response.ok:
            raise _refusal(path, response)
        return response


_REFUSALS: dict[int, type[Refused]] = {
    401: LoginNeeded,
    403: NotAllowed,
    404: NotFound,
}
_REFUSALS_OF: dict[tuple[str, int], type[Refused]] = {
    ("/users/login", 403): AccountUnverified,
    ("/users/verify", 403): CodeRefused,
    ("/users/signup", 409): AccountTaken,
}


def _refusal(path: str, response: requests.Response) -> Refused:
    status, detail = response.status_code, response.json()["detail"]
    if status == 422:
        return InputRefused([str(problem["loc"][-1]) for problem in detail])
    if status in {429, 503}:
        return TryLater(int(response.headers["Retry-After"]))
    kind = _REFUSALS_OF.get((path, status)) or _REFUSALS.get(status, Refused)
    return kind(detail)


def _session(answer: dict[str, Any]) -> Session:
    return Session(answer["access_token"], answer["refresh_token"], answer["expires_in"])


def _number(item: dict[str, Any]) -> Number:
    return Number(item["id"], item["min_value"], item["max_value"], item["num"])
