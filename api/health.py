"""Whether the process lives, and whether it can serve: for load balancers.

Must not know users or randoms.
"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from api.database import DbSession
from api.dependencies import Keys
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
    response_description="The database answers and the token keys are at hand.",
    responses=responses(DatabaseUnavailable, KeysUnavailable),
)
def check_readiness(db: DbSession, keys: Keys) -> Health:
    """Say whether requests can be served."""
    db.connection().execute(text("SELECT 1"))
    keys.require_any()
    return Health()
