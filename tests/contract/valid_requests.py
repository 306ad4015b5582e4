"""One valid request per operation, so that a map_error is for the reason a test planned.

It must not know the inside of the service: paths and bodies are those of `openapi.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apiproof.control import TokenForger
from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.jwt import decode_unverified
from apiproof.openapi.document import Operation, operations
from apiproof.service import Account
from tests.service import OTHER_PASSWORD, PASSWORD, SERVICE

OPERATIONS: dict[str, Operation] = {
    operation.operation_id: operation for operation in operations(SERVICE.document())
}
SECURED = [name for name, operation in OPERATIONS.items() if operation.secured]


def declaring(status: int) -> list[str]:
    """The operations that declare a status."""
    return [name for name, found in OPERATIONS.items() if str(status) in found.statuses]


@dataclass(frozen=True)
class Valid:
    """A request that succeeds; `form` bodies are urlencoded, `json` ones JSON."""

    operation_id: str
    path: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: HttpClient, **changes: Any) -> Any:
        """Send it; `changes` replace arguments of `requests.request`."""
        method = OPERATIONS[self.operation_id].method
        arguments = {"json": self.json, "data": self.form, "headers": self.headers}
        return client.request(method, self.path, **{**arguments, **changes})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def resigned(
    env: Environment, token: str, *, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Sign a token with changed claims and header members with the pool's own key."""
    parts = decode_unverified(token)
    assert parts is not None
    return TokenForger(env).sign({**parts.header, **(header or {})}, {**parts.claims, **claims})


def create(env: Environment, user: Account, low: int = 1, high: int = 6) -> int:
    """Draw a number for a user and return its id."""
    body = {"min_value": low, "max_value": high}
    answer = env.client.request("POST", "/randoms", json=body, headers=bearer(user.access_token))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


Arguments = dict[str, Any]


# What nobody has to be there for.


def _signup(_env: Environment) -> Arguments:
    return {"json": {"username": "newcomer", "email": "new@example.com", "password": PASSWORD}}


def _verification(env: Environment) -> Arguments:
    waiting = env.create_unconfirmed_user()
    code = env.code(waiting.username)
    return {"json": {"username": waiting.username, "confirmation_code": code}}


def _waiting(env: Environment) -> Arguments:
    return {"json": {"username": env.create_unconfirmed_user().username}}


# What somebody does, or is done to somebody's account.


def _login(_env: Environment, user: Account) -> Arguments:
    return {"form": {"username": user.username, "password": user.password}}


def _refresh(_env: Environment, user: Account) -> Arguments:
    return {"json": {"username": user.username, "refresh_token": user.refresh_token}}


def _forgotten(_env: Environment, user: Account) -> Arguments:
    return {"json": {"username": user.username}}


def _reset(env: Environment, user: Account) -> Arguments:
    Valid("forgot_password", "/users/forgot_password", **_forgotten(env, user)).send(env.client)
    code = env.cognito.outbox.last(user.username, "password-reset").code
    new = {"confirmation_code": code, "new_password": OTHER_PASSWORD}
    return {"json": {"username": user.username, **new}}


def _change(_env: Environment, user: Account) -> Arguments:
    return {"json": {"current_password": user.password, "new_password": OTHER_PASSWORD}}


def _name(_env: Environment, _user: Account) -> Arguments:
    return {"json": {"full_name": "Ada Lovelace"}}


def _bounds(_env: Environment, _user: Account) -> Arguments:
    return {"json": {"min_value": 1, "max_value": 6}}


def _item(env: Environment, user: Account) -> Arguments:
    return {"path": f"/randoms/{create(env, user)}"}


def _item_bounds(env: Environment, user: Account) -> Arguments:
    return {**_item(env, user), **_bounds(env, user)}


def _profile(_env: Environment, user: Account) -> Arguments:
    return {"path": f"/users/{user.sub}"}


_MAKERS_OF_NOBODY: dict[str, Callable[[Environment], Arguments]] = {
    "signup_user": _signup,
    "verify_user": _verification,
    "resend_confirmation_code": _waiting,
}
_MAKERS: dict[str, Callable[[Environment, Account], Arguments]] = {
    "login_user": _login,
    "refresh_session": _refresh,
    "forgot_password": _forgotten,
    "reset_password": _reset,
    "change_password": _change,
    "update_me": _name,
    "read_user": _profile,
    "create_random": _bounds,
    "read_random": _item,
    "delete_random": _item,
    "update_random": _item_bounds,
}


def valid(env: Environment, operation_id: str, user: Account | None = None) -> Valid:
    """Build a request that would succeed.

    Args:
        env: Where it would be sent.
        operation_id: Of which operation.
        user: The caller; a new account unless given, where the operation is somebody's.
    """
    operation = OPERATIONS[operation_id]
    maker = _MAKERS.get(operation_id)
    if maker is None and not operation.security:
        of_nobody = _MAKERS_OF_NOBODY.get(operation_id)
        return Valid(
            operation_id, **{"path": operation.path, **(of_nobody(env) if of_nobody else {})}
        )
    caller = user or env.new_account()
    arguments = {"path": operation.path, **(maker(env, caller) if maker else {})}
    headers = bearer(caller.access_token) if operation.security else {}
    return Valid(operation_id, headers=headers, **arguments)
