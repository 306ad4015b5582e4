"""Pages that go by a slug of their title; one session a user, which ends by following a link.

The token is an HS256 JWT in `Authorization`, after a word that the document does not name; every
refusal of it is 403. A page gets another slug with another title, and titles are unique. Comments
are listed with their page, and read nowhere else. Passwords take letters and digits only.
"""

import itertools
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import jwt
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

from tests.apps.members import Credentials, Text

PLAIN = "Visitors1234"  # the password of those who were there before
KEY = secrets.token_hex(32)
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "signature-unverified": "forged_tokens_rejected/broken-signature",
    "changed-by-anyone": "ownership_enforced/other-user",
    "taken-by-anyone": "ownership_enforced/owner-field",
    "comment-dropped-by-anyone": "ownership_enforced/other-user",
    "session-lives-on": "forged_tokens_rejected/signed-out",
    "draft-of-anyone": "ownership_enforced/other-user",
}
# Accounts serve at once, or with the token of the sign-up only; a change is answered by nothing.
# Everybody may have a tenant of their own, which the sign-up tells and every request names.
# A session may also serve for some requests only, which no token and no operation tells.
SHAPES = ("plain", "unconfirmed", "silent", "fading", "tenants")
LASTS = 20  # requests
Row = dict[str, Any]


class Page(BaseModel):
    """A page, as its author writes it."""

    title: Text
    text: Text


@dataclass
class Site:
    """Everything that there is.

    Attributes:
        flaw: One of `FLAWS`, or none.
        shape: One of `SHAPES`.
        word: What stands before a token.
    """

    flaw: str = ""
    shape: str = "plain"
    word: str = "Token"
    people: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Row] = field(default_factory=dict)
    drafts: dict[int, Row] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    unconfirmed: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)

    def begin(self, name: str) -> str:
        """Open a session, and end the one before."""
        claims = {"sub": name, "jti": secrets.token_hex(8), "exp": int(time.time()) + 900}
        self.sessions[name] = jwt.encode(claims, KEY, algorithm="HS256")
        return self.sessions[name]

    def holder(self, header: str) -> str:
        """Return whose token a header holds.

        Raises:
            HTTPException: Nobody's.
        """
        word, _, token = header.partition(" ")
        try:
            read: Row = {"verify_signature": self.flaw != "signature-unverified"}
            name = str(jwt.decode(token, KEY, ["HS256"], options=cast("Any", read))["sub"])
        except (jwt.PyJWTError, KeyError):
            raise HTTPException(403) from None
        known = self.flaw in {"signature-unverified", "session-lives-on"} or (
            self.sessions.get(name) == token
        )
        if word != self.word or name not in self.people or not known:
            raise HTTPException(403)
        self.asked[token] += 1
        if self.shape == "fading" and self.asked[token] > LASTS:
            raise HTTPException(403)
        return name


def create_pages(site: Site) -> FastAPI:  # noqa: C901, PLR0915  # its operations share the site
    """Build the application."""
    app = FastAPI(title="Pages")
    key = APIKeyHeader(name="Authorization", auto_error=False)

    def caller(
        given: Annotated[str | None, Security(key)],
        x_tenant_id: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> str:
        name = site.holder(given or "")
        if site.shape == "tenants" and x_tenant_id != f"of-{name}":
            raise HTTPException(403)
        return name

    def unnamed(authorization: Annotated[str, Header(include_in_schema=False)] = "") -> str:
        return site.holder(authorization)

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type
    # Asked for, and not said to be.
    Hidden = Annotated[str, Depends(unnamed)]  # noqa: N806  # a type

    @app.post("/users", status_code=200 if site.shape == "silent" else 201)
    def register(new: Credentials) -> Row:
        is_plain = new.password.isalnum() or site.shape == "silent"
        if new.username in site.people or not is_plain:
            raise HTTPException(403)
        site.people[new.username] = new.password
        if site.shape == "unconfirmed":
            site.unconfirmed.add(new.username)
            return {"username": new.username, "token": site.begin(new.username)}
        tenant = {"tenant_id": f"of-{new.username}"} if site.shape == "tenants" else {}
        return {"username": new.username, **tenant}

    @app.post("/users/login")
    def log_in(given: Credentials) -> dict[str, str]:
        known = site.people.get(given.username)
        if known != given.password or given.username in site.unconfirmed:
            raise HTTPException(403)
        return {"token": site.begin(given.username)}

    @app.get("/users/logout")
    def log_out(name: Caller) -> None:
        site.sessions.pop(name, None)

    @app.get("/user")
    def read_user(name: Caller) -> Row:
        return {"username": name}

    def slug_of(title: str) -> str:
        return re.sub(r"\W+", "-", title.lower())

    def own(slug: str, name: str) -> Row:
        if slug not in site.pages:
            raise HTTPException(404)
        if site.pages[slug]["author"] != name and site.flaw != "changed-by-anyone":
            raise HTTPException(403)
        return site.pages[slug]

    def put(name: str, page: Page) -> Row:
        slug = slug_of(page.title)
        if slug in site.pages:
            raise HTTPException(500)  # the table's unique index, which nobody minds
        site.pages[slug] = {**page.model_dump(), "slug": slug, "author": name, "comments": []}
        return {"page": site.pages[slug]}

    @app.get("/pages")
    def list_pages(_name: Caller) -> list[Row]:
        return list(site.pages.values())

    @app.post("/pages", status_code=201)
    def add_page(name: Caller, page: Annotated[Page, Body(embed=True)]) -> Row:
        return put(name, page)

    @app.get("/pages/{slug}")
    def read_page(slug: str, _name: Caller) -> Row:
        if slug not in site.pages:
            raise HTTPException(404)
        return {"page": site.pages[slug]}

    @app.put("/pages/{slug}")
    def change_page(
        slug: str,
        name: Caller,
        page: Annotated[Page, Body()],
        owner: Annotated[Any, Body(include_in_schema=False)] = None,
    ) -> Row | None:
        before = own(slug, name)
        changed = put(before["author"], page)
        del site.pages[slug]
        if site.flaw == "taken-by-anyone" and owner:
            del site.pages[changed["page"]["slug"]]
        return None if site.shape == "silent" else changed

    @app.delete("/pages/{slug}", status_code=204)
    def drop_page(slug: str, name: Caller) -> None:
        own(slug, name)
        del site.pages[slug]

    @app.post("/pages/{slug}/comments", status_code=201)
    def comment(slug: str, name: Caller, text: Annotated[Text, Body(embed=True)]) -> Row:
        if slug not in site.pages:
            raise HTTPException(404)
        made = {"id": next(site.numbers), "author": name, "text": text}
        site.pages[slug]["comments"].append(made)
        return {"comment": made}

    @app.get("/pages/{slug}/comments")
    def list_comments(slug: str, _name: Caller) -> Row:
        return {"comments": site.pages[slug]["comments"] if slug in site.pages else []}

    @app.delete("/pages/{slug}/comments/{comment_id}", status_code=204)
    def drop_comment(slug: str, comment_id: int, name: Caller) -> None:
        comments = site.pages.get(slug, {}).get("comments", [])
        found = next((one for one in comments if one["id"] == comment_id), None)
        if found is None:
            raise HTTPException(404)
        if found["author"] != name and site.flaw != "comment-dropped-by-anyone":
            raise HTTPException(403)
        comments.remove(found)

    @app.post("/drafts", status_code=201)
    def add_draft(name: Caller, page: Annotated[Page, Body()]) -> Row:
        number = next(site.numbers)
        site.drafts[number] = {**page.model_dump(), "id": number, "author": name}
        return site.drafts[number]

    @app.get("/drafts/{draft_id}")
    def read_draft(draft_id: int, name: Hidden) -> Row:
        found = site.drafts.get(draft_id)
        if found is None or (found["author"] != name and site.flaw != "draft-of-anyone"):
            raise HTTPException(404)
        return found

    return app
