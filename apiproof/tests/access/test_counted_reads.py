"""Reads that count themselves, whose credential is optional though the document declares it."""

import itertools
import secrets
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from apiproof.access import AccessReport
from apiproof.access.checks import Impact
from tests.access.strangers import probed
from tests.apps.members import LENT, PASSWORD

ERRORS: dict[int | str, dict[str, Any]] = {401: {}, 404: {}}
CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Login(BaseModel):
    """A name and a password."""

    username: str
    password: str


class Text(BaseModel):
    """What is written."""

    text: str


class Thread(Text):
    """A thread, and how often it was read."""

    id: int
    author: str
    views: int = 0


def board(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share what it knows
    """Return a board on which everybody reads.

    Args:
        flaw: `withheld`: others who have signed in are refused what nobody is shown. `drawn`: what
            each reader alone is shown is shown to nobody as well.
    """
    app, threads, numbers = FastAPI(), dict[int, Thread](), itertools.count(4711)
    sessions: dict[str, str] = {}
    bearer = HTTPBearer(auto_error=False)

    def reader(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        if given is None:
            return ""
        if given.credentials not in sessions:
            raise HTTPException(401, headers=CHALLENGE)
        return sessions[given.credentials]

    def member(name: Annotated[str, Depends(reader)]) -> str:
        if not name:
            raise HTTPException(401, headers=CHALLENGE)
        return name

    @app.post("/login", responses={401: {}})
    def log_in(given: Login) -> dict[str, str]:
        if given.username not in LENT or given.password != PASSWORD:
            raise HTTPException(401, headers=CHALLENGE)
        token = f"{given.username}-{next(numbers)}-of-this-board"
        sessions[token] = given.username
        return {"token": token}

    @app.post("/threads", status_code=201, responses={401: {}})
    def write(name: Annotated[str, Depends(member)], body: Text) -> Thread:
        thread = Thread(id=next(numbers), author=name, text=body.text)
        threads[thread.id] = thread
        return thread

    @app.get("/threads/{thread_id}", responses=ERRORS)
    def read(name: Annotated[str, Depends(reader)], thread_id: int) -> Thread:
        thread = threads.get(thread_id)
        if thread is None or (flaw == "withheld" and name not in {"", thread.author}):
            raise HTTPException(404)
        thread.views += secrets.randbelow(2**30) if flaw == "drawn" else 1
        return thread

    return app


CREDENTIALS = ("anonymous_rejected", "forged_tokens_rejected")


def _report(flaw: str = "", checks: tuple[str, ...] = CREDENTIALS) -> AccessReport:
    return probed(board(flaw), checks=checks)


@pytest.mark.parametrize("checks", [CREDENTIALS, CREDENTIALS[:1]])
def test_what_everybody_reads_is_a_deviation_however_often_it_was_read(
    checks: tuple[str, ...],
) -> None:
    """By one check alone, as a finding is tried again, too."""
    report = _report(checks=checks)
    assert {cell.operation_id for cell in report.cells if cell.case.startswith("anonymous")}
    assert {finding.severity for finding in report.findings} == {Impact.DEVIATION}


@pytest.mark.parametrize("flaw", ["withheld", "drawn"])
def test_what_is_not_the_same_for_everybody_lets_nobody_in(flaw: str) -> None:
    worst = {
        one.case.partition("@")[0]
        for one in _report(flaw).findings
        if one.severity is Impact.LET_IN
    }
    assert "anonymous" in worst


@pytest.mark.parametrize("flaw", ["", "withheld", "drawn"])
def test_the_read_is_reached(flaw: str) -> None:
    report = _report(flaw)
    assert any("thread_id" in cell.operation_id for cell in report.cells if cell.case == "valid")
