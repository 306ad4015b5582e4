"""A forum: its document leaves the list of posts open, and each reading of a post is counted.

Whoever has signed in reads every post and adds comments to it; its author alone changes it.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.library import refusal
from tests.apps.tokens import verify

# flaw -> the check and the service of the finding that it must cause
FLAWS = {
    "changed-by-anyone": "ownership_enforced/other-user",
    "deleted-by-anyone": "ownership_enforced/other-user",
    "refused-but-changed": "ownership_enforced/other-user",
    "draft-of-anyone": "ownership_enforced/other-user",
}


class Text(BaseModel):
    """What is written."""

    text: str


class Post(Text):
    """A post, how often it was read, and how many comments it has."""

    id: str
    author: str
    views: int = 0
    comments: int = 0


class Draft(Text):
    """What only its author sees."""

    id: str


@dataclass
class Store:
    """Everything that the forum knows."""

    disabled: set[str] = field(default_factory=set)
    posts: dict[str, Post] = field(default_factory=dict)
    drafts: dict[str, tuple[str, Draft]] = field(default_factory=dict)
    made: int = 0

    def new_id(self) -> str:
        """Return an id that nothing has had."""
        self.made += 1
        return f"f{self.made:04d}k"


ERRORS: dict[int | str, dict[str, Any]] = {401: {}, 403: {}, 404: {}}
GUARDED: dict[str, Any] = {"responses": ERRORS}
BEARER = HTTPBearer(auto_error=False)


def create_forum(  # noqa: C901  # its operations share the store as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the forum.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where it keeps everything.
    """
    store = store or Store()
    app = FastAPI(title="Forum")

    def caller(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
    ) -> str:
        claims = verify(given.credentials) if given else None
        if claims is None or claims["sub"] in store.disabled:
            raise refusal(request)
        return str(claims["sub"])

    caller_type = Annotated[str, Depends(caller)]

    def found(post_id: str) -> Post:
        if post_id not in store.posts:
            raise HTTPException(404, "Not found")
        return store.posts[post_id]

    def own(post_id: str, name: str, *, excused: bool) -> Post:
        post = found(post_id)
        if post.author != name and not excused:
            raise HTTPException(403, "Not yours")
        return post

    @app.get("/posts", operation_id="list_posts")
    def list_posts() -> list[Post]:
        return list(store.posts.values())

    @app.post("/posts", status_code=201, operation_id="create_post", **GUARDED)
    def create_post(name: caller_type, body: Text) -> Post:
        post = Post(id=store.new_id(), author=name, text=body.text)
        store.posts[post.id] = post
        return post

    @app.get("/posts/{post_id}", operation_id="read_post", **GUARDED)
    def read_post(name: caller_type, post_id: str) -> Post:  # noqa: ARG001  # whoever it is
        post = found(post_id)
        post.views += 1
        return post

    @app.patch("/posts/{post_id}", operation_id="update_post", **GUARDED)
    def update_post(name: caller_type, post_id: str, body: Text) -> Post:
        if flaw == "refused-but-changed":
            found(post_id).text = body.text
        post = own(post_id, name, excused=flaw == "changed-by-anyone")
        post.text = body.text
        return post

    @app.delete("/posts/{post_id}", status_code=204, operation_id="delete_post", **GUARDED)
    def delete_post(name: caller_type, post_id: str) -> None:
        del store.posts[own(post_id, name, excused=flaw == "deleted-by-anyone").id]

    @app.post("/posts/{post_id}/comments", status_code=201, operation_id="add_comment", **GUARDED)
    def add_comment(name: caller_type, post_id: str, body: Text) -> dict[str, Any]:
        post = found(post_id)
        post.comments += 1
        return {"text": body.text, "writer": name}

    @app.get("/drafts", operation_id="list_drafts", **GUARDED)
    def list_drafts(name: caller_type) -> list[Draft]:
        return [draft for author, draft in store.drafts.values() if author == name]

    @app.post("/drafts", status_code=201, operation_id="create_draft", **GUARDED)
    def create_draft(name: caller_type, body: Text) -> Draft:
        draft = Draft(id=store.new_id(), text=body.text)
        store.drafts[draft.id] = (name, draft)
        return draft

    @app.get("/drafts/{draft_id}", operation_id="read_draft", **GUARDED)
    def read_draft(name: caller_type, draft_id: str) -> Draft:
        author, draft = store.drafts.get(draft_id, ("", None))
        if draft is None or (author != name and flaw != "draft-of-anyone"):
            raise HTTPException(404, "Not found")
        return draft

    return app
