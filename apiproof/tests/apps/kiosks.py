"""A kiosk without `/me`: who signs up is told a number, and everything is below it.

Users can be made by `POST /users`, too, and a list shows all of them; a coupon has a code that is
no secret. What `Kiosk.flaw` names asks for no credential, or for anybody's.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, Credentials, Member, Members, Text, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
# Flaws; all of them are found by the check of what belongs to others' accounts.
FLAWS = ("addresses-of-others", "cards-for-all", "changed-by-all", "deleted-by-all")


class Kept(BaseModel):
    """What is kept for a user: an address, a card."""

    label: Text


class Coupon(BaseModel):
    """A reduction."""

    code: Text


@dataclass
class Kiosk:
    """A kiosk's users, and what it keeps for them.

    Attributes:
        flaw: One of `FLAWS`, or none.
        is_public: Whether anybody is shown a user's name, without a credential.
        is_silent: Whether the document keeps quiet about credentials for what flaws leave open.
        kept: Addresses and cards by kind and user; each with its number.
    """

    flaw: str = ""
    is_public: bool = False
    is_silent: bool = False
    members: Members = field(default_factory=Members)
    kept: dict[tuple[str, int], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    numbers: Any = field(default_factory=lambda: itertools.count(1))


def create_kiosk(kiosk: Kiosk) -> FastAPI:  # noqa: C901  # its operations share the members
    """Build a kiosk; the users of the file are known there."""
    app, known, bearer = FastAPI(title="Kiosk"), kiosk.members, HTTPBearer(auto_error=False)
    for name in LENT:
        known.add(name)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
        member = known.people.get(known.sessions.get(given.credentials if given else "", ""))
        if member is None:
            raise unauthorized(given)
        return member

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def at(number: int, user: Member | None = None) -> Member:
        found = next((one for one in known.people.values() if one.number == number), None)
        if found is None or (user is not None and found is not user):
            raise HTTPException(404)
        return found

    def told(member: Member) -> dict[str, Any]:
        return {"user_id": member.number, "username": member.name}

    @app.post("/register", status_code=201, responses=REFUSED, operation_id="register")
    def register(new: Credentials) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        return told(known.add(new.username, new.password))

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"token": known.begin(member)}

    @app.post("/users", status_code=201, responses=REFUSED, operation_id="make_user")
    def make_user(new: Credentials) -> dict[str, Any]:
        return register(new)

    @app.get("/users", responses=REFUSED, operation_id="list_users")
    def list_users(_user: Caller) -> list[dict[str, Any]]:
        return [told(one) for one in known.people.values()]

    @app.post("/coupons", status_code=201, responses=REFUSED, operation_id="make_coupon")
    def make_coupon(_user: Caller, coupon: Coupon) -> dict[str, str]:
        return {"code": coupon.code}

    @app.post("/users/{user_id}/addresses", status_code=201, responses=REFUSED)
    def add_address(user: Caller, user_id: int, new: Kept) -> dict[str, Any]:
        return keep("address", at(user_id, user), new)

    @app.get("/users/{user_id}/addresses", responses=REFUSED, operation_id="list_addresses")
    def list_addresses(user: Caller, user_id: int) -> list[dict[str, Any]]:
        is_open = kiosk.flaw == "addresses-of-others"
        return kiosk.kept["address", at(user_id, None if is_open else user).number]

    def keep(kind: str, user: Member, new: Kept) -> dict[str, Any]:
        made = {"id": next(kiosk.numbers), "label": new.label}
        kiosk.kept[kind, user.number].append(made)
        return made

    # What flaws leave open: the document asks for a credential, is silent, or there is none.
    def allowed(flaw: str) -> Any:
        if kiosk.flaw == flaw:
            return Depends(lambda: None)
        return Depends(_silently(known) if kiosk.is_silent else caller)

    @app.post("/users/{user_id}/cards", status_code=201, responses=REFUSED)
    def add_card(
        user_id: int, new: Kept, user: Annotated[Any, allowed("cards-for-all")]
    ) -> dict[str, Any]:
        return keep("card", at(user_id, user), new)

    @app.get("/users/{user_id}/cards", responses=REFUSED, operation_id="list_cards")
    def list_cards(
        user_id: int, user: Annotated[Any, allowed("cards-for-all")]
    ) -> list[dict[str, Any]]:
        return kiosk.kept["card", at(user_id, user).number]

    seen_by = [] if kiosk.is_public else [Depends(caller)]

    @app.get("/users/{user_id}", responses=REFUSED, dependencies=seen_by, operation_id="read_user")
    def read_user(user_id: int) -> dict[str, Any]:
        return told(at(user_id))

    @app.put("/users/{user_id}", responses=REFUSED, operation_id="rename_user")
    def rename_user(
        user_id: int, new: Credentials, user: Annotated[Any, allowed("changed-by-all")]
    ) -> dict[str, Any]:
        found = at(user_id, user)
        if new.username in known.people and known.people[new.username] is not found:
            raise HTTPException(409)
        del known.people[found.name]
        known.people[new.username] = found
        known.sessions = {
            token: new.username if name == found.name else name
            for token, name in known.sessions.items()
        }
        found.name, found.password = new.username, new.password
        return told(found)

    @app.delete("/users/{user_id}", status_code=204, responses=REFUSED, operation_id="drop_user")
    def drop_user(user_id: int, user: Annotated[Any, allowed("deleted-by-all")]) -> None:
        del known.people[at(user_id, user).name]

    return app


def _silently(known: Members) -> Any:
    """Return what asks for a credential without the document's saying so."""

    def caller(request: Request) -> Member:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        member = known.people.get(known.sessions.get(token, ""))
        if member is None:
            raise unauthorized(token)
        return member

    return caller
