"""The first profile read makes a user's row: init finds it, and runs heed it."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.environment import Environment
from apiproof.init.enforced_security import NOTHING
from apiproof.init.files import Plan, service_file
from apiproof.init.first_request import first_request
from apiproof.init.source import SourceFacts
from apiproof.jwt import decode_unverified
from apiproof.service import OperationUnknown, Service


def application(status: int = 404, *, always: bool = False) -> FastAPI:
    """An application that lets in whoever has read the own profile once.

    Args:
        status: Of the others' answers.
        always: Every operation makes the row, and the first attempt of a note is refused.
    """
    app = FastAPI()
    rows: dict[str, int] = {}

    def sub(held: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
        token = decode_unverified(held.credentials)
        if token is None:
            raise HTTPException(401)
        return str(token.claims.get("sub"))

    @app.get("/me", operation_id="me")
    def me(caller: Annotated[str, Depends(sub)]) -> int:
        return rows.setdefault(caller, len(rows))

    @app.get("/notes", operation_id="notes")
    def notes(caller: Annotated[str, Depends(sub)]) -> list[int]:
        if always:
            return []
        if caller not in rows:
            raise HTTPException(status)
        return [rows[caller]]

    @app.get("/late", operation_id="late")
    def late(caller: Annotated[str, Depends(sub)]) -> int:
        if always and caller not in rows:
            rows[caller] = 0
            raise HTTPException(status)
        return 1

    return app


def service_of(app: FastAPI, first: str = "") -> Service:
    return Service(lambda: app, name="x", database=False, first_request=first)


@pytest.mark.parametrize("status", [403, 404, 409])
def test_init_finds_what_makes_the_row(status: int) -> None:
    with Environment.open(service_of(application(status))) as env:
        found = first_request(env, NOTHING)
    assert found == "me"
    plan = Plan(app="x:app", python=None, facts=SourceFacts(), first_request=found)
    assert '\n    first_request="me",  # it makes the caller\'s row\n' in service_file(plan)


def test_what_succeeds_at_a_second_attempt_needs_no_first_request() -> None:
    with Environment.open(service_of(application(always=True))) as env:
        assert first_request(env, NOTHING) == ""


@pytest.mark.parametrize(("first", "status"), [("", 404), ("me", 200)])
def test_every_new_account_has_its_row(first: str, status: int) -> None:
    with Environment.open(service_of(application(), first)) as env:
        for account in (env.new_account(), *env.users.values()):
            bearer = {"Authorization": f"Bearer {account.access_token}"}
            assert env.client.request("GET", "/notes", headers=bearer).status_code == status


def test_a_name_that_the_document_does_not_have_is_one_line() -> None:
    with (
        Environment.open(service_of(application(), "you")) as env,
        pytest.raises(OperationUnknown, match="`first_request` of the service file names you"),
    ):
        env.new_account()
