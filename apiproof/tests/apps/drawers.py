"""Drawers in cabinets: one version fails where an object exists and a number is even.

A bearer token is somebody's name, for tests of what is whose.
"""

import uuid
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

from apiproof.service import Service


class Cabinet(BaseModel):
    """Where drawers are."""

    name: str = Field(min_length=1, max_length=20)


class Drawer(BaseModel):
    """What can be pulled out."""

    width: int = Field(ge=0)


class Store:
    """What there is; `is_careful` says whether even numbers were thought of."""

    def __init__(self, *, is_careful: bool) -> None:
        self.is_careful = is_careful
        self.made = 0
        self.owners: dict[str, str] = {}
        self.cabinets: dict[str, str] = {}


def _caller(request: Request) -> str:
    return request.headers.get("authorization", "")


def _store(request: Request) -> Iterator[Store]:
    yield request.app.state.store


Caller = Annotated[str, Depends(_caller)]
Kept = Annotated[Store, Depends(_store)]
router = APIRouter(responses={404: {}})


@router.post("/cabinets", status_code=201)
def add_cabinet(_: Cabinet, caller: Caller, store: Kept) -> dict[str, str]:
    """Put up a cabinet."""
    number = _number(store)
    store.owners[number] = caller
    return {"id": number}


@router.post("/cabinets/{cabinet_id}/drawers", status_code=201)
def add_drawer(cabinet_id: uuid.UUID, _: Cabinet, caller: Caller, store: Kept) -> dict[str, str]:
    """Put a drawer into one's cabinet."""
    if store.owners.get(str(cabinet_id)) != caller:
        raise HTTPException(404)
    number = _number(store)
    store.cabinets[number] = str(cabinet_id)
    return {"id": number}


@router.patch("/cabinets/{cabinet_id}/drawers/{drawer_id}")
def change_drawer(
    cabinet_id: uuid.UUID, drawer_id: uuid.UUID, drawer: Drawer, caller: Caller, store: Kept
) -> dict[str, int]:
    """Change a drawer of one's own."""
    _find(store, caller, cabinet_id, drawer_id)
    if drawer.width % 2 == 0 and not store.is_careful:
        raise RuntimeError("nobody thought of it")
    return {"width": drawer.width}


@router.delete("/cabinets/{cabinet_id}/drawers/{drawer_id}", status_code=204)
def remove_drawer(cabinet_id: uuid.UUID, drawer_id: uuid.UUID, caller: Caller, store: Kept) -> None:
    """Remove a drawer of one's own."""
    _find(store, caller, cabinet_id, drawer_id)
    del store.cabinets[str(drawer_id)]


def _number(store: Store) -> str:
    """Return the next identifier: the same in every run, so that a seed means the same cases."""
    store.made += 1
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(store.made)))


def _find(store: Store, caller: str, cabinet: uuid.UUID, drawer: uuid.UUID) -> None:
    is_theirs = store.owners.get(str(cabinet)) == caller
    if not is_theirs or store.cabinets.get(str(drawer)) != str(cabinet):
        raise HTTPException(404)


def build(*, is_careful: bool) -> FastAPI:
    """Make the application, with or without the flaw."""
    app = FastAPI()
    app.state.store = Store(is_careful=is_careful)
    app.include_router(router)
    return app


FLAWED = Service(build(is_careful=False), name="drawers", database=False)
RIGHT = Service(build(is_careful=True), name="drawers", database=False)
