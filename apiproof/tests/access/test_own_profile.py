"""The caller's own profile: two users who are told the same of themselves are told of another."""

from typing import Annotated, Any

import jwt
import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.access import ProbeOptions, probe_of
from apiproof.environment import Environment
from apiproof.service import Service

Credentials = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def application(*, is_owned: bool) -> FastAPI:
    app = FastAPI()
    rows: dict[str, dict[str, Any]] = {}

    def caller(credentials: Credentials) -> str:
        return str(jwt.decode(credentials.credentials, options={"verify_signature": False})["sub"])

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type

    def row(sub: str) -> dict[str, Any]:
        new = {"user_id": sub, "email": f"{sub}@example.com", "role_id": 1}
        rows.setdefault(sub, new)
        return rows[sub] if is_owned else next(iter(rows.values()))

    @app.get("/user/profile", operation_id="profile")
    def profile(user: Caller) -> dict[str, Any]:
        return row(user)

    @app.get("/account", operation_id="account")
    def account(_user: Caller) -> dict[str, Any]:
        return {"plan_id": 1, "email": "", "username": "guest", "id": 0}  # says nobody's name

    @app.get("/profile/{user_id}", operation_id="public")
    def public(user_id: str, _user: Caller) -> dict[str, Any]:
        return row(user_id)

    return app


@pytest.mark.parametrize("is_owned", [True, False])
def test_a_profile_that_is_somebody_elses(*, is_owned: bool) -> None:
    with Environment.open(Service(lambda: application(is_owned=is_owned), database=False)) as env:
        options = ProbeOptions(checks=("ownership_enforced",))
        report = probe_of(env.service, env, options=options).run()
    found = [one.id for one in report.findings if one.check == "ownership_enforced"]
    assert found == ([] if is_owned else ["ownership_enforced/profile/own-profile/let-in"])
    tried = {cell.operation_id for cell in report.cells if cell.case == "own-profile"}
    assert {"profile", "account"} <= tried
