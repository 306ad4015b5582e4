"""Scopes that a user's token has not got, where no key is at hand to forge one without them."""

from typing import Annotated, Any

import pytest
from fastapi import FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from tests.access.strangers import probed
from tests.apps import tokens

SCOPES = {"writer": ("items:read", "items:write"), "reader": ("items:read",)}


def _app(*, is_checked: bool) -> FastAPI:
    app = FastAPI(title="Stock")
    oauth = OAuth2PasswordBearer("/token", scopes={"items:read": "read", "items:write": "write"})

    def caller(asked: SecurityScopes, token: Annotated[str, Security(oauth)]) -> str:
        claims = tokens.verify(token)
        if claims is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        if is_checked and not set(asked.scopes) <= set(claims["scope"].split()):
            raise HTTPException(403)
        return str(claims["sub"])

    @app.get("/items", operation_id="list_items")
    def list_items(_: Annotated[str, Security(caller, scopes=["items:read"])]) -> list[str]:
        return ["lamp"]

    @app.post("/items", status_code=201, operation_id="add_item")
    def add_item(_: Annotated[str, Security(caller, scopes=["items:write"])]) -> dict[str, int]:
        return {"id": 1}

    return app


@pytest.mark.parametrize("is_checked", [True, False])
def test_a_user_whose_token_lacks_a_scope_is_refused(*, is_checked: bool) -> None:
    users: list[dict[str, Any]] = []
    for name, scopes in SCOPES.items():
        header = {"name": "Authorization", "value": f"Bearer {tokens.mint(name, scopes)}"}
        users.append({"name": name, "fixedHeaders": [header]})
    report = probed(_app(is_checked=is_checked), {"auth": users}, checks=("functions_enforced",))
    found = [finding.id for finding in report.findings]
    expected = "functions_enforced/add_item/scopes-reader/let-in"
    assert found == ([] if is_checked else [expected])
    assert "scopes-reader" in {cell.case for cell in report.cells}
