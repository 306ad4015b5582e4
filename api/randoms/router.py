"""The operations on random numbers, as HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.auth import CurrentRandomsUser
from api.errors import BoundsConflict, RandomNotFound, RequestInvalid
from api.openapi_responses import BODY, CALLER, responses
from api.randoms import service
from api.randoms.models import RandomItem
from api.randoms.schemas import RandomCreate, RandomPublic, RandomUpdate
from api.types import AS_WRITTEN, INT4_MAX

router = APIRouter(prefix="/randoms", tags=["randoms"])

ItemId = Annotated[
    int, Path(ge=1, le=INT4_MAX, description="The item's id.", examples=[1]), AS_WRITTEN
]
Offset = Annotated[
    int,
    Query(ge=0, le=INT4_MAX, description="How many items to leave out.", examples=[0]),
    AS_WRITTEN,
]
Limit = Annotated[
    int,
    Query(ge=1, le=100, description="How many items to return at most.", examples=[20]),
    AS_WRITTEN,
]
LOCATION = {
    "Location": {
        "description": "The path of the new item.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/randoms/[0-9]+$"},
    }
}


@router.get(
    "",
    response_description="A page of the caller's items, oldest first.",
    responses=responses(*CALLER, RequestInvalid),
)
async def list_randoms(
    caller: CurrentRandomsUser, offset: Offset = 0, limit: Limit = 20
) -> list[RandomPublic]:
    """List one's own random numbers, oldest first; beyond the end the list is empty."""
    return await caller.run(lambda db, user: service.list_items(db, user.id, offset, limit))


@router.post(
    "",
    status_code=201,
    response_model=RandomPublic,
    response_description="The new item.",
    responses={201: {"headers": LOCATION}, **responses(*CALLER, BoundsConflict, *BODY)},
)
async def create_random(
    caller: CurrentRandomsUser, bounds: RandomCreate, response: Response
) -> RandomItem:
    """Draw a random number between two bounds, both included, and keep it."""
    item = await caller.run(
        lambda db, user: service.create_item(db, user.id, bounds), row=caller.row
    )
    response.headers["Location"] = f"/randoms/{item.id}"
    return item


@router.get(
    "/{random_id}",
    response_model=RandomPublic,
    response_description="The item.",
    responses=responses(*CALLER, RandomNotFound, RequestInvalid),
)
async def read_random(caller: CurrentRandomsUser, random_id: ItemId) -> RandomItem:
    """Read one of one's own random numbers."""
    return await caller.run(lambda db, user: service.find_item(db, user.id, random_id))


@router.patch(
    "/{random_id}",
    response_model=RandomPublic,
    response_description="The changed item.",
    responses=responses(*CALLER, RandomNotFound, BoundsConflict, *BODY),
)
async def update_random(
    caller: CurrentRandomsUser, random_id: ItemId, update: RandomUpdate
) -> RandomItem:
    """Change the bounds of a random number; what is left out stays.

    The number itself is drawn anew only when it no longer lies within the bounds.
    """
    return await caller.run(
        lambda db, user: service.update_item(db, user.id, random_id, update), row=_row(random_id)
    )


@router.delete(
    "/{random_id}",
    status_code=204,
    response_description="The item is gone.",
    responses=responses(*CALLER, RandomNotFound, RequestInvalid),
)
async def delete_random(caller: CurrentRandomsUser, random_id: ItemId) -> None:
    """Delete one of one's own random numbers."""
    await caller.run(
        lambda db, user: service.delete_item(db, user.id, random_id), row=_row(random_id)
    )


def _row(random_id: int) -> str:
    return f"random {random_id}"
