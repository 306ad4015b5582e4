"""Baskets: everybody who signs up gets one, and its id comes with the login alone.

Numbers of baskets are not those of members. What is kept for administrators says so in brackets.
"""

import itertools
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.apps.members import LENT, Credentials, Members, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "basket-of-others": "ownership_enforced/other-account",
    "all-listed": "functions_enforced/role-",
}


def create_baskets(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share the members
    """Build the service; the users of the file are known to it.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, known, bearer = FastAPI(title="Baskets"), Members(), HTTPBearer(auto_error=False)
    baskets: dict[int, str] = {}  # id -> whose it is
    numbers = itertools.count(70_001)

    def add(name: str, password: str | None = None) -> None:
        known.add(name, *filter(None, [password]))
        baskets[next(numbers)] = name

    for name in LENT:
        add(name)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        name = known.sessions.get(given.credentials if given else "", "")
        if not name:
            raise unauthorized(given)
        return name

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        add(new.username, new.password)
        return {"username": new.username}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, Any]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(403)
        basket = next(number for number, name in baskets.items() if name == member.name)
        return {"token": known.begin(member), "basketId": basket}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(name: Caller) -> dict[str, Any]:
        return {"id": known.people[name].number, "username": name}

    @app.get("/baskets/{id}", responses=REFUSED, operation_id="read_basket")
    def read_basket(name: Caller, id: int) -> dict[str, Any]:  # noqa: A002  # as it is called there
        if baskets.get(id) is None or (baskets[id] != name and flaw != "basket-of-others"):
            raise HTTPException(404)
        return {"id": id, "items": [], "total": 0}

    @app.get(
        "/members",
        responses=REFUSED,
        operation_id="list_members",
        summary="Everybody who has signed up (administrators)",
    )
    def list_members(_name: Caller) -> list[dict[str, Any]]:
        if flaw != "all-listed":
            raise HTTPException(403)
        return [{"id": one.number, "username": one.name} for one in known.people.values()]

    return app
