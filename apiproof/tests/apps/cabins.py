"""Cabins: sessions in a cookie or a header, and a sign-out of which the document says nothing."""

import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import APIKeyCookie, HTTPBearer

from tests.apps.members import LENT, Credentials, Member, Members, unauthorized

COOKIE = "sid"


@dataclass
class Cabins:
    """Who is signed in.

    Attributes:
        by_cookie: Whether sessions go in a cookie.
        lives_on: The flaw: a sign-out only tells the client to forget.
        refreshes: Whether a login sets a refresh token, and a sign-out takes that away alone.
    """

    by_cookie: bool = True
    lives_on: bool = False
    refreshes: bool = False
    members: Members = field(default_factory=Members)
    refresh: dict[str, str] = field(default_factory=dict)

    def held(self, request: Request) -> str:
        """Return the credential of a request."""
        if self.by_cookie:
            return request.cookies.get(COOKIE, "")
        return request.headers.get("authorization", "").removeprefix("Bearer ")


def create_cabins(cabins: Cabins) -> FastAPI:  # noqa: C901  # its operations share the sessions
    """Build the service; the users of the file are known to it, and nobody else can be.

    Args:
        cabins: Who is signed in.
    """
    app, members = FastAPI(title="Cabins"), cabins.members
    declared: dict[str, Any] = {"responses": {401: {}}}
    for name in LENT:
        members.add(name)
    scheme = APIKeyCookie(name=COOKIE, auto_error=False) if cabins.by_cookie else HTTPBearer()

    def caller(request: Request, _given: Annotated[Any, Depends(scheme)]) -> Member:
        name = members.sessions.get(cabins.held(request), "")
        if not name:
            raise unauthorized(cabins.held(request))
        return members.people[name]

    @app.post("/login", operation_id="login", **declared)
    def login(known: Credentials, response: Response) -> dict[str, str]:
        member = members.people.get(known.username)
        if member is None or member.password != known.password:
            raise unauthorized("")
        token = members.begin(member)
        if cabins.refreshes:
            refresh = secrets.token_urlsafe(24)
            cabins.refresh[refresh] = member.name
            response.set_cookie("refresh_token", refresh, httponly=True)
        if not cabins.by_cookie:
            return {"token": token}
        response.set_cookie(COOKIE, token, httponly=True)
        return {"username": member.name}

    @app.post("/logout", operation_id="logout")  # nothing is declared
    def logout(request: Request, response: Response) -> dict[str, str]:
        response.delete_cookie(COOKIE)
        if cabins.refreshes:
            cabins.refresh.pop(request.cookies.get("refresh_token", ""), None)
        elif not cabins.lives_on:
            members.sessions.pop(cabins.held(request), None)
        return {"detail": "signed out"}

    @app.post("/auth/refresh", operation_id="refresh")
    def refresh(request: Request) -> dict[str, str]:
        name = cabins.refresh.get(request.cookies.get("refresh_token", ""))
        if name is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"token": members.begin(members.people[name])}

    @app.get("/cabin", operation_id="read_cabin", **declared)
    def read_cabin(user: Annotated[Member, Depends(caller)]) -> dict[str, Any]:
        return {"number": user.number, "guest": user.name}

    return app
