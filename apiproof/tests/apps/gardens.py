"""A garden club that answers as a JSON:API: `{"data": {"type", "id", "attributes"}}`.

Source: JSON:API 1.1, 5.1. Profiles are for every member, and hold back the address of others.
"""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
FLAWS = {
    "bed-read-by-all": "ownership_enforced/other-user",
    "profile-of-others-changed": "ownership_enforced/other-user",
    "name-of-bed-lost": "writes_are_readable/read-back",
    "role-set": "privileges_enforced/own-account",
}


class NewMember(BaseModel):
    """The attributes of who signs up."""

    username: Text
    password: Text
    email: Text


class Changes(BaseModel):
    """The attributes of a profile that its owner may set."""

    email: Text | None = None
    role: Text | None = None


class Bed(BaseModel):
    """The attributes of a flower bed."""

    name: Text
    plants: Text = "tulips"


class SignUp(BaseModel):
    """A resource object."""

    class Data(BaseModel):
        """What it holds."""

        type: Text = "users"
        attributes: NewMember

    data: Data


class ProfileChange(BaseModel):
    """A resource object."""

    class Data(BaseModel):
        """What it holds."""

        type: Text = "users"
        attributes: Changes

    data: Data


class NewBed(BaseModel):
    """A resource object."""

    class Data(BaseModel):
        """What it holds."""

        type: Text = "beds"
        attributes: Bed

    data: Data


class Login(BaseModel):
    """Who signs in."""

    username: Text
    password: Text


@dataclass
class Garden:
    """What there is.

    Attributes:
        members: Everybody.
        beds: Owner and attributes, by number.
        flaw: One of `FLAWS`, or none.
    """

    members: Members = field(default_factory=Members)
    beds: dict[int, tuple[str, Bed]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(7001))
    flaw: str = ""


def _resource(kind: str, number: int, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": kind, "id": str(number), "attributes": attributes}}


def create_garden(flaw: str = "") -> FastAPI:  # noqa: C901, PLR0915  # routes
    """Build a garden club.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, garden = FastAPI(title="Garden"), Garden(flaw=flaw)
    for name in LENT:
        garden.members.add(name)
    bearer = HTTPBearer(auto_error=False)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
        known = garden.members
        member = known.people.get(known.sessions.get(given.credentials if given else "", ""))
        if member is None:
            raise unauthorized(given)
        return member

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def told(member: Member, asker: Member | None) -> dict[str, Any]:
        attributes: dict[str, Any] = {"username": member.name, "role": member.role}
        if asker is member:
            attributes["email"] = member.email
        return _resource("users", member.number, attributes)

    def numbered(number: str) -> Member:
        people = garden.members.people.values()
        found = next((one for one in people if str(one.number) == number), None)
        if found is None:
            raise HTTPException(404)
        return found

    def bed_of(number: str, user: Member) -> tuple[int, Bed]:
        owner, bed = garden.beds.get(int(number) if number.isdigit() else 0, ("", None))
        is_open = flaw == "bed-read-by-all"
        if bed is None or (owner != user.name and not is_open):
            raise HTTPException(404)
        return int(number), bed

    @app.post("/users", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: SignUp) -> dict[str, Any]:
        given = new.data.attributes
        if given.username in garden.members.people:
            raise HTTPException(409)
        member = garden.members.add(given.username, given.password)
        member.email = given.email
        return told(member, member)

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Login) -> dict[str, str]:
        member = garden.members.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"token": garden.members.begin(member)}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(user: Caller) -> dict[str, Any]:
        return told(user, user)

    @app.get("/users/{number}", responses=REFUSED, operation_id="get_user")
    def get_user(number: Text, user: Caller) -> dict[str, Any]:
        return told(numbered(number), user)

    @app.patch("/users/{number}", responses=REFUSED, operation_id="change_user")
    def change_user(number: Text, new: ProfileChange, user: Caller) -> dict[str, Any]:
        member = numbered(number)
        if member is not user and flaw != "profile-of-others-changed":
            raise HTTPException(403)
        member.email = new.data.attributes.email or member.email
        if flaw == "role-set":
            member.role = new.data.attributes.role or member.role
        return told(member, user)

    @app.post("/beds", status_code=201, responses=REFUSED, operation_id="plant")
    def plant(new: NewBed, user: Caller) -> dict[str, Any]:
        number = next(garden.numbers)
        bed = new.data.attributes
        shown = bed.model_dump()
        garden.beds[number] = (user.name, bed)
        if flaw == "name-of-bed-lost":
            garden.beds[number] = (user.name, Bed(name="bed", plants=bed.plants))
        return _resource("beds", number, shown)

    @app.get("/beds/{number}", responses=REFUSED, operation_id="read_bed")
    def read_bed(number: Text, user: Caller) -> dict[str, Any]:
        known, bed = bed_of(number, user)
        return _resource("beds", known, bed.model_dump())

    return app
