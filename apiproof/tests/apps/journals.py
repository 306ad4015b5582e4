"""Journals: what is published is for all members, drafts are their author's."""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
FLAWS = {
    "drafts-by-author": "ownership_enforced/withheld-rows",
    "export-of-all": "ownership_enforced/withheld-rows",
    "archive-of-all": "ownership_enforced/withheld-rows",
}


class NewEntry(BaseModel):
    """What is written."""

    title: Text
    text: Text
    status: Literal["published", "draft"] = "published"


class Letter(BaseModel):
    """A letter to nobody."""

    text: Text


@dataclass
class Journal:
    """What there is.

    Attributes:
        members: Everybody.
        entries: Author and entry, by number.
        letters: Author and letter, by number.
        numbers: Of what is written.
        flaw: One of `FLAWS`, or none.
    """

    members: Members = field(default_factory=Members)
    entries: dict[int, tuple[str, NewEntry]] = field(default_factory=dict)
    letters: dict[int, tuple[str, Letter]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(301))
    flaw: str = ""


def create_journal(flaw: str = "", *, has_sign_up: bool = True) -> FastAPI:  # noqa: C901  # its routes
    """Build a journal.

    Args:
        flaw: One of `FLAWS`, or none.
        has_sign_up: Whether more accounts can be made than those of the file.
    """
    app, journal = FastAPI(title="Journal"), Journal(flaw=flaw)
    for name in LENT:
        journal.members.add(name)
    caller = add_members(app, journal.members, REFUSED)
    if not has_sign_up:
        left = [one for one in app.routes if getattr(one, "path", "") != "/signup"]
        app.router.routes[:] = left
    User = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def told(number: int) -> dict[str, Any]:
        author, entry = journal.entries[number]
        return {"id": number, "author": author, **entry.model_dump()}

    def is_shown(number: int, user: Member, allowed: str = "") -> bool:
        author, entry = journal.entries[number]
        is_open = entry.status == "published" or (bool(allowed) and flaw == allowed)
        return is_open or author == user.name

    @app.post("/entries", status_code=201, responses=REFUSED, operation_id="write_entry")
    def write_entry(new: NewEntry, user: User) -> dict[str, Any]:
        number = next(journal.numbers)
        journal.entries[number] = (user.name, new)
        return told(number)

    @app.get("/entries", responses=REFUSED, operation_id="list_entries")
    def list_entries(user: User, author: str | None = None) -> list[dict[str, Any]]:
        allowed = "drafts-by-author" if author else ""
        found = [told(one) for one in journal.entries if is_shown(one, user, allowed)]
        return [one for one in found if author in {None, one["author"]}]

    @app.get("/entries/export", responses=REFUSED, operation_id="export_entries")
    def export_entries(user: User) -> dict[str, Any]:
        is_all = flaw == "export-of-all"
        rows = [
            told(n) for n, (author, _) in journal.entries.items() if is_all or author == user.name
        ]
        return {"rows": rows, "format": "json"}

    @app.get("/entries/{number}", responses=REFUSED, operation_id="read_entry")
    def read_entry(number: int, user: User) -> dict[str, Any]:
        if number not in journal.entries or not is_shown(number, user):
            raise HTTPException(404)
        return told(number)

    @app.post("/letters", status_code=201, responses=REFUSED, operation_id="write_letter")
    def write_letter(new: Letter, user: User) -> dict[str, Any]:
        number = next(journal.numbers)
        journal.letters[number] = (user.name, new)
        return {"id": number, "text": new.text}

    @app.get("/letters/{number}", responses=REFUSED, operation_id="read_letter")
    def read_letter(number: int, user: User) -> dict[str, Any]:
        author, letter = journal.letters.get(number, ("", None))
        if letter is None or author != user.name:
            raise HTTPException(404)
        return {"id": number, "text": letter.text}

    @app.get("/backup", responses=REFUSED, operation_id="back_up")
    def back_up(user: User) -> PlainTextResponse:
        is_all = flaw == "archive-of-all"
        rows = [
            f"{number},{letter.text}"
            for number, (author, letter) in journal.letters.items()
            if is_all or author == user.name
        ]
        return PlainTextResponse("\n".join(["id,text", *rows]))

    return app
