"""Guilds: whoever signs up says the invitation of one, which the document does not tell."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer

from tests.apps.members import LENT, Credentials, Member, Members, Text, unauthorized

INVITATION = "SMITHS-7731"
REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {"role-at-sign-up": "privileges_enforced/"}


class Newcomer(Credentials):
    """Who wants to be a member of a guild."""

    invite_code: Text
    role: Text | None = None


def create_guilds(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share the members
    """Build the service, with two users whom the file names.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, members, bearer = FastAPI(title="Guilds"), Members(), HTTPBearer(auto_error=False)
    for name in LENT:
        members.add(name)

    def caller(given: Annotated[Any, Depends(bearer)]) -> Member:
        name = members.sessions.get(given.credentials if given else "", "")
        if name not in members.people:
            raise unauthorized(given)
        return members.people[name]

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Newcomer) -> dict[str, Any]:
        if new.invite_code != INVITATION:
            raise HTTPException(404)
        if new.username in members.people:
            raise HTTPException(409)
        role = new.role if flaw == "role-at-sign-up" and new.role else "member"
        return members.add(new.username, new.password, role).shown()

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        member = members.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401)
        return {"token": members.begin(member)}

    @app.post("/logout", status_code=204, responses=REFUSED, operation_id="log_out")
    def log_out(user: Annotated[Member, Depends(caller)]) -> None:
        for token in [one for one, name in members.sessions.items() if name == user.name]:
            del members.sessions[token]

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(user: Annotated[Member, Depends(caller)]) -> dict[str, Any]:
        return user.shown()

    return app
