"""Rows that no operation makes: an account has them from its beginning, and they are tried."""

from typing import Annotated

import jwt
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.access import probe_service
from apiproof.environment import Environment
from apiproof.service import Account, EnvironmentConfig, Service

Credentials = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def application(rows: dict[int, str], *, is_owned: bool) -> FastAPI:
    app = FastAPI()

    def caller(credentials: Credentials) -> str:
        return str(jwt.decode(credentials.credentials, options={"verify_signature": False})["sub"])

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type

    @app.get("/reports", operation_id="reports")
    def reports(user: Caller) -> list[dict[str, int]]:
        return [{"id": number} for number, owner in rows.items() if owner == user]

    @app.get("/reports/{report_id}", operation_id="report")
    def report(report_id: int, user: Caller) -> dict[str, int]:
        if report_id not in rows or (is_owned and rows[report_id] != user):
            raise HTTPException(404)
        return {"id": report_id}

    return app


@pytest.mark.parametrize("is_owned", [True, False])
def test_ownership_of_rows_that_no_operation_makes(*, is_owned: bool) -> None:
    rows: dict[int, str] = {}

    def give(_config: EnvironmentConfig, account: Account) -> None:
        rows[len(rows) + 1] = account.sub

    service = Service(
        lambda: application(rows, is_owned=is_owned), database=False, prepare_account=give
    )
    with Environment.open(service) as env:
        report = probe_service(service, env)
    found = {one.operation_id for one in report.findings if one.check == "ownership_enforced"}
    assert found == (set() if is_owned else {"report"})
    tried = {one.case for one in report.cells if one.operation_id == "report"}
    assert "other-user" in tried
