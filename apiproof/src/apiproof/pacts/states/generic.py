"""Provider states that fit any service; they are there where a service brings none of its own."""

from dataclasses import dataclass
from typing import Annotated, Any

from apiproof.errors import UserError
from apiproof.openapi.document import Operation, operations
from apiproof.pacts.states.context import StateContext
from apiproof.pacts.states.state import StateRegistry
from apiproof.service import PASSWORD, Account, SeedUser

GENERIC_STATES = StateRegistry()


class ItemsNotMade(UserError):
    """An operation made no item, or there is no such operation."""


@dataclass(frozen=True)
class User:
    """A user, as a state returns it."""

    username: Annotated[str, "The username."]
    email: Annotated[str, "The e-mail address."]
    sub: Annotated[str, "The user's id."]
    access_token: Annotated[str, "A valid token of the kind that the service takes."]


@dataclass(frozen=True)
class Items:
    """Items, as a state returns them."""

    first_id: Annotated[str, "The id of the oldest item."]
    last_id: Annotated[str, "The id of the newest item."]


@GENERIC_STATES.state("no user exists")
def no_user_exists(_context: StateContext) -> None:
    """Nobody has signed up, and there is no item."""


@GENERIC_STATES.state("a user exists")
def a_user_exists(
    context: StateContext,
    username: Annotated[str | None, "The username; by default an invented one."] = None,
    email: Annotated[str | None, "The e-mail address; by default USERNAME@example.com."] = None,
    scopes: Annotated[list[str] | None, "The token's scopes; by default the trigger's."] = None,
) -> User:
    """Someone has a verified account; the request's token is theirs."""
    env = context.env
    if username is None:
        account = env.new_account(scopes)
    else:
        address = email or (username if "@" in username else f"{username}@example.com")
        account = env.create_user(SeedUser(username, address, PASSWORD), scopes)
    context.act_as(account)
    token = env.token(account.username, account.scopes)
    context.send_token(token)
    return User(account.username, account.email, account.sub, token)


@GENERIC_STATES.state("items exist")
def items_exist(
    context: StateContext,
    operation_id: Annotated[str, "The operation that makes one, by its operationId."],
    body: Annotated[dict[str, Any], "The body of its request."],
    count: Annotated[int, "How many."] = 3,
) -> Items:
    """The caller has made items; a user moves in where no earlier state has named one."""
    found = [one for one in operations(context.env.document) if one.operation_id == operation_id]
    if not found:
        raise ItemsNotMade(f"The document has no operation {operation_id!r}.")
    if context.caller is None:
        a_user_exists(context)
    owner = context.caller
    assert owner is not None  # noqa: S101  # the line above
    ids = [_made(context, found[0], owner, body) for _ in range(count)]
    return Items(ids[0] if ids else "", ids[-1] if ids else "")


def _made(context: StateContext, operation: Operation, owner: Account, body: Any) -> str:
    token = context.env.token(owner.username, operation.scopes)
    headers = {"Authorization": f"Bearer {token}"}
    response = context.env.client.request(
        operation.method, operation.path, json=body, headers=headers
    )
    if response.status_code >= 300:
        raise ItemsNotMade(f"{operation.label} answered {response.status_code}: mind the body.")
    answer = response.json()
    names = [name for name in answer if name == "id" or name.endswith(("_id", "Id"))]
    return str(answer[names[0]]) if names else ""
