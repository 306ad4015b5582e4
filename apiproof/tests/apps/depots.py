"""Parcels of users: dropped and listed by lists of ids, and read by the number of their owner.

Words of the operations speak of administrators where owners may do the same, which says nothing.
"""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

# Flaw -> the check, and the beginning of the case, that find it; several are joined by a `+`.
FLAWS = {
    "dropped-by-ids": "ownership_enforced/bulk-ids",
    "exported-by-ids": "ownership_enforced/bulk-ids",
    "listed-by-ids": "ownership_enforced/bulk-ids",
    "read-of-anyone": "ownership_enforced/other-account",
    "admin-for-all": "functions_enforced/role-",
    "balance-of-anyone": "ownership_enforced/other-account",
    "told-of-anyone": "ownership_enforced/other-account",
    "told-of-anyone+admin-for-all": "ownership_enforced/other-account",
}
REFUSED: dict[int | str, dict[str, Any]] = {401: {}, 403: {}, 404: {}, 409: {}}
Row = dict[str, Any]
STAND: Row = {"views": 0, "depot": "Central depot"}  # of every new parcel


class Parcel(BaseModel):
    """What somebody sends."""

    label: Text


class Chosen(BaseModel):
    """Parcels by their ids."""

    parcel_ids: list[int]


@dataclass
class Depot:
    """Everything that there is.

    Attributes:
        flaw: Of `FLAWS`, or none.
        is_quiet: Whether ids of others are passed over in silence; else they are refused.
    """

    flaw: str = ""
    is_quiet: bool = True
    members: Members = field(default_factory=Members)
    parcels: dict[int, Row] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(701))


def create_depot(depot: Depot) -> FastAPI:  # noqa: C901  # its operations share the depot
    """Build the application; the users of the file are its members."""
    app, flaws = FastAPI(title="Depots"), depot.flaw.split("+")
    for name in LENT:
        depot.members.add(name)
    Caller = Annotated[  # noqa: N806  # a type
        Member, Depends(add_members(app, depot.members, REFUSED))
    ]

    def chosen(ids: list[int], user: Member, flaw: str) -> list[Row]:
        """Return the parcels of a list that are the caller's."""
        own = [
            depot.parcels[one]
            for one in ids
            if one in depot.parcels and (depot.parcels[one]["owner"] == user.name or flaw in flaws)
        ]
        if len(own) < len(ids) and not depot.is_quiet:
            raise HTTPException(404)
        return own

    @app.post("/parcels", status_code=201, responses=REFUSED)
    def add_parcel(user: Caller, new: Parcel) -> Row:
        number = next(depot.numbers)
        depot.parcels[number] = {"id": number, "owner": user.name, "label": new.label, **STAND}
        return depot.parcels[number]

    @app.get("/parcels/{parcel_id}", responses=REFUSED)
    def read_parcel(user: Caller, parcel_id: int) -> Row:
        found = depot.parcels.get(parcel_id)
        if found is None or found["owner"] != user.name:
            raise HTTPException(404)
        found["views"] += 1
        return found

    @app.delete(
        "/parcels/{parcel_id}",
        status_code=204,
        responses=REFUSED,
        description="Only the owner or an administrator may drop a parcel.",
    )
    def drop_parcel(user: Caller, parcel_id: int) -> None:
        found = depot.parcels.get(parcel_id)
        if found is None or found["owner"] != user.name:
            raise HTTPException(404)
        del depot.parcels[parcel_id]

    @app.post("/parcels/bulk-delete", responses=REFUSED)
    def drop_many(user: Caller, those: Chosen) -> Row:
        for one in chosen(those.parcel_ids, user, "dropped-by-ids"):
            depot.parcels.pop(one["id"], None)
        return {"asked": len(those.parcel_ids), "depot": STAND["depot"]}

    @app.post("/parcels/export", responses=REFUSED)
    def export(user: Caller, those: Chosen) -> list[Row]:
        return [dict(one) for one in chosen(those.parcel_ids, user, "exported-by-ids")]

    @app.get("/parcel-list", responses=REFUSED)
    def list_those(user: Caller, parcel_ids: Annotated[list[int], Query()]) -> list[Row]:
        return [dict(one) for one in chosen(parcel_ids, user, "listed-by-ids")]

    @app.get("/parcels/user/{target_user_id}", responses=REFUSED)
    def parcels_of(user: Caller, target_user_id: int) -> list[Row]:
        whose = next(
            (one for one in depot.members.people.values() if one.number == target_user_id), None
        )
        if whose is None or (whose.name != user.name and "read-of-anyone" not in flaws):
            raise HTTPException(404)
        return [one for one in depot.parcels.values() if one["owner"] == whose.name]

    @app.get("/users/{user_id}", responses=REFUSED)
    def read_user(user: Caller, user_id: int) -> Row:
        found = next((one for one in depot.members.people.values() if one.number == user_id), None)
        if found is None or (found.name != user.name and "told-of-anyone" not in flaws):
            raise HTTPException(404)
        return {"id": found.number, "username": found.name, "email": found.email}

    @app.get("/accounts/{user_id}/summary", responses=REFUSED)
    def summary(user: Caller, user_id: int) -> Row:
        known = [one.number for one in depot.members.people.values()]
        if user_id not in known or (user_id != user.number and "balance-of-anyone" not in flaws):
            raise HTTPException(404)
        return {"status": "ok", "account": {"user_id": user_id, "balance": 0.0}}

    @app.get("/rates/{user_id}", responses=REFUSED)
    def rates(_user: Caller, user_id: int) -> Row:
        return {"user_id": user_id, "card_fee": 0.5}  # the same for whomever, known or not

    @app.get("/admin/users", responses=REFUSED)
    def all_users(user: Caller) -> list[Row]:
        if user.role != "admin" and "admin-for-all" not in flaws:
            raise HTTPException(403)
        return [{"id": one.number, "email": one.email} for one in depot.members.people.values()]

    @app.get("/depots/{depot_id}/admins", responses=REFUSED, summary="Who looks after a depot")
    def admins(_user: Caller, depot_id: int) -> list[str]:
        return [f"admin of {depot_id}"]

    return app
