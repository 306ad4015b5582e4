"""An API that takes name and password with each request (RFC 7617), and has no login."""

from typing import Annotated, Any

import pytest
import yaml
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel

from apiproof.access.identities_file import identities_file
from apiproof.access.users_wfc import UsersUnreadable, users_of
from tests.access.strangers import assert_found, probed
from tests.apps.members import LENT, PASSWORD

CHALLENGE = {"WWW-Authenticate": 'Basic realm="memos"'}


class Account(BaseModel):
    username: str
    password: str


class Memo(BaseModel):
    text: str


def create_memos(flaw: str = "") -> FastAPI:
    """Return an API in which each reads their own memos; anybody's where there is a flaw."""
    app, memos = FastAPI(title="Memos"), dict[int, tuple[str, str]]()
    people = dict.fromkeys(LENT, PASSWORD)

    def caller(said: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> str:
        if people.get(said.username) != said.password:
            raise HTTPException(401, "unknown", CHALLENGE)
        return said.username

    caller_is = Annotated[str, Depends(caller)]

    @app.post("/signup", status_code=201)
    def sign_up(account: Account) -> dict[str, str]:
        if people.setdefault(account.username, account.password) != account.password:
            raise HTTPException(409, "taken")
        return {"username": account.username}

    @app.post("/memos", status_code=201)
    def write_memo(memo: Memo, name: caller_is) -> dict[str, Any]:
        memos[len(memos) + 1] = (name, memo.text)
        return {"id": len(memos), "text": memo.text}

    @app.get("/memos/{memo_id}")
    def read_memo(memo_id: int, name: caller_is) -> dict[str, Any]:
        owner, text = memos.get(memo_id, ("", ""))
        if not (owner == name or (flaw and owner)):
            raise HTTPException(404, "none")
        return {"id": memo_id, "text": text}

    return app


def _filled_in(app: FastAPI, password: str = PASSWORD) -> dict[str, Any]:
    text = identities_file(app.openapi())
    assert "Basic FILL IN" not in text
    for name, lent in zip(("alice", "bob"), LENT, strict=True):
        text = text.replace(name, lent)
    document: dict[str, Any] = yaml.safe_load(text.replace("FILL IN", password))
    return document


@pytest.mark.parametrize("flaw", ["", "read-unowned"])
def test_the_file_says_name_and_password_and_no_header(flaw: str) -> None:
    app = create_memos(flaw)
    report = probed(app, _filled_in(app))
    assert report.refused_users == {}
    assert not report.note  # accounts were signed up
    if flaw:
        assert_found(report, "ownership_enforced/other-user")
    else:
        assert [one.line for one in report.findings] == []
        entered = {one.operation_id for one in report.cells if one.case == "valid"}
        assert len(entered) == 2


def test_a_wrong_password_is_told_for_each_user() -> None:
    app = create_memos()
    report = probed(app, _filled_in(app, "not-theirs"))
    assert report.refused_users.keys() == set(LENT)


def test_a_user_without_a_password_is_named() -> None:
    document = {"auth": [{"name": "ada", "basicUserPwd": {"username": "ada"}}]}
    with pytest.raises(UsersUnreadable, match="a basicUserPwd without password"):
        users_of(document, "identities")
