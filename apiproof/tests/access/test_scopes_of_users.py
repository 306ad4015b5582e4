"""Scopes that a user's token has not got, where no key is at hand to forge one without them."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from apiproof.reporting.model import Status
from tests.access.strangers import identities, probed
from tests.apps import tokens
from tests.apps.members import LENT, Member, Members, add_members

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


def _shelf(*, is_checked: bool) -> FastAPI:
    """Return an API in which everybody has items of their own, and a scope to throw them away."""
    app, items = FastAPI(title="Shelf"), dict[int, str]()
    oauth = OAuth2PasswordBearer("/token", scopes={"items:write": "", "items:delete": ""})

    def caller(asked: SecurityScopes, token: Annotated[str, Security(oauth)]) -> str:
        claims = tokens.verify(token)
        if claims is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        is_lenient = not is_checked and "items:delete" in asked.scopes
        if not is_lenient and not set(asked.scopes) <= set(claims["scope"].split()):
            raise HTTPException(403)
        return str(claims["sub"])

    @app.post("/items", status_code=201, operation_id="add_item")
    def add_item(user: Annotated[str, Security(caller, scopes=["items:write"])]) -> dict[str, int]:
        items[len(items) + 4001] = user
        return {"id": len(items) + 4000}

    responses: dict[int | str, dict[str, Any]] = {404: {}}

    @app.delete("/items/{item_id}", operation_id="throw_away", responses=responses)
    def throw_away(
        item_id: int, user: Annotated[str, Security(caller, scopes=["items:delete"])]
    ) -> None:
        if items.get(item_id) != user:
            raise HTTPException(404)
        items[item_id] = ""

    return app


def _entries(scopes: dict[str, str]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for name, granted in scopes.items():
        header = {"name": "Authorization", "value": f"Bearer {tokens.mint(name, (granted,))}"}
        entries.append({"name": name, "fixedHeaders": [header]})
    return {"auth": entries}


@pytest.mark.parametrize("is_checked", [True, False])
def test_who_lacks_a_scope_asks_for_something_of_their_own(*, is_checked: bool) -> None:
    document = _entries({"keeper": "items:write items:delete", "adder": "items:write"})
    report = probed(_shelf(is_checked=is_checked), document, checks=("functions_enforced",))
    found = [finding.id for finding in report.findings]
    expected = "functions_enforced/throw_away/scopes-adder/let-in"
    assert found == ([] if is_checked else [expected])
    assert ("throw_away", "scopes-adder") in {(one.operation_id, one.case) for one in report.cells}


def test_where_only_things_of_others_can_be_asked_for_scopes_are_not_tried() -> None:
    document = _entries({"keeper": "items:write items:delete", "nobody": "items:none"})
    report = probed(_shelf(is_checked=False), document, checks=("functions_enforced",))
    [cell] = [one for one in report.cells if one.case == "scopes-nobody" and not one.got]
    assert (cell.operation_id, cell.status) == ("throw_away", Status.SKIPPED)


@pytest.mark.parametrize("is_checked", [True, False])
def test_whom_the_roles_leave_out_asks_for_something_of_their_own(*, is_checked: bool) -> None:
    app = _threads(is_checked=is_checked)
    entries = identities()
    for entry, role in zip(entries["auth"], ("moderator", "reader"), strict=True):
        entry["role"] = role
    report = probed(app, entries, checks=("functions_enforced",), roles={"close": ("moderator",)})
    found = [finding.id for finding in report.findings]
    assert found == ([] if is_checked else ["functions_enforced/close/role-reader/let-in"])


def _threads(*, is_checked: bool) -> FastAPI:
    """Return an API in which moderators alone may close threads, of which each sees their own."""
    app, members, threads = FastAPI(title="Threads"), Members(), dict[int, str]()
    for name in LENT:
        members.add(name)
    responses: dict[int | str, dict[str, Any]] = {401: {}, 403: {}, 404: {}}
    caller = add_members(app, members, responses)
    app.router.routes = [one for one in app.router.routes if getattr(one, "name", "") != "sign_up"]
    user_is = Annotated[Member, Depends(caller)]

    @app.post("/threads", status_code=201, operation_id="begin", responses=responses)
    def begin(user: user_is) -> dict[str, int]:
        threads[len(threads) + 6001] = user.name
        return {"id": len(threads) + 6000}

    @app.post("/threads/{thread_id}/close", operation_id="close", responses=responses)
    def close(thread_id: int, user: user_is) -> dict[str, str]:
        if threads.get(thread_id) != user.name:
            raise HTTPException(404)
        if is_checked and user.name != LENT[0]:
            raise HTTPException(403)
        return {"state": "closed"}

    return app
