"""Purses with coins: transfers name two of them in the body, changes one, payers name themselves.

A GET removes everything and everybody, a search fails without what it looks for, and
`GET /tokens/{username}` gives a token to who shows the password in a header.
"""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from tests.apps.members import LENT, Member, Members, Text, add_members
from tests.apps.tokens import mint

REFUSED: dict[int | str, Any] = {400: {}, 401: {}, 403: {}, 404: {}, 409: {}}
Coins = Annotated[int, Field(ge=0, le=100)]
FLAWS = {"tokens-for-all": "secrets_not_leaked/token-of-the-named"}


class Purse(BaseModel):
    """A new purse."""

    label: Text
    coins: Coins


class Renamed(BaseModel):
    """A purse under another name."""

    id: int
    label: Text


class Transfer(BaseModel):
    """Coins that go from one purse to another."""

    from_purse_id: int
    to_purse_id: int
    payer_id: int
    note: Text


@dataclass
class Purses:
    """What the service keeps.

    Attributes:
        flaw: One of `FLAWS`, or none.
        members: Its users.
        purses: By number: whose, under which name, with how many coins.
        is_public: Whether everybody may look into every purse.
        removed: How often everything was removed.
    """

    flaw: str = ""
    members: Members = field(default_factory=Members)
    purses: dict[int, dict[str, Any]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    is_public: bool = False
    removed: int = 0


def create_purses(kept: Purses) -> FastAPI:  # noqa: C901  # its operations share the purses
    """Build the service; the users of the file are known there."""
    app, known = FastAPI(title="Purses"), kept.members
    for name in LENT:
        known.add(name)
    caller = add_members(app, known, REFUSED)
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def purse(number: int, user: Member, allowed: str = "") -> dict[str, Any]:
        found = kept.purses.get(number)
        is_theirs = found is not None and found["keeper"] == user.number
        if found is None or not (is_theirs or (allowed and kept.flaw == allowed)):
            is_told = found is not None and kept.is_public
            raise HTTPException(403 if is_told else 404, headers={"WWW-Authenticate": "Bearer"})
        return found

    @app.post("/purses", status_code=201, responses=REFUSED, operation_id="make_purse")
    def make_purse(new: Purse, user: Caller) -> dict[str, Any]:
        made = {"id": next(kept.numbers), "keeper": user.number, **new.model_dump()}
        kept.purses[made["id"]] = made
        return made

    @app.put("/purses", responses=REFUSED, operation_id="rename_purse")
    def rename_purse(new: Renamed, user: Caller) -> dict[str, Any]:
        found = purse(new.id, user)
        found["label"] = new.label
        return found

    @app.get("/purses/find", responses=REFUSED, operation_id="find_purses")
    def find_purses(user: Caller, label: str | None = None) -> list[dict[str, Any]]:
        if label is None:
            raise HTTPException(500)
        own = [one for one in kept.purses.values() if one["keeper"] == user.number]
        return [one for one in own if label in one["label"]]

    if kept.is_public:

        @app.get("/purses/{number}", responses=REFUSED, operation_id="look_into_purse")
        def look_into_purse(number: int) -> dict[str, Any]:
            if number not in kept.purses:
                raise HTTPException(404)
            return kept.purses[number]

    @app.get(
        "/purses/{number}",
        responses=REFUSED,
        operation_id="read_purse",
        include_in_schema=not kept.is_public,
    )
    def read_purse(number: int, user: Caller) -> dict[str, Any]:
        return purse(number, user)

    @app.post("/transfers", responses=REFUSED, operation_id="transfer")
    def transfer(new: Transfer, user: Caller) -> dict[str, str]:
        if new.payer_id != user.number:
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        source = purse(new.from_purse_id, user)
        target = kept.purses.get(new.to_purse_id)
        if target is None:
            raise HTTPException(404)
        source["coins"], target["coins"] = source["coins"] - 1, target["coins"] + 1
        return {"done": new.note}

    @app.get("/del_purses", responses=REFUSED, operation_id="del_purses")
    def del_purses() -> None:
        kept.removed += 1
        kept.purses.clear()
        known.people.clear()

    @app.get("/tokens/{username}", responses=REFUSED, operation_id="token_of")
    def token_of(username: str, x_door: Annotated[str, Header()] = "") -> dict[str, str]:
        if kept.flaw != "tokens-for-all" and x_door != known.people[username].password:
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        if username not in known.people:
            raise HTTPException(404)
        return {"token": mint(username, ())}

    return app
