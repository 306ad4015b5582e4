"""Crews: whoever founds one is its captain, adds sailors, gives them roles and dismisses them."""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
FLAWS = {
    "role-by-sailor": "functions_enforced/member",
    "dismissed-by-sailor": "functions_enforced/member",
}
Role = Literal["sailor", "manager"]


class NewCrew(BaseModel):
    """A crew to be founded."""

    name: Text


class NewSailor(BaseModel):
    """Whom to add."""

    username: Text
    role: Role = "sailor"


class Rank(BaseModel):
    """A role to be given."""

    role: Role


@dataclass
class Fleet:
    """What there is.

    Attributes:
        members: Everybody.
        crews: The roles of a crew's people by name, by the crew's number.
        numbers: Of crews.
    """

    members: Members = field(default_factory=Members)
    crews: dict[int, dict[str, str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(401))


def create_fleet(flaw: str = "", *, has_equals: bool = False) -> FastAPI:  # noqa: C901  # routes
    """Build a fleet.

    Args:
        flaw: One of `FLAWS`, or none.
        has_equals: Whether everybody in a crew may do everything there, as it is meant.
    """
    app, fleet = FastAPI(title="Crews"), Fleet()
    for name in LENT:
        fleet.members.add(name)
    User = Annotated[Member, Depends(add_members(app, fleet.members, REFUSED))]  # noqa: N806

    def crew_of(number: int, user: Member) -> dict[str, str]:
        crew = fleet.crews.get(number, {})
        if user.name not in crew:
            raise HTTPException(404)
        return crew

    def led_by(number: int, user: Member, allowed: str) -> dict[str, str]:
        crew = crew_of(number, user)
        if crew[user.name] != "manager" and flaw != allowed and not has_equals:
            raise HTTPException(403)
        return crew

    def sailor(crew: dict[str, str], number: int) -> str:
        people = fleet.members.people
        found = next(
            (name for name in crew if name in people and people[name].number == number), ""
        )
        if not found:
            raise HTTPException(404)
        return found

    def told(crew: dict[str, str], name: str) -> dict[str, Any]:
        member = fleet.members.people[name]
        return {"id": member.number, "username": name, "role": crew[name]}

    @app.post("/crews", status_code=201, responses=REFUSED, operation_id="found")
    def found(new: NewCrew, user: User) -> dict[str, Any]:
        number = next(fleet.numbers)
        fleet.crews[number] = {user.name: "manager"}
        return {"id": number, "name": new.name}

    @app.get("/crews/{crew_id}/members", responses=REFUSED, operation_id="muster")
    def muster(crew_id: int, user: User) -> list[dict[str, Any]]:
        crew = crew_of(crew_id, user)
        return [told(crew, name) for name in crew if name in fleet.members.people]

    @app.post("/crews/{crew_id}/members", status_code=201, responses=REFUSED, operation_id="enlist")
    def enlist(crew_id: int, new: NewSailor, user: User) -> dict[str, Any]:
        crew = led_by(crew_id, user, "nothing")
        if new.username not in fleet.members.people:
            raise HTTPException(404)
        if new.username in crew:
            raise HTTPException(409)
        crew[new.username] = new.role
        return told(crew, new.username)

    if not has_equals:

        @app.patch("/crews/{crew_id}/members/{member_id}", responses=REFUSED, operation_id="rank")
        def rank(crew_id: int, member_id: int, new: Rank, user: User) -> dict[str, Any]:
            crew = led_by(crew_id, user, "role-by-sailor")
            name = sailor(crew, member_id)
            crew[name] = new.role
            return told(crew, name)

    @app.delete(
        "/crews/{crew_id}/members/{member_id}",
        status_code=204,
        responses=REFUSED,
        operation_id="dismiss",
    )
    def dismiss(crew_id: int, member_id: int, user: User) -> None:
        crew = led_by(crew_id, user, "dismissed-by-sailor")
        del crew[sailor(crew, member_id)]

    return app
