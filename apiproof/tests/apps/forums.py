"""A forum: its document leaves the list of posts open, and each reading of a post is counted.

Whoever has signed in reads every post with its answers and adds comments to both; their authors
alone change them. Notes at a post are their author's alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

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
    "answer-changed-by-anyone": "ownership_enforced/other-user",
    "note-of-anyone": "ownership_enforced/other-user",
    "note-told": "ownership_enforced/other-user",
    "draft-of-nobody": "anonymous_rejected/anonymous",
    "unlisted": "anonymous_rejected/anonymous",
    "withheld": "anonymous_rejected/anonymous",
    "unsigned": "forged_tokens_rejected/other-pool",
}
OPTIONAL = {"optional", "unlisted", "withheld", "unsigned", "draft-of-nobody"}  # credentials
BUSY = "busy"  # whenever somebody looks at the list, others write as much as it shows
PAGE = 20  # the newest posts, which a list shows


class Text(BaseModel):
    """What is written."""

    text: str


class Vote(BaseModel):
    """For a post, or against it."""

    type: Literal["DOWN", "UP"]


class Answer(Text):
    """An answer, and how many comments it has."""

    id: str
    author: str
    comments: int = 0


class Summary(Text):
    """A post as the list shows it: how often it was read, and how many comments it has."""

    id: str
    author: str
    views: int = 0
    votes: int = 0
    comments: int = 0


class Post(Summary):
    """A post with its answers."""

    answers: list[Answer] = []
    mine: bool = False


class Note(Text):
    """What a reader writes down for themselves at a post."""

    id: str
    lines: int = 0


class Draft(Text):
    """What only its author sees."""

    id: str


@dataclass
class Store:
    """Everything that the forum knows."""

    disabled: set[str] = field(default_factory=set)
    posts: dict[str, Post] = field(default_factory=dict)
    drafts: dict[str, tuple[str, Draft]] = field(default_factory=dict)
    notes: dict[str, tuple[str, Note]] = field(default_factory=dict)
    votes: dict[tuple[str, str], int] = field(default_factory=dict)
    made: int = 0

    def new_id(self) -> str:
        """Return an id that nothing has had."""
        self.made += 1
        return f"f{self.made:04d}k"


ERRORS: dict[int | str, dict[str, Any]] = {401: {}, 403: {}, 404: {}}
GUARDED: dict[str, Any] = {"responses": ERRORS}
BEARER = HTTPBearer(auto_error=False)


def post_of(store: Store, post_id: str) -> Post:
    if post_id not in store.posts:
        raise HTTPException(404, "Not found")
    return store.posts[post_id]


def create_forum(  # noqa: C901, PLR0915  # its operations share the store as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the forum.

    Args:
        flaw: One of `FLAWS`, of `OPTIONAL`, `BUSY`, or none.
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

    def reader(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
    ) -> str:
        """Return who reads; nobody's name is empty, where a credential is optional."""
        unverified = "signature-unverified" if flaw == "unsigned" else ""
        claims = verify(given.credentials, unverified) if given else None
        name = str(claims["sub"]) if claims else ""
        if name in store.disabled:
            name = ""
        if not name and flaw not in OPTIONAL:
            raise refusal(request)
        return name

    caller_type = Annotated[str, Depends(caller)]
    reader_type = Annotated[str, Depends(reader if flaw != "draft-of-nobody" else caller)]
    draft_reader_type = Annotated[str, Depends(reader if flaw == "draft-of-nobody" else caller)]

    def own(post_id: str, name: str, *, excused: bool) -> Post:
        post = post_of(store, post_id)
        if post.author != name and not excused:
            raise HTTPException(403, "Not yours")
        return post

    @app.get("/posts", operation_id="list_posts")
    def list_posts() -> list[Summary]:
        newest = [] if flaw == "unlisted" else list(store.posts.values())[: -PAGE - 1 : -1]
        for _ in range(PAGE if flaw == BUSY else 0):
            other = Post(id=store.new_id(), author="somebody", text="news")
            store.posts[other.id] = other
        return [Summary(**dict(post)) for post in newest]

    @app.post("/posts", status_code=201, operation_id="create_post", **GUARDED)
    def create_post(name: caller_type, body: Text) -> Summary:
        post = Post(id=store.new_id(), author=name, text=body.text)
        store.posts[post.id] = post
        return post

    @app.get("/posts/{post_id}", operation_id="read_post", **GUARDED)
    def read_post(name: reader_type, post_id: str) -> Post:
        post = post_of(store, post_id)
        if flaw == "withheld" and name not in {"", post.author}:
            raise HTTPException(403, "Not yours")
        post.views += 1
        return post.model_copy(update={"mine": post.author == name})

    @app.patch("/posts/{post_id}", operation_id="update_post", **GUARDED)
    def update_post(name: caller_type, post_id: str, body: Text) -> Summary:
        if flaw == "refused-but-changed":
            post_of(store, post_id).text = body.text
        post = own(post_id, name, excused=flaw == "changed-by-anyone")
        post.text = body.text
        return post

    @app.delete("/posts/{post_id}", status_code=204, operation_id="delete_post", **GUARDED)
    def delete_post(name: caller_type, post_id: str) -> None:
        del store.posts[own(post_id, name, excused=flaw == "deleted-by-anyone").id]

    @app.post("/posts/{post_id}/comments", status_code=201, operation_id="add_comment", **GUARDED)
    def add_comment(name: caller_type, post_id: str, body: Text) -> dict[str, Any]:
        post = post_of(store, post_id)
        post.comments += 1
        return {"text": body.text, "writer": name}

    _add_answers(app, store, flaw, caller)

    @app.get("/drafts", operation_id="list_drafts", **GUARDED)
    def list_drafts(name: caller_type) -> list[Draft]:
        return [draft for author, draft in store.drafts.values() if author == name]

    @app.post("/drafts", status_code=201, operation_id="create_draft", **GUARDED)
    def create_draft(name: caller_type, body: Text) -> Draft:
        draft = Draft(id=store.new_id(), text=body.text)
        store.drafts[draft.id] = (name, draft)
        return draft

    @app.get("/drafts/{draft_id}", operation_id="read_draft", **GUARDED)
    def read_draft(name: draft_reader_type, draft_id: str) -> Draft:
        author, draft = store.drafts.get(draft_id, ("", None))
        excused = name if flaw == "draft-of-anyone" else "" if flaw == "draft-of-nobody" else author
        if draft is None or name not in {author, excused}:
            raise HTTPException(404, "Not found")
        return draft

    return app


def _add_answers(  # noqa: C901  # as above
    app: FastAPI, store: Store, flaw: str, caller: Callable[..., str]
) -> None:
    """Add what hangs below posts."""
    caller_type = Annotated[str, Depends(caller)]

    @app.post("/posts/{post_id}/vote", operation_id="vote", **GUARDED)
    def vote(name: caller_type, post_id: str, body: Vote) -> dict[str, int]:
        """Count a vote; the same again takes it back."""
        post, worth = post_of(store, post_id), -1 if body.type == "DOWN" else 1
        before = store.votes.pop((post_id, name), 0)
        if before != worth:
            store.votes[post_id, name] = worth
        post.votes += store.votes.get((post_id, name), 0) - before
        return {"votes": post.votes}

    @app.post("/posts/{post_id}/answers", status_code=201, operation_id="add_answer", **GUARDED)
    def add_answer(name: caller_type, post_id: str, body: Text) -> Answer:
        answer = Answer(id=store.new_id(), author=name, text=body.text)
        post_of(store, post_id).answers.append(answer)
        return answer

    def answer_of(answer_id: str) -> Answer:
        for post in store.posts.values():
            for answer in post.answers:
                if answer.id == answer_id:
                    return answer
        raise HTTPException(404, "Not found")

    @app.patch("/answers/{answer_id}", operation_id="update_answer", **GUARDED)
    def update_answer(name: caller_type, answer_id: str, body: Text) -> Answer:
        answer = answer_of(answer_id)
        if answer.author != name and flaw != "answer-changed-by-anyone":
            raise HTTPException(403, "Not yours")
        answer.text = body.text
        return answer

    @app.post("/answers/{answer_id}/comments", status_code=201, operation_id="comment", **GUARDED)
    def comment(name: caller_type, answer_id: str, body: Text) -> dict[str, Any]:
        answer_of(answer_id).comments += 1
        return {"text": body.text, "writer": name}

    @app.post("/posts/{post_id}/notes", status_code=201, operation_id="add_note", **GUARDED)
    def add_note(name: caller_type, post_id: str, body: Text) -> Note:
        note = Note(id=store.new_id(), text=f"{post_of(store, post_id).id}: {body.text}")
        store.notes[note.id] = (name, note)
        return note

    @app.post("/notes/{note_id}/lines", status_code=201, operation_id="add_line", **GUARDED)
    def add_line(name: caller_type, note_id: str, body: Text) -> dict[str, Any]:
        author, note = store.notes.get(note_id, ("", None))
        if note is None or (author != name and flaw not in {"note-of-anyone", "note-told"}):
            raise HTTPException(404, "Not found")
        if author != name and flaw == "note-told":
            raise HTTPException(403, "Not yours")
        note.lines += 1
        return {"text": body.text}
