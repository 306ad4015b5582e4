"""Tickets: short access tokens, refresh tokens that serve once, and a link to confirm an address.

All of them are JSON Web Tokens of one secret, told apart by a claim. Refresh tokens go in the
body, in a cookie or after `Bearer`, as each service has it.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

import jwt
from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.apps.members import LENT, Credentials, Member, Members, unauthorized

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "serves-twice": "forged_tokens_rejected/used-refresh",
    "refresh-opens": "forged_tokens_rejected/refresh-as-access",
    "access-refreshes": "forged_tokens_rejected/access-as-refresh",
    "outlives-sign-out": "forged_tokens_rejected/refresh-after-sign-out",
    "confirmation-opens": "forged_tokens_rejected/confirm-as-access",
    "unsigned": "forged_tokens_rejected/made-up-refresh",
}
NAME = "refresh_token"
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass
class Desk:
    """Who is signed in.

    Attributes:
        flaw: One of `FLAWS`, or none.
        place: Where refresh tokens go: `body`, `cookie` or `header`.
        keeps: Whether tokens have an id, by which used ones are known.
        secret: What signs all tokens.
        fresh: Refresh tokens that were not used, by their ids -> the session.
        sessions: Sessions that go on.
    """

    flaw: str = ""
    place: str = "body"
    keeps: bool = True
    members: Members = field(default_factory=Members)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    fresh: dict[str, str] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)

    def minted(self, use: str, name: str, session: str, lives: int) -> str:
        """Sign a token."""
        key, now = secrets.token_hex(8), int(time.time())
        if use == "refresh":
            self.fresh[key] = session
        claims = {"sub": name, "type": use, "iat": time.time(), "exp": now + lives}
        if self.keeps:
            claims |= {"sid": session, "jti": key}
        return jwt.encode(claims, self.secret, "HS256")

    def pair(self, name: str, session: str, response: Response) -> dict[str, Any]:
        """Return an access token and, where its place is the body, a refresh token."""
        given = {"access_token": self.minted("access", name, session, 300), "token_type": "bearer"}
        refresh = self.minted("refresh", name, session, 3000)
        if self.place == "cookie":
            response.set_cookie(NAME, refresh, httponly=True, path="/auth")
            return given
        return {**given, NAME: refresh}

    def claims(self, token: str, uses: set[str]) -> dict[str, Any]:
        """Return what a token says, if it is for one of these uses and its session goes on."""
        is_checked = self.flaw != "unsigned" or "access" in uses
        try:
            options: Any = {"verify_signature": is_checked}
            known = jwt.decode(token, self.secret, algorithms=["HS256"], options=options)
        except jwt.PyJWTError:
            raise unauthorized(token) from None
        if known["type"] not in uses:
            raise unauthorized(token)
        is_over = self.keeps and known["sid"] not in self.sessions and known["type"] != "confirm"
        if is_over and not ("refresh" in uses and self.flaw == "outlives-sign-out"):
            raise unauthorized(token)
        return dict(known)


def create_tickets(desk: Desk, *, signs_up: bool = True) -> FastAPI:
    """Build the service; the users of the file are known to it.

    Args:
        desk: Who is signed in.
        signs_up: Whether anybody can have an account.
    """
    app, members = FastAPI(title="Tickets"), desk.members
    declared: dict[str, Any] = {"responses": {401: {}, 409: {}}}
    for name in LENT:
        members.add(name)

    def caller(given: Given) -> Member:
        uses = {"access"}
        uses |= {"refresh"} if desk.flaw == "refresh-opens" else set()
        uses |= {"confirm"} if desk.flaw == "confirmation-opens" else set()
        if given is None:
            raise unauthorized(given)
        return members.people[desk.claims(given.credentials, uses)["sub"]]

    @app.post("/auth/login", operation_id="login", **declared)
    def login(known: Credentials, response: Response) -> dict[str, Any]:
        member = members.people.get(known.username)
        if member is None or member.password != known.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        session = secrets.token_hex(8)
        desk.sessions.add(session)
        return desk.pair(member.name, session, response)

    if signs_up:
        _add_sign_up(app, desk, declared)
    _add_refresh(app, desk, declared)

    @app.get("/me", operation_id="read_me", **declared)
    def read_me(user: Annotated[Member, Depends(caller)]) -> dict[str, Any]:
        return user.shown()

    @app.post("/auth/logout", status_code=204, operation_id="logout", **declared)
    def logout(given: Given) -> None:
        known = desk.claims(given.credentials if given else "", {"access"})
        desk.sessions.discard(known.get("sid", ""))

    return app


def _add_sign_up(app: FastAPI, desk: Desk, declared: dict[str, Any]) -> None:
    @app.post("/auth/register", status_code=201, operation_id="sign_up", **declared)
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in desk.members.people:
            raise HTTPException(409)
        name = desk.members.add(new.username, new.password).name
        return {"username": name, "confirmation_token": desk.minted("confirm", name, "", 3000)}


def _add_refresh(app: FastAPI, desk: Desk, declared: dict[str, Any]) -> None:
    def refreshed(token: str, response: Response) -> dict[str, Any]:
        uses = {"refresh"} | ({"access"} if desk.flaw == "access-refreshes" else set())
        known = desk.claims(token, uses)
        is_fresh = not desk.keeps or desk.fresh.pop(known["jti"], None) is not None
        if not is_fresh and known["type"] == "refresh" and desk.flaw != "serves-twice":
            raise unauthorized(token)
        session = known.get("sid", "")
        desk.sessions.add(session)  # which goes on, as far as anybody knows
        return desk.pair(known["sub"], session, response)

    if desk.place == "body":

        @app.post("/auth/refresh", operation_id="refresh", **declared)
        def by_body(
            response: Response, refresh_token: Annotated[str, Body(embed=True)]
        ) -> dict[str, Any]:
            return refreshed(refresh_token, response)

    elif desk.place == "cookie":

        @app.post("/auth/refresh", operation_id="refresh", **declared)
        def by_cookie(request: Request, response: Response) -> dict[str, Any]:
            return refreshed(request.cookies.get(NAME, ""), response)

    else:

        @app.post("/auth/refresh", operation_id="refresh", **declared)
        def by_header(given: Given, response: Response) -> dict[str, Any]:
            return refreshed(given.credentials if given else "", response)
