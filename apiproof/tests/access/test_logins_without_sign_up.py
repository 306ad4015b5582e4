"""Users told from nobody at the login of a service that nobody can sign up at."""

from collections import Counter
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from apiproof.reporting.model import Status
from tests.access.strangers import assert_found, identities, probed
from tests.apps.members import LENT, PASSWORD, Text

bearer = HTTPBearer()


class Login(BaseModel):
    """A name and a password."""

    username: Text
    password: Text


class Forgotten(BaseModel):
    """Whose password is forgotten."""

    email: Text


class NewPassword(BaseModel):
    """A new password for a code."""

    code: Text
    password: Text


def _app(*, tells: bool, wrong: Counter[str]) -> FastAPI:
    app = FastAPI(title="Closed")
    declared: dict[str, Any] = {"responses": {401: {}, 404: {}}}

    @app.post("/users/login", operation_id="login", **declared)
    def login(body: Login) -> dict[str, str]:
        if body.username not in LENT and tells:
            raise HTTPException(404, "no such user")
        if body.username.partition("@")[0] not in LENT or body.password != PASSWORD:
            wrong[body.username] += 1
            raise HTTPException(401, "wrong", headers={"WWW-Authenticate": "Bearer"})
        return {"token": body.username.partition("@")[0]}

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


def _with_resets(*, tells: bool, asked: list[str]) -> FastAPI:
    """Return the service with a form for forgotten passwords, whose mail goes nowhere."""
    app = _app(tells=False, wrong=Counter())

    @app.post("/users/password/forgot", status_code=202, operation_id="forgot")
    def forgot(body: Forgotten) -> dict[str, str]:
        asked.append(body.email)
        if tells and body.email.partition("@")[0] not in LENT:
            raise HTTPException(404, "no such user")
        return {"detail": f"mail goes to {body.email} if that is known"}

    @app.post("/users/password/reset", operation_id="set_again")
    def set_again(body: NewPassword) -> None:
        asked.append(body.password)
        raise HTTPException(400, "no such code")

    return app


def _resets(document: dict[str, Any], *, tells: bool, resets: bool) -> tuple[Any, list[str]]:
    asked: list[str] = []
    app = _with_resets(tells=tells, asked=asked)
    for entry in document["auth"]:
        entry["loginEndpointAuth"]["payloadUserPwd"]["username"] += "@example.com"
    checks = ("users_not_enumerable",)
    return probed(app, document, resets=resets, checks=checks), asked


@pytest.mark.parametrize("tells", [True, False])
def test_a_reset_that_is_asked_for_once_tells_users_from_nobody(
    document: dict[str, Any], *, tells: bool
) -> None:
    report, asked = _resets(document, tells=tells, resets=True)
    found = [finding.id for finding in report.findings]
    assert found == (["users_not_enumerable/forgot/reset/by-answer"] if tells else [])
    assert sum(address.partition("@")[0] in LENT for address in asked) == 1


def test_without_the_option_no_user_of_the_file_gets_mail(document: dict[str, Any]) -> None:
    report, asked = _resets(document, tells=True, resets=False)
    assert not [address for address in asked if address.partition("@")[0] in LENT]
    [cell] = [one for one in report.cells if one.case == "reset"]
    assert (cell.status, "--resets" in cell.note) == (Status.SKIPPED, True)
