"""A market whose writes say everything in the query, as FastAPI reads plain arguments.

Stallholders sign up, in, and change themselves by it; anybody who is signed in may look at what a
stall shows of itself, and nobody else at its orders.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.apps.members import LENT, Member, Members, Text, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "admin-at-sign-up": "privileges_enforced/sign-up",
    "users-told": "users_not_enumerable/login",
    "changed-by-anyone": "ownership_enforced/other-account",
    "orders-of-others": "ownership_enforced/other-account",
}


@dataclass
class Market:
    """A market's stallholders and their orders.

    Attributes:
        flaw: One of `FLAWS`, or none.
        is_mute: Whether whoever is gone is told nothing, not refused: null, and deleted again.
        orders: Of each stallholder, by number.
    """

    flaw: str = ""
    is_mute: bool = False
    members: Members = field(default_factory=Members)
    tokens: dict[str, Member] = field(default_factory=dict)
    orders: dict[int, list[str]] = field(default_factory=dict)


def create_market(market: Market) -> FastAPI:  # noqa: C901  # its operations share the members
    """Build a market; the users of the file have their stalls there."""
    app, known, bearer = FastAPI(title="Market"), market.members, HTTPBearer(auto_error=False)
    for name in LENT:
        known.add(name)

    def holder(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
        found = market.tokens.get(given.credentials if given else "")
        if found is None or (found.name not in known.people and not market.is_mute):
            raise unauthorized(given)
        return found

    def caller(member: Annotated[Member, Depends(holder)]) -> Member:
        if member.name not in known.people:
            raise unauthorized(member)
        return member

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def at(number: int, user: Member, flaw: str) -> Member:
        """Return who has a number, where they are the caller or nobody looks."""
        found = next((one for one in known.people.values() if one.number == number), None)
        if found is None or (found is not user and market.flaw != flaw):
            raise HTTPException(404)
        return found

    @app.post("/register", status_code=201, responses=REFUSED, operation_id="register")
    def register(
        username: Text, email: Text, password: Text, role: Text = "member"
    ) -> dict[str, Any]:
        if username in known.people:
            raise HTTPException(409)
        member = known.add(username, password)
        member.email = email
        if market.flaw == "admin-at-sign-up":
            member.role = role
        return member.shown()

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(username: Text, password: Text) -> dict[str, Any]:
        member = known.people.get(username)
        if member is None and market.flaw == "users-told":
            raise HTTPException(404)
        if member is None or member.password != password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = known.begin(member)
        market.tokens[token] = member
        return {"token": token}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(user: Annotated[Member, Depends(holder)]) -> dict[str, Any] | None:
        return user.shown() if user.name in known.people else None

    @app.delete("/me", status_code=204, responses=REFUSED, operation_id="close")
    def close(user: Annotated[Member, Depends(holder)]) -> None:
        known.people.pop(user.name, None)

    @app.put("/users/{user_id}", responses=REFUSED, operation_id="change")
    def change(user: Caller, user_id: int, email: Text | None = None) -> dict[str, Any]:
        found = at(user_id, user, "changed-by-anyone")
        found.email = email or found.email
        return found.shown()

    @app.get("/profiles/{username}", responses=REFUSED, operation_id="read_profile")
    def read_profile(_user: Caller, username: Text) -> dict[str, Any]:
        if username not in known.people:
            raise HTTPException(404)
        return {"username": username, "following": False}

    @app.post("/users/{user_id}/orders", status_code=201, responses=REFUSED, operation_id="order")
    def order(user: Caller, user_id: int, what: Text) -> dict[str, str]:
        market.orders.setdefault(at(user_id, user, "").number, []).append(what)
        return {"what": what}

    @app.get("/users/{user_id}/orders", responses=REFUSED, operation_id="list_orders")
    def list_orders(user: Caller, user_id: int) -> list[dict[str, str]]:
        found = at(user_id, user, "orders-of-others").number
        return [{"what": one} for one in market.orders.get(found, [])]

    return app
