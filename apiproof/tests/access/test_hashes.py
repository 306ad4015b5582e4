"""What costs the service a hash of a password is sent where it tells something, and no further.

Sign-ups, logins and changes of passwords take a quarter of a second each where bcrypt or Argon2 is
used: most of the time of a run.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from apiproof.access import AccessReport
from apiproof.access.safeguards import spare_account
from apiproof.access.users import User
from tests.access.strangers import probed
from tests.apps.members import LENT, Member, Members, Text, add_members

HASHED = ("/signup", "/login", "/me/password")
Counts = Counter[tuple[str, bool]]


class NewPassword(BaseModel):
    current_password: Text
    new_password: Text


def create_counted(counts: Counts, members: Members) -> FastAPI:
    """Return an application of users that counts its hashes: path and whether it succeeded."""
    app = FastAPI(title="Counted")
    responses: dict[int | str, dict[str, Any]] = {401: {}, 409: {}, 422: {}}
    caller = add_members(app, members, responses)

    @app.patch("/me/password", responses={400: {}, 401: {}}, operation_id="change_password")
    def change(said: NewPassword, member: Member = Depends(caller)) -> dict[str, str]:  # noqa: B008, FAST002 - closure
        if said.current_password != member.password:
            raise HTTPException(400, "not the password")
        member.password = said.new_password
        return {"username": member.name}

    @app.middleware("http")
    async def count(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        if request.url.path in HASHED and response.status_code not in {401, 422}:
            counts[request.url.path, response.status_code < 300] += 1
        elif request.url.path == "/login":
            counts["/login", False] += 1
        return response

    return app


@pytest.fixture(scope="module")
def run() -> tuple[AccessReport, Counts]:
    counts: Counts = Counter()
    members = Members()
    for name in LENT:
        members.add(name)
    return probed(create_counted(counts, members)), counts


def test_the_login_is_entered_as_an_account_of_the_runs_own(
    run: tuple[AccessReport, Counts],
) -> None:
    report, counts = run
    assert [one.line for one in report.findings] == []
    [entered] = [
        one for one in report.cells if (one.operation_id, one.case) == ("log_in", "anonymous")
    ]
    assert entered.got == (200,)
    assert counts["/login", False] <= 4  # a wrong password, a name of nobody; two that are odd


def test_what_was_used_up_is_not_sent_again(run: tuple[AccessReport, Counts]) -> None:
    _, counts = run
    assert counts["/me/password", False] <= 2  # one, and a control


@pytest.mark.parametrize(("own", "chosen"), [(0, "new"), (1, "new"), (2, "own1"), (3, "own2")])
def test_an_account_that_nothing_needs_any_more_is_changed_before_one_is_signed_up(
    own: int, chosen: str
) -> None:
    accounts: Any = SimpleNamespace(
        own_accounts=[User(f"own{number}") for number in range(own)],
        new_user=lambda: User("new"),
    )
    assert spare_account(accounts).name == chosen


class Word(BaseModel):
    password: str


@pytest.mark.parametrize("flaw", ["", "named"])
def test_a_password_that_a_boundary_value_has_changed_is_blamed_on_nobody(flaw: str) -> None:
    members = Members()
    for name in LENT:
        members.add(name)
    app = FastAPI(title="Words")
    caller = add_members(app, members, {401: {}, 409: {}, 422: {}})

    @app.put("/users/{username}/word", responses={401: {}, 404: {}}, operation_id="set_word")
    def set_word(username: str, word: Word, member: Member = Depends(caller)) -> dict[str, str]:  # noqa: B008, FAST002 - closure
        changed = members.people.get(username) if flaw else member
        if changed is None:
            raise HTTPException(404)
        changed.password = word.password
        return {"username": member.name}

    found = [one.text for one in probed(app).findings if "set_word" in one.id]
    is_told = ["another user can set the password of somebody else" in text for text in found]
    assert any(is_told) is bool(flaw)
