"""A gazette whose document says nothing of credentials.

A login gives its token in a header; the token is sent as it is, without a word before it. Whoever
reads the own account gets a new token with it. A sign-up has a default that not every text may
replace, and takes an invitation that nobody has to have. Articles are for everybody.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from apiproof.jwt import decode_unverified, sign_hmac
from tests.apps.members import LENT, Credentials, Member, Members, Text

REFUSED: dict[int | str, Any] = {400: {}, 401: {}, 404: {}, 409: {}}
FLAWS = {
    "unsigned": "forged_tokens_rejected/alg-none",
    "drafts-of-others": "ownership_enforced/other-user",
}


class NewReader(Credentials):
    """Who signs up."""

    locale: str = "en"
    invite_token: str | None = None


class Draft(BaseModel):
    """What is not published yet."""

    title: Text


@dataclass
class Gazette:
    """What the gazette keeps.

    Attributes:
        flaw: One of `FLAWS`, or none.
        members: Its readers.
        drafts: Whose, and how they are called, by number.
    """

    flaw: str = ""
    members: Members = field(default_factory=Members)
    drafts: dict[int, tuple[str, str]] = field(default_factory=dict)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def token(self, member: Member) -> str:
        """Return a new token of a reader."""
        claims = {"sub": member.name, "exp": int(time.time()) + 600, "jti": secrets.token_hex(4)}
        return sign_hmac({"alg": "HS256", "typ": "JWT"}, claims, self.key)

    def reader(self, request: Request) -> Member:
        """Return who asks."""
        text = request.headers.get("authorization", "")
        token = decode_unverified(text)
        if token is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        is_signed = sign_hmac(token.header, token.claims, self.key) == text
        is_unsigned = str(token.header.get("alg")).lower() == "none"
        is_over = token.claims.get("exp", 0) < time.time()
        member = self.members.people.get(str(token.claims.get("sub")))
        good = is_signed or (self.flaw == "unsigned" and is_unsigned)
        if not good or is_over or member is None:
            raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return member


def create_gazette(kept: Gazette) -> FastAPI:  # noqa: C901  # its operations share the members
    """Build the service; the users of the file are known there."""
    known = kept.members
    app = FastAPI(title="Gazette")
    for name in LENT:
        known.add(name)
    Reader = Annotated[Member, Depends(kept.reader)]  # noqa: N806  # a type

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: NewReader) -> dict[str, str]:
        if new.locale not in {"en", "fr"} or new.invite_token is not None:
            raise HTTPException(400)
        if new.username in known.people:
            raise HTTPException(409)
        return {"username": known.add(new.username, new.password).name}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials, response: Response) -> dict[str, str]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        response.headers["Authorization"] = kept.token(member)
        return {"welcome": "in"}

    @app.get("/articles", responses=REFUSED, operation_id="list_articles")
    def list_articles() -> list[dict[str, Any]]:
        return [{"title": "Rain", "likes": 3}, {"title": "Sun", "likes": 1}]

    @app.get("/writers/{name}", responses=REFUSED, operation_id="read_writer")
    def read_writer(name: str, request: Request) -> dict[str, Any]:
        if name not in known.people:
            raise HTTPException(404)
        asks = "authorization" in request.headers and kept.reader(request)
        return {"name": name} | ({"is_followed": False} if asks else {})

    @app.get("/user", responses=REFUSED, operation_id="read_user")
    def read_user(user: Reader) -> dict[str, Any]:
        return {"user": {"id": user.number, "username": user.name, "token": kept.token(user)}}

    @app.post("/drafts", status_code=201, responses=REFUSED, operation_id="write")
    def write(new: Draft, user: Reader) -> dict[str, Any]:
        number = len(kept.drafts) + 1
        kept.drafts[number] = (user.name, new.title)
        return {"id": number, "title": new.title}

    @app.get("/drafts/{number}", responses=REFUSED, operation_id="read")
    def read(number: int, user: Reader) -> dict[str, Any]:
        writer, title = kept.drafts.get(number, ("", ""))
        if not writer or (writer != user.name and kept.flaw != "drafts-of-others"):
            raise HTTPException(404)
        return {"id": number, "title": title}

    return app
