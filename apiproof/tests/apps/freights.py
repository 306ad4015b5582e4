"""Freights: keys of accounts, and a header by which an agency acts for another account."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.security import APIKeyHeader

from tests.apps.members import Text

KEYS = {"key-cycles-7f4e6a": "cycles", "key-agency-e81d30": "agency", "key-bakery-c3a7e9": "bakery"}
ACTS_FOR = {"agency": {"bakery"}}
REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {"account-believed": "ownership_enforced/other-tenant"}


def create_freights(flaw: str = "") -> FastAPI:
    """Build the service.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, freights = FastAPI(title="Freights"), dict[int, tuple[str, str]]()
    for number, name in enumerate(KEYS.values(), 1):
        freights[number] = (name, f"what {name} sends")
    scheme = APIKeyHeader(name="X-API-Key", auto_error=False)

    def caller(
        key: Annotated[str | None, Depends(scheme)],
        x_account: Annotated[str | None, Header()] = None,
    ) -> str:
        own = KEYS.get(key or "")
        if own is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "ApiKey"})
        is_theirs = x_account in {None, own, *ACTS_FOR.get(own, ())}
        if not is_theirs and not (flaw and x_account in KEYS.values()):
            raise HTTPException(403)
        return x_account or own

    @app.get("/account", responses=REFUSED, operation_id="read_account")
    def read_account(account: Annotated[str, Depends(caller)]) -> dict[str, Any]:
        return {"account": account}

    @app.get("/freights", responses=REFUSED, operation_id="list_freights")
    def list_freights(account: Annotated[str, Depends(caller)]) -> list[dict[str, Any]]:
        shown = [(number, *said) for number, said in freights.items()]
        return [{"id": n, "account": a, "text": t} for n, a, t in shown if a == account]

    @app.post("/freights", status_code=201, responses=REFUSED, operation_id="add_freight")
    def add_freight(text: Text, account: Annotated[str, Depends(caller)]) -> dict[str, Any]:
        number = len(freights) + 1
        freights[number] = (account, text)
        return {"id": number, "account": account, "text": text}

    return app
