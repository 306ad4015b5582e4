"""A club without `/me`: members under their numbers, few sign-ups a day, a chair, a careless exit.

What it says of members, it says at their numbers; a login tells one's own.
"""

import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, Credentials, Members, Text

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}, 429: {}}
# Flaw -> the check, and the beginning of the case, that find it; those of `RATIONED` are found
# with the accounts of the file alone, when no more sign up.
FLAWS = {
    "read-by-anyone": "ownership_enforced/other-account",
    "dismissed-by-anyone": "ownership_enforced/other-account",
    "chair-for-all": "functions_enforced/role-",
}
RATIONED = ("read-by-anyone", "chair-for-all")


class Change(BaseModel):
    """What a member asks to change."""

    username: Text
    phone: Text


@dataclass
class Club:
    """A club's members, and how many more may sign up.

    Attributes:
        flaw: One of `FLAWS`, or none.
        places: Sign-ups until they are answered 429.
    """

    flaw: str = ""
    places: int = 1000
    members: Members = field(default_factory=Members)
    phones: dict[str, str] = field(default_factory=dict)
    chaired: list[int] = field(default_factory=list)


def create_club(club: Club) -> FastAPI:  # noqa: C901  # its operations share the members as closures
    """Build a club; the users of the file are its members."""
    app, known, bearer = FastAPI(title="Clubs"), club.members, HTTPBearer(auto_error=False)
    for name in LENT:
        known.add(name)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        name = known.sessions.get(given.credentials if given else "", "")
        if name not in known.people:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return name

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type

    def at(number: int, name: str, flaw: str = "of no kind") -> str:
        """Return who has a number, where they are the caller or nobody looks."""
        found = next((one.name for one in known.people.values() if one.number == number), "")
        if not found or (found != name and club.flaw != flaw):
            raise HTTPException(404)
        return found

    def shown(name: str) -> dict[str, Any]:
        phone = club.phones.setdefault(name, secrets.token_hex(5))
        return {"id": known.people[name].number, "username": name, "phone": phone}

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        club.places -= 1
        if club.places < 0:
            raise HTTPException(429)
        return {"username": known.add(new.username, new.password).name}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, Any]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(403)
        return {"token": known.begin(member), "user_id": member.number}

    @app.post("/logout", status_code=204, responses=REFUSED, operation_id="log_out")
    def log_out(
        given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
    ) -> None:
        known.sessions.pop(given.credentials, None)

    @app.get("/members/{member_id}", responses=REFUSED, operation_id="read_member")
    def read_member(name: Caller, member_id: int) -> dict[str, Any]:
        return shown(at(member_id, name, "read-by-anyone"))

    @app.put("/members/{member_id}", responses=REFUSED, operation_id="change_member")
    def change_member(name: Caller, member_id: int, new: Change) -> dict[str, Any]:
        if new.username in known.people and new.username != at(member_id, name):
            raise HTTPException(409)
        found = known.people.pop(at(member_id, name))
        found.name = new.username
        known.people[found.name] = found  # its sessions know it by the old name
        club.phones[found.name] = new.phone
        return shown(found.name)

    @app.delete("/members/{member_id}", status_code=204, responses=REFUSED)
    def dismiss(name: Caller, member_id: int) -> None:
        del known.people[at(member_id, name, "dismissed-by-anyone")]

    @app.post("/members/{member_id}/promote", status_code=204, responses=REFUSED)
    def promote(name: Caller, member_id: int) -> Response:
        club.chaired.append(known.people[at(member_id, name)].number)
        return Response(status_code=204)

    @app.get("/admin/members", responses=REFUSED, operation_id="all_members")
    def all_members(name: Caller) -> list[dict[str, Any]]:
        if club.flaw != "chair-for-all":
            raise HTTPException(403)
        return [shown(one) for one in known.people if one != name]

    return app
