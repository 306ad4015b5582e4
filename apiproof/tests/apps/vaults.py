"""Vaults: a login in two steps, in four shapes, and one that stops half-way."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from apiproof.access.login_steps import one_time_password
from tests.apps.members import LENT, Credentials, Member, Members, Text, unauthorized

CODE, TOTP_SECRET = "271828", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class Named(BaseModel):
    """Who wants in."""

    username: Text


class Challenge(BaseModel):
    """What the first step gives."""

    challenge_id: str


class Coded(BaseModel):
    """A code for a challenge."""

    challenge_id: str
    code: Text


class Proven(BaseModel):
    """A password for a challenge."""

    challenge_id: str
    password: Text


class Token(BaseModel):
    """What the last step gives."""

    access_token: str


@dataclass
class Vaults:
    """Who is signed in, and who is half-way.

    Attributes:
        name_first: Whether the first step takes the name alone.
        by_clock: Whether codes are those of an authenticator.
        half_way: The flaw: what the first step gives opens everything.
    """

    name_first: bool = False
    by_clock: bool = False
    half_way: bool = False
    members: Members = field(default_factory=Members)
    challenges: dict[str, str] = field(default_factory=dict)

    def begun(self, member: Member | None, *, is_known: bool) -> Challenge:
        """Begin a login."""
        if member is None or not is_known:
            raise unauthorized("")
        made = secrets.token_urlsafe(16)
        self.challenges[made] = member.name
        return Challenge(challenge_id=made)

    def ended(self, challenge: str, *, is_right: bool) -> Token:
        """End a login."""
        name = self.challenges.get(challenge)
        if name is None or not is_right:
            raise unauthorized("")
        del self.challenges[challenge]
        return Token(access_token=self.members.begin(self.members.people[name]))

    def is_code(self, code: str) -> bool:
        """Whether a code is right."""
        if self.by_clock:  # one period back, too: it may have passed meanwhile
            times = (time.time(), time.time() - 30)
            return code in {one_time_password(TOTP_SECRET, when) for when in times}
        return code == CODE


def create_vaults(vaults: Vaults) -> FastAPI:  # noqa: C901  # its operations share who is signed in
    """Build the service; the users of the file are known to it.

    Args:
        vaults: Who is signed in.
    """
    app, members = FastAPI(title="Vaults"), vaults.members
    declared: dict[str, Any] = {"responses": {401: {}}}
    for name in LENT:
        members.add(name)

    def caller(given: Given) -> Member:
        held = given.credentials if given else ""
        name = members.sessions.get(held) or (vaults.half_way and vaults.challenges.get(held))
        if not name:
            raise unauthorized(given)
        return members.people[name]

    if vaults.name_first:

        @app.post("/login/start", operation_id="login_start", **declared)
        def start(who: Named) -> Challenge:
            known = members.people.get(who.username)
            return vaults.begun(known or Member("", 0, "", ""), is_known=True)

        @app.post("/login/finish", operation_id="login_finish", **declared)
        def finish(proven: Proven) -> Token:
            name = vaults.challenges.get(proven.challenge_id, "")
            member = members.people.get(name)
            is_right = member is not None and member.password == proven.password
            return vaults.ended(proven.challenge_id, is_right=is_right)

    else:

        @app.post("/login", operation_id="login", **declared)
        def login(known: Credentials) -> Challenge:
            member = members.people.get(known.username)
            is_known = member is not None and member.password == known.password
            return vaults.begun(member, is_known=is_known)

        @app.post("/login/code", operation_id="login_code", **declared)
        def code(coded: Coded) -> Token:
            return vaults.ended(coded.challenge_id, is_right=vaults.is_code(coded.code))

    @app.get("/vault", operation_id="read_vault", **declared)
    def read_vault(user: Annotated[Member, Depends(caller)]) -> dict[str, Any]:
        if not user.name:
            raise HTTPException(401)
        return {"number": user.number, "holder": user.name}

    return app
