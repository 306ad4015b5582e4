"""A roster whose writes name the account in their query, and whose login takes name and address.

Where a flaw leaves everything open, the document declares no security scheme at all.
"""

import base64
import json
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, PASSWORD, Member, Members, Text, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
FLAWS = {
    "tokens-shown": "secrets_not_leaked/tokens-200",
    "changed-by-all": "ownership_enforced/other-account",
    "deleted-by-all": "ownership_enforced/other-account",
}


class Login(BaseModel):
    """Who signs up or in."""

    username: Text
    email: Text
    password: Text


def lent_as(name: str) -> dict[str, str]:
    """Return what a user of the file signs in with."""
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD}


def create_roster(flaw: str = "", members: Members | None = None) -> FastAPI:  # noqa: C901  # routes
    """Build a roster.

    Args:
        flaw: One of `FLAWS`, or none.
        members: Its users; those of the file are added.
    """
    app, known = FastAPI(title="Roster"), members or Members()
    for name in LENT:
        known.add(name)
    bearer = HTTPBearer(auto_error=False)

    def member_of(token: str) -> Member | None:
        return known.people.get(known.sessions.get(token, ""))

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
        member = member_of(given.credentials if given else "")
        if member is None:
            raise unauthorized(given)
        return member

    def silent_caller(request: Request) -> Member | None:
        return member_of(request.headers.get("authorization", "").removeprefix("Bearer "))

    Asked = Annotated[Any, Depends(silent_caller if flaw else caller)]  # noqa: N806  # a type

    def owned(number: int, user: Member | None, allowed: str) -> Member:
        found = next((one for one in known.people.values() if one.number == number), None)
        if found is None or (found is not user and flaw != allowed):
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        return found

    def told(member: Member) -> dict[str, Any]:
        return {"id": member.number, "username": member.name, "email": member.email}

    @app.post("/auth/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Login) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        return told(known.add(new.username, new.password))

    @app.post("/auth/signin", responses=REFUSED, operation_id="sign_in")
    def sign_in(given: Login) -> dict[str, Any]:
        member = known.people.get(given.username)
        if member is None or (member.password, member.email) != (given.password, given.email):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = _looks_like_a_jwt(known.begin(member))
        known.sessions[token] = member.name
        return {**told(member), "token": token}

    @app.get("/accounts", responses=REFUSED, operation_id="list_accounts")
    def list_accounts(_user: Asked) -> list[dict[str, Any]]:
        shown = [told(one) for one in known.people.values()]
        if flaw == "tokens-shown":
            return [{**one, "token": _looks_like_a_jwt("shown to all")} for one in shown]
        return shown

    @app.patch("/accounts", responses=REFUSED, operation_id="change_account")
    def change_account(account_id: int, email: Text, user: Asked) -> dict[str, Any]:
        member = owned(account_id, user, "changed-by-all")
        member.email = email
        return told(member)

    @app.delete("/accounts", status_code=204, responses=REFUSED, operation_id="delete_account")
    def delete_account(id: int, user: Asked) -> None:  # noqa: A002  # as it is called there
        del known.people[owned(id, user, "deleted-by-all").name]

    @app.get("/accounts/{account_id}", responses=REFUSED, operation_id="read_account")
    def read_account(account_id: int, _user: Asked) -> dict[str, Any]:
        found = next((one for one in known.people.values() if one.number == account_id), None)
        if found is None:
            raise HTTPException(404)
        return told(found)

    return app


def _looks_like_a_jwt(text: str) -> str:
    parts = json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"of": text}), text
    coded = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return ".".join(coded)
