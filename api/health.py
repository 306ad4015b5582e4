"""Whether the process lives, and whether it can serve: for load balancers."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

from api.database import unavailable
from api.dependencies import AppState, State
from api.errors import DatabaseUnavailable, KeysUnavailable
from api.openapi_responses import responses

router = APIRouter(tags=["probes"])


class Health(BaseModel):
    """The state of the service."""

    status: Literal["ok"] = "ok"


@router.get("/health", response_description="The process answers.")
async def check_health() -> Health:
    """Say that the process answers; asks nothing else."""
    return Health()


@router.get(
    "/ready",
    response_description="The database is migrated and takes writes; the token keys are at hand.",
    responses=responses(DatabaseUnavailable, KeysUnavailable),
)
async def check_readiness(state: State) -> Health:
    """Say whether requests can be served."""
    await state.readiness.shared(lambda: _look(state))
    return Health()


# Load balancers ask with HEAD as well (RFC 9110, 9.3.2); the document has the method once.
router.head("/health", include_in_schema=False)(check_health)
router.head("/ready", include_in_schema=False)(check_readiness)


async def _look(state: AppState) -> None:
    try:
        await state.database.run(_require_usable)
    except SQLAlchemyError as error:
        # A migration that is missing, say, or a privilege: what lasts is no less in the way.
        raise unavailable(error) from error
    if not state.keys.has_any:
        await state.lookups.run(state.keys.require_any)


def _require_usable(db: Session) -> None:
    """Meet what is in the way: no writes taken, no table or column that this code reads."""
    connection = db.connection()
    setting = text("SELECT current_setting('transaction_read_only')")
    if connection.execute(setting).scalar_one() != "off":
        raise DatabaseUnavailable
    for table in SQLModel.metadata.sorted_tables:
        connection.execute(table.select().limit(0))
