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
Text = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\w@.!+ -]+$")]


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
    confirmed: bool = True

    def shown(self) -> dict[str, Any]:
        """Return what a user sees of the own account."""
        return {"id": self.number, "username": self.name, "email": self.email, "role": self.role}


@dataclass
class Members:
    """Everybody, and who is signed in."""

    people: dict[str, Member] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(5001))

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


def add_members(
    app: FastAPI,
    members: Members,
    responses: dict[int | str, dict[str, Any]],
    refusal: Callable[[Any], HTTPException] = unauthorized,
) -> Callable[..., Member]:
    """Add sign-up, login and `/me` to an application; return what tells its callers."""
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
        return {"username": members.add(new.username, new.password).name}

    @app.post("/login", responses=responses, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        member = members.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(403)
        return {"token": members.begin(member)}

    @app.get("/me", responses=responses, operation_id="read_me")
    def read_me(user: Caller) -> dict[str, Any]:
        return user.shown()

    return caller
