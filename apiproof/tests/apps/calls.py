"""Calls: everything is a POST, whose path says what is done to which thing."""

import itertools
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, Credentials, Member, Members, Text, unauthorized

# How services spell their calls: login, create, get, list, update and delete.
SPELLINGS = {
    "dots": (
        *("auth.login", "parcels.create", "parcels.get", "parcels.list", "parcels.update"),
        "parcels.delete",
    ),
    "camels": (
        *("startSession", "addParcel", "fetchParcel", "listParcels", "editParcel"),
        "removeParcel",
    ),
    "segments": (
        *("session/open", "parcel/create", "parcel/get", "parcel/list", "parcel/update"),
        "parcel/delete",
    ),
}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "get": "ownership_enforced/body-id",
    "list": "ownership_enforced/listing",
    "update": "ownership_enforced/body-id",
    "delete": "ownership_enforced/body-id",
}


class Contents(BaseModel):
    """What is in a parcel."""

    contents: Text


class Named(BaseModel):
    """Which parcel."""

    id: int


class Change(Contents, Named):
    """What is in it from now on."""


def create_calls(spelling: str, parcels: dict[int, dict[str, Any]], flaw: str = "") -> FastAPI:  # noqa: C901  # its calls share the parcels
    """Build the service; the users of the file are known to it, and nobody else can be.

    Args:
        spelling: One of `SPELLINGS`.
        parcels: Everybody's.
        flaw: One of `FLAWS`, or none.
    """
    app, members, ids = FastAPI(title="Calls"), Members(), itertools.count(7001)
    login, create, get, listing, update, delete = (f"/rpc/{one}" for one in SPELLINGS[spelling])
    declared: dict[str, Any] = {"responses": {401: {}, 404: {}}}
    for name in LENT:
        members.add(name)

    def caller(given: Annotated[Any, Depends(HTTPBearer(auto_error=False))]) -> Member:
        name = members.sessions.get(given.credentials if given else "", "")
        if not name:
            raise unauthorized(given)
        return members.people[name]

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def owned(number: int, user: Member, action: str) -> dict[str, Any]:
        found = parcels.get(number)
        if found is None or (found["owner"] != user.name and flaw != action):
            raise HTTPException(404)
        return found

    @app.post(login, operation_id="begin", **declared)
    def begin(known: Credentials) -> dict[str, str]:
        member = members.people.get(known.username)
        if member is None or member.password != known.password:
            raise unauthorized("")
        return {"token": members.begin(member)}

    @app.post(create, operation_id="create", **declared)
    def add(body: Contents, user: Caller) -> dict[str, Any]:
        number = next(ids)
        parcels[number] = {"id": number, "owner": user.name, "contents": body.contents}
        return {"result": parcels[number]}

    @app.post(get, operation_id="get", **declared)
    def read(body: Named, user: Caller) -> dict[str, Any]:
        return {"result": owned(body.id, user, "get")}

    @app.post(listing, operation_id="list", **declared)
    def all_of(user: Caller) -> dict[str, Any]:
        seen = (one for one in parcels.values() if one["owner"] == user.name or flaw == "list")
        return {"result": list(seen)}

    @app.post(update, operation_id="update", **declared)
    def change(body: Change, user: Caller) -> dict[str, Any]:
        found = owned(body.id, user, "update")
        found["contents"] = body.contents
        return {"result": found}

    @app.post(delete, operation_id="delete", **declared)
    def remove(body: Named, user: Caller) -> dict[str, Any]:
        owned(body.id, user, "delete")
        del parcels[body.id]
        return {"result": None}

    return app
