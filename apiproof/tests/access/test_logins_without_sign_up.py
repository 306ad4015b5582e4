"""Users told from nobody at the login of a service that nobody can sign up at."""

from collections import Counter
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from tests.access.strangers import assert_found, identities, probed
from tests.apps.members import LENT, PASSWORD, Text

bearer = HTTPBearer()


class Login(BaseModel):
    """A name and a password."""

    username: Text
    password: Text


def _app(*, tells: bool, wrong: Counter[str]) -> FastAPI:
    app = FastAPI(title="Closed")
    declared: dict[str, Any] = {"responses": {401: {}, 404: {}}}

    @app.post("/users/login", operation_id="login", **declared)
    def login(body: Login) -> dict[str, str]:
        if body.username not in LENT and tells:
            raise HTTPException(404, "no such user")
        if body.username not in LENT or body.password != PASSWORD:
            wrong[body.username] += 1
            raise HTTPException(401, "wrong", headers={"WWW-Authenticate": "Bearer"})
        return {"token": body.username}

    @app.get("/status", operation_id="status", **declared)
    def status(held: Annotated[Any, Depends(bearer)]) -> dict[str, str]:
        if held.credentials not in LENT:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"status": "up"}

    return app


@pytest.fixture
def document() -> dict[str, Any]:
    made = identities()
    made["authTemplate"]["loginEndpointAuth"]["endpoint"] = "/users/login"
    return made


def test_one_wrong_password_tells_and_no_more_are_sent(document: dict[str, Any]) -> None:
    wrong: Counter[str] = Counter()
    report = probed(_app(tells=True, wrong=wrong), document)
    assert_found(report, "users_not_enumerable/login")
    assert sum(wrong[name] for name in LENT) == 1


def test_a_login_that_answers_alike_is_no_finding(document: dict[str, Any]) -> None:
    wrong: Counter[str] = Counter()
    report = probed(_app(tells=False, wrong=wrong), document)
    assert [finding.line for finding in report.findings] == []
    assert any(cell.check == "users_not_enumerable" for cell in report.cells)
    assert sum(wrong[name] for name in LENT) == 1
