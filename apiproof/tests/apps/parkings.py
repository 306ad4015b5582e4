"""Parkings: tokens of a few seconds, signed with a secret that nobody guesses, or kept."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from tests.apps.members import LENT, Credentials, Member, Members, unauthorized


def create_parkings(
    clock: Callable[[], float],
    *,
    lives: float = 8.0,
    leeway: float = 0.0,
    is_checked: bool = True,
    is_opaque: bool = False,
) -> FastAPI:
    """Build the service; the users of the file are known to it.

    Args:
        clock: Seconds since 1970.
        lives: How many seconds a token serves.
        leeway: How many seconds longer clocks may take.
        is_checked: Whether anybody looks when a token ends.
        is_opaque: Whether tokens are no JSON Web Tokens, and the login says how long they serve.
    """
    app, members, secret = FastAPI(title="Parkings"), Members(), secrets.token_urlsafe(48)
    kept = dict[str, tuple[str, float]]()
    declared: dict[str, Any] = {"responses": {401: {}}}
    for name in LENT:
        members.add(name)

    def begun(name: str) -> str:
        ends = clock() + lives
        claims = {"sub": name, "exp": ends, "jti": secrets.token_hex(4)}
        token = secrets.token_urlsafe(24) if is_opaque else jwt.encode(claims, secret, "HS256")
        kept[token] = (name, ends)
        return token

    def caller(given: Annotated[Any, Depends(HTTPBearer(auto_error=False))]) -> Member:
        name, ends = kept.get(given.credentials if given else "", ("", 0.0))
        if not name or (is_checked and clock() > ends + leeway):
            raise unauthorized(given)
        return members.people[name]

    @app.post("/login", operation_id="login", **declared)
    def login(known: Credentials) -> dict[str, Any]:
        member = members.people.get(known.username)
        if member is None or member.password != known.password:
            raise unauthorized("")
        return {"token": begun(member.name), "expires_in": lives}

    @app.get("/parking", operation_id="read_parking", **declared)
    def read_parking(user: Annotated[Member, Depends(caller)]) -> dict[str, Any]:
        return {"number": user.number, "holder": user.name}

    return app
