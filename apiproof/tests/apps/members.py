"""Users who sign themselves up and in: what small applications of these tests have in common."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

PASSWORD = "Members-know-this-1"  # of accounts that no one else has
LENT = ("ada", "grace")
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "role-set": "privileges_enforced/own-account",
    "session-lives-on": "forged_tokens_rejected/signed-out",
}
Text = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\w@.!+ -]+$")]


class Profile(BaseModel):
    """What a user asks to change of the account: the address is theirs to set, the role is not."""

    email: Text | None = None
    role: Text | None = None
    is_active: bool | None = None


class Credentials(BaseModel):
    """Who signs up or in."""

    username: Text
    password: Text


@dataclass
class Member:
    """A user."""

    name: str
    number: int
    password: str
    email: str
    role: str = "member"
    is_active: bool = True

    def shown(self) -> dict[str, Any]:
        """Return what a user sees of the own account."""
        return {
            "id": self.number,
            "username": self.name,
            "email": self.email,
            "role": self.role,
            "is_active": self.is_active,
        }


@dataclass
class Members:
    """Everybody, and who is signed in.

    Attributes:
        people: Everybody, by name.
        sessions: Token -> name.
        numbers: Further ids.
        flaw: One of `FLAWS`, or none.
    """

    people: dict[str, Member] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(5001))
    flaw: str = ""

    def add(self, name: str, password: str = PASSWORD, role: str = "member") -> Member:
        """Let somebody in."""
        member = Member(name, next(self.numbers), password, f"{name}@example.com", role)
        self.people[name] = member
        return member

    def begin(self, member: Member) -> str:
        """Open a session."""
        token = secrets.token_urlsafe(24)
        self.sessions[token] = member.name
        return token


def unauthorized(given: Any) -> HTTPException:
    """Return the refusal of a bearer token, or of none."""
    error = ' error="invalid_token"' if given else ""
    return HTTPException(401, headers={"WWW-Authenticate": f"Bearer{error}"})


def add_members(  # noqa: C901  # its operations share the users as closures
    app: FastAPI,
    members: Members,
    responses: dict[int | str, dict[str, Any]],
    refusal: Callable[[Any], HTTPException] = unauthorized,
    *,
    confirms: bool = False,
) -> Callable[..., Member]:
    """Add sign-up, login and `/me` to an application; return what tells its callers.

    Args:
        app: The application.
        members: Its users.
        responses: What every operation declares.
        refusal: How a credential, or none, is refused.
        confirms: Whether accounts serve only once their address is confirmed.
    """
    bearer = HTTPBearer(auto_error=False)

    def caller(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Member:
        member = members.people.get(members.sessions.get(given.credentials if given else "", ""))
        if member is None:
            raise refusal(given)
        return member

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    @app.post("/signup", status_code=201, responses=responses, operation_id="sign_up")
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in members.people:
            raise HTTPException(409)
        member = members.add(new.username, new.password)
        member.is_active = not confirms
        return {"username": member.name}

    if confirms:

        @app.post("/confirm", responses=responses, operation_id="confirm_address")
        def confirm(code: Text) -> None:
            raise HTTPException(404, f"No such code: {len(code)} letters")

    @app.post("/login", responses=responses, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        member = members.people.get(given.username)
        if member is None or member.password != given.password or not member.is_active:
            raise HTTPException(403)
        return {"token": members.begin(member)}

    @app.get("/me", responses=responses, operation_id="read_me")
    def read_me(user: Caller) -> dict[str, Any]:
        return user.shown()

    @app.patch("/me", responses=responses, operation_id="change_me")
    def change_me(user: Caller, new: Profile) -> dict[str, Any]:
        user.email = new.email or user.email
        if members.flaw == "role-set":
            user.role = new.role or user.role
        return user.shown()

    @app.delete("/me", status_code=204, responses=responses, operation_id="delete_me")
    def delete_me(user: Caller) -> None:
        del members.people[user.name]

    @app.post("/logout", status_code=204, responses=responses, operation_id="log_out")
    def log_out(user: Caller) -> None:
        if members.flaw != "session-lives-on":
            for token in [one for one, name in members.sessions.items() if name == user.name]:
                del members.sessions[token]

    return caller
