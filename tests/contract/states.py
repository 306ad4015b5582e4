"""The provider states of the Randomizer API: what consumers may ask to be true before a request.

They act through HTTP and the environment's public abilities, as black-box tests do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from apiproof.pacts.states import StateContext, StateRegistry
from apiproof.service import Account, SeedUser

STATES = StateRegistry()
PASSWORD = "Correct-Horse-7-Battery"
OUTAGE = 1000  # calls; more than any interaction makes

Username = Annotated[str, "The username."]
Email = Annotated[str | None, "The e-mail address; by default USERNAME@example.com."]
Password = Annotated[str, "The password, which has to satisfy the policy."]
Scopes = Annotated[
    list[str] | None, "The scopes of the access token; by default `me` and `randoms`."
]
Sub = Annotated[str, "The user's id."]
Code = Annotated[str, "The six digits that Cognito mailed."]


@dataclass(frozen=True)
class User:
    username: Username
    email: Annotated[str, "The e-mail address."]
    sub: Sub
    access_token: Annotated[str, "A valid access token."]
    refresh_token: Annotated[str, "The session's refresh token."]


@dataclass(frozen=True)
class UnconfirmedUser:
    username: Username
    email: Annotated[str, "The e-mail address."]
    confirmation_code: Code


@dataclass(frozen=True)
class Reset:
    confirmation_code: Code


@dataclass(frozen=True)
class Randoms:
    first_id: Annotated[int, "The id of the oldest item."]
    last_id: Annotated[int, "The id of the newest item."]
    access_token: Annotated[str, "A valid access token of the owner."]


@dataclass(frozen=True)
class ForeignRandom:
    id: Annotated[int, "The id of someone else's item."]


@dataclass(frozen=True)
class Presented:
    access_token: Annotated[str, "The access token that the API will refuse."]


def caller(context: StateContext) -> Account:
    """Whoever sends the request; a verified user moves in where no state has named one."""
    return context.caller or context.act_as(context.env.new_account())


def post(
    context: StateContext, path: str, body: object, token: str | None = None
) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = context.env.client.request("POST", path, json=body, headers=headers)
    response.raise_for_status()
    answer: dict[str, int] = response.json()
    return answer


@STATES.state("no user exists")
def no_user_exists(_context: StateContext) -> None:
    """Nobody has signed up, and there is no item."""


@STATES.state("a verified user exists")
def verified_user(
    context: StateContext,
    username: Username = "ada",
    email: Email = None,
    password: Password = PASSWORD,
    scopes: Scopes = None,
) -> User:
    """Someone has signed up, verified the account and logged in; the request's token is theirs."""
    seed = SeedUser(username, email or f"{username}@example.com", password)
    account = context.act_as(context.env.create_user(seed, scopes))
    return User(
        account.username, account.email, account.sub, account.access_token, account.refresh_token
    )


@STATES.state("an unconfirmed user exists")
def unconfirmed_user(
    context: StateContext,
    username: Username = "ada",
    email: Email = None,
    password: Password = PASSWORD,
) -> UnconfirmedUser:
    """Someone has signed up and has not entered the confirmation code yet."""
    address = email or f"{username}@example.com"
    post(context, "/users/signup", {"username": username, "email": address, "password": password})
    return UnconfirmedUser(username, address, context.env.code(username))


@STATES.state("a user has asked for a password reset")
def reset_asked(
    context: StateContext, username: Username = "ada", password: Password = PASSWORD
) -> Reset:
    """A verified user has forgotten the password, and the code is in the mail."""
    if username not in context.users:
        verified_user(context, username, password=password)
    post(context, "/users/forgot_password", {"username": username})
    return Reset(context.env.code(username))


@STATES.state("a user has random numbers")
def user_has_randoms(
    context: StateContext,
    count: Annotated[int, "How many; their ids are 1, 2, 3, ... in an empty environment."] = 3,
    min_value: Annotated[int, "The lower bound of each."] = 1,
    max_value: Annotated[int, "The upper bound of each."] = 6,
) -> Randoms:
    """The caller owns items; a verified user moves in where no earlier state has named one."""
    owner = caller(context)
    token = context.env.token(owner.username, ["randoms"])
    bounds = {"min_value": min_value, "max_value": max_value}
    ids = [post(context, "/randoms", bounds, token)["id"] for _ in range(count)]
    return Randoms(min(ids, default=0), max(ids, default=0), owner.access_token)


@STATES.state("someone else has a random number")
def foreign_random(context: StateContext) -> ForeignRandom:
    """An item exists that is not the caller's."""
    other = context.add_user(context.env.new_account())
    item = post(context, "/randoms", {"min_value": 1, "max_value": 6}, other.access_token)
    return ForeignRandom(item["id"])


@STATES.state("the access token is invalid")
def token_invalid(context: StateContext) -> None:
    """The Authorization header is sent as the consumer wrote it, whatever other states say."""
    context.keep_authorization()


@STATES.state("the access token has expired")
def token_expired(context: StateContext) -> Presented:
    """The caller's token was valid until an hour ago."""
    clock = context.env.cognito.clock
    username = caller(context).username
    clock.advance(timedelta(hours=-2))
    token = context.env.token(username, ["me", "randoms"])
    clock.reset()
    context.send_token(token)
    return Presented(token)


@STATES.state("the user has logged out")
def logged_out(context: StateContext) -> Presented:
    """The caller's sessions are over; the token is one of them."""
    account = caller(context)
    post(context, "/users/logout", None, context.env.token(account.username, ["me"]))
    return Presented(account.access_token)


@STATES.state("Cognito is unavailable")
def cognito_unavailable(context: StateContext) -> Iterator[None]:
    """Cognito answers InternalErrorException to every call; keys fetched before stay known."""
    # Not a time-out: consumers see the same 503, and would only wait for it.
    outages = context.env.cognito.outages
    outage = outages.fail("*", "InternalErrorException", times=OUTAGE)
    yield
    outages.forget(outage)


@STATES.state("Cognito throttles requests")
def cognito_throttles(context: StateContext) -> Iterator[None]:
    """Cognito answers TooManyRequestsException to every call."""
    outages = context.env.cognito.outages
    outage = outages.fail("*", "TooManyRequestsException", times=OUTAGE)
    yield
    outages.forget(outage)


@STATES.state("the database is unavailable")
def database_unavailable(context: StateContext) -> Iterator[None]:
    """The database refuses connections; it has to be the last of an interaction's states."""
    with context.env.database.outage():
        yield
