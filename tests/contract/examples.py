"""One valid request per operation, so that a refusal is for the reason a test planned.

It must not know the inside of the service: paths and bodies are those of `openapi.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.subject import OTHER_PASSWORD, PASSWORD, SUBJECT
from understudy.asgi import RemoteClient
from understudy.document import Operation, operations
from understudy.powers import WorldPowers
from understudy.subject import Account
from understudy.tokens import read
from understudy.world import World

OPERATIONS: dict[str, Operation] = {
    operation.operation_id: operation for operation in operations(SUBJECT.document())
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

    def send(self, client: RemoteClient, **changes: Any) -> Any:
        """Send it; `changes` replace arguments of `requests.request`."""
        method = OPERATIONS[self.operation_id].method
        arguments = {"json": self.json, "data": self.form, "headers": self.headers}
        return client.request(method, self.path, **{**arguments, **changes})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def resigned(
    world: World, token: str, *, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Sign a token with changed claims and header members with the pool's own key."""
    parts = read(token)
    assert parts is not None
    return WorldPowers(world).sign({**parts.header, **(header or {})}, {**parts.claims, **claims})


def create(world: World, user: Account, low: int = 1, high: int = 6) -> int:
    """Draw a number for a user and return its id."""
    body = {"min_value": low, "max_value": high}
    answer = world.client.request("POST", "/randoms", json=body, headers=bearer(user.access_token))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


Arguments = dict[str, Any]


def _signup(_world: World, _user: Account) -> Arguments:
    return {"json": {"username": "newcomer", "email": "new@example.com", "password": PASSWORD}}


def _verification(world: World, _user: Account) -> Arguments:
    waiting = world.unconfirmed()
    code = world.code(waiting.username)
    return {"json": {"username": waiting.username, "confirmation_code": code}}


def _waiting(world: World, _user: Account) -> Arguments:
    return {"json": {"username": world.unconfirmed().username}}


def _login(_world: World, user: Account) -> Arguments:
    return {"form": {"username": user.username, "password": user.password}}


def _refresh(_world: World, user: Account) -> Arguments:
    return {"json": {"username": user.username, "refresh_token": user.refresh_token}}


def _forgotten(_world: World, user: Account) -> Arguments:
    return {"json": {"username": user.username}}


def _reset(world: World, user: Account) -> Arguments:
    Valid("forgot_password", "/users/forgot_password", **_forgotten(world, user)).send(world.client)
    code = world.cognito.outbox.last(user.username, "password-reset").code
    new = {"confirmation_code": code, "new_password": OTHER_PASSWORD}
    return {"json": {"username": user.username, **new}}


def _change(_world: World, user: Account) -> Arguments:
    return {"json": {"current_password": user.password, "new_password": OTHER_PASSWORD}}


def _name(_world: World, _user: Account) -> Arguments:
    return {"json": {"full_name": "Ada Lovelace"}}


def _bounds(_world: World, _user: Account) -> Arguments:
    return {"json": {"min_value": 1, "max_value": 6}}


def _item(world: World, user: Account) -> Arguments:
    return {"path": f"/randoms/{create(world, user)}"}


def _item_bounds(world: World, user: Account) -> Arguments:
    return {**_item(world, user), **_bounds(world, user)}


def _profile(_world: World, user: Account) -> Arguments:
    return {"path": f"/users/{user.sub}"}


_MAKERS: dict[str, Callable[[World, Account], Arguments]] = {
    "signup_user": _signup,
    "verify_user": _verification,
    "resend_confirmation_code": _waiting,
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


def valid(world: World, operation_id: str, user: Account | None = None) -> Valid:
    """Build a request that would succeed.

    Args:
        world: Where it would be sent.
        operation_id: Of which operation.
        user: The caller; a new account unless given.
    """
    operation = OPERATIONS[operation_id]
    caller = user or world.account()
    maker = _MAKERS.get(operation_id)
    arguments = {"path": operation.path, **(maker(world, caller) if maker else {})}
    headers = bearer(caller.access_token) if operation.security else {}
    return Valid(operation_id, headers=headers, **arguments)
