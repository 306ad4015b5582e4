"""A bank's branches, known by their keys: every answer is a 200, its body says what it is worth.

Nobody can sign up; a customer is known by an id that only a list shows.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.security import APIKeyHeader

KEYS = {"Kq7v-north-21": 1, "Zx3w-south-42": 2}  # key -> branch
CUSTOMERS = {101: 2, 102: 1, 203: 1, 204: 2}  # id -> branch
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "customer-of-others": "ownership_enforced/other-user",
    "list-for-all": "anonymous_rejected/anonymous",
    "any-key": "forged_tokens_rejected/garbage",
}
REFUSALS: dict[str, Mapping[str, Any]] = {
    "success": {"success": False, "error": "No such key."},
    "status": {"status": "error", "message": "No such key."},
    "code": {"code": 401, "message": "No such key.", "data": None},
}


def create_branches(flaw: str = "", refusal: str = "success") -> FastAPI:
    """Build the bank.

    Args:
        flaw: One of `FLAWS`, or none.
        refusal: How it refuses, one of `REFUSALS`.
    """
    app, header = FastAPI(title="Branches"), APIKeyHeader(name="X-API-Token", auto_error=False)
    refused = REFUSALS[refusal]
    Key = Annotated[str | None, Depends(header)]  # noqa: N806  # a type

    def branch_of(key: str | None, *, is_open: bool = False) -> int | None:
        return KEYS.get(key or "", 1 if is_open and (key is None or flaw == "any-key") else None)

    def told(customers: list[dict[str, int]]) -> dict[str, Any]:
        return {"success": True, "status": "ok", "code": 200, "customers": customers}

    @app.get("/get_customers", operation_id="list_customers")
    def list_customers(key: Key) -> Any:
        branch = branch_of(key, is_open=flaw in {"list-for-all", "any-key"})
        if branch is None:
            return refused
        return told([{"id": one, "branch": of} for one, of in CUSTOMERS.items() if of == branch])

    @app.get("/get_customer_v1/{id}", operation_id="read_customer")
    def read_customer(id: int, key: Key) -> Any:  # noqa: A002  # as it is called there
        branch, of = branch_of(key), CUSTOMERS.get(id)
        is_theirs = of == branch or flaw == "customer-of-others"
        if branch is None or of is None or not is_theirs:
            return refused
        return told([{"id": id, "branch": of}])

    return app
