"""Public articles with comments and likings: users sign in by the Basic scheme, and send tokens.

Whoever comes may read; a credential is optional there, which the document cannot tell. The token's
scheme is declared as an API key in `Authorization`, as many frameworks declare it.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, EmailStr

from tests.apps.members import Member, Members, Text

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "changed-by-anyone": "ownership_enforced/other-user",
    "dropped-by-anyone": "ownership_enforced/other-user",
    "archived-by-anyone": "ownership_enforced/other-user",
    "token-lives-on": "forged_tokens_rejected/signed-out",
    "own-without-token": "anonymous_rejected/anonymous",
}
ERRORS: dict[int | str, dict[str, Any]] = {403: {}, 404: {}}
Row = dict[str, Any]


class SignUp(BaseModel):
    """Who wants an account."""

    username: Text
    email: EmailStr
    password: Text


class Body(BaseModel):
    """An article, or a comment."""

    text: Text


@dataclass
class Store:
    """Everything that there is."""

    members: Members = field(default_factory=Members)
    articles: dict[int, Row] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)


def create_articles(  # noqa: C901, PLR0915  # its operations share the store as closures
    flaw: str = "", store: Store | None = None, grace: float = 0.0
) -> FastAPI:
    """Build the application.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where it keeps everything.
        grace: For how many seconds a token serves after the sign-out.
    """
    kept = store or Store()
    members = kept.members
    app = FastAPI(title="Articles")
    basic = HTTPBasic()
    key = APIKeyHeader(
        name="Authorization", auto_error=False, description="Token Format: `Token xxx.yyy`"
    )

    def reader(given: Annotated[str | None, Security(key)]) -> Member | None:
        if not given:
            return None
        word, _, token = given.partition(" ")
        name = members.sessions.get(token) if word.lower() == "token" else None
        ends = kept.ended.get(token)
        if name is None or (ends is not None and time.monotonic() >= ends):
            raise HTTPException(403)
        kept.seen[name] = f"2026-01-31T12:00:00.{time.monotonic_ns()}"
        return members.people[name]

    def caller(user: Annotated[Member | None, Depends(reader)]) -> Member:
        if user is None and flaw == "own-without-token":
            return next(iter(members.people.values()))
        if user is None:
            raise HTTPException(403)
        return user

    Reader = Annotated[Member | None, Depends(reader)]  # noqa: N806  # a type
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type
    Key = Annotated[str, Security(key)]  # noqa: N806  # a type
    Named = Annotated[HTTPBasicCredentials, Depends(basic)]  # noqa: N806  # a type

    @app.post("/users", status_code=201, responses=ERRORS)
    def register(new: SignUp) -> Row:
        if new.username in members.people:
            raise HTTPException(409)
        members.add(new.username, new.password).email = new.email
        return {"username": new.username}

    @app.post("/tokens", responses={401: {}})
    def open_token(named: Named) -> dict[str, str]:
        member = members.people.get(named.username)
        if member is None or member.password != named.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Basic"})
        return {"access_token": members.begin(member)}

    @app.delete("/tokens", status_code=204, responses=ERRORS, operation_id="revoke_token")
    def revoke(_user: Caller, given: Key) -> None:
        if flaw != "token-lives-on":
            kept.ended[given.partition(" ")[2]] = time.monotonic() + grace

    @app.get("/person", responses=ERRORS, summary="Who am I")
    def person(user: Caller) -> Row:
        return user.shown()

    def shown(article: Row) -> Row:
        author = {"username": article["author"], "last_seen": kept.seen.get(article["author"])}
        return {**article, "author": author, "likings": len(article["likings"])}

    def found(article_id: int) -> Row:
        if article_id not in kept.articles:
            raise HTTPException(404)
        return kept.articles[article_id]

    def own(article_id: int, user: Member, *, excused: bool) -> Row:
        article = found(article_id)
        if article["author"] != user.name and not excused:
            raise HTTPException(403)
        return article

    @app.get("/articles", responses=ERRORS)
    def list_articles(_user: Reader, offset: int = 0) -> list[Row]:
        return [shown(one) for one in list(kept.articles.values())[offset:][:20]]

    @app.post("/articles", status_code=201, responses=ERRORS)
    def add_article(user: Caller, body: Body) -> Row:
        number = next(members.numbers)
        kept.articles[number] = {
            "id": number,
            "author": user.name,
            "text": body.text,
            "status": "open",
            "comments": [],
            "likings": set(),
        }
        return shown(kept.articles[number])

    @app.get("/articles/{article_id}", responses=ERRORS)
    def read_article(article_id: int, _user: Reader) -> Row:
        return shown(found(article_id))

    @app.put("/articles/{article_id}", responses=ERRORS)
    def change_article(article_id: int, user: Caller, body: Body) -> Row:
        article = own(article_id, user, excused=flaw == "changed-by-anyone")
        article["text"] = body.text
        return shown(article)

    @app.delete("/articles/{article_id}", status_code=204, responses=ERRORS)
    def drop_article(article_id: int, user: Caller) -> None:
        own(article_id, user, excused=flaw == "dropped-by-anyone")
        del kept.articles[article_id]

    @app.post("/articles/{article_id}/archive", responses=ERRORS)
    def archive(article_id: int, user: Caller) -> Row:
        article = own(article_id, user, excused=flaw == "archived-by-anyone")
        article["status"] = "archived"
        return shown(article)

    @app.post("/articles/{article_id}/liking", responses=ERRORS)
    def like(article_id: int, user: Caller) -> Row:
        found(article_id)["likings"].add(user.name)
        return shown(found(article_id))

    @app.post("/articles/{article_id}/comments", status_code=201, responses=ERRORS)
    def comment(article_id: int, user: Caller, body: Body) -> Row:
        note = {"id": secrets.token_hex(8), "author": user.name, "text": body.text}
        found(article_id)["comments"].append(note)
        return note

    @app.get("/articles/{article_id}/comments", responses=ERRORS)
    def comments(article_id: int, _user: Reader) -> list[Row]:
        return list(found(article_id)["comments"])

    return app
