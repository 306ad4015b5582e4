"""Groups of the pool: users outside each are refused, and what lets them in later is a finding."""

from collections.abc import Iterator
from typing import Annotated, Any

import jwt
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.access import (
    ProbeOptions,
    lost_members,
    members_before,
    members_lines,
    probe_of,
)
from apiproof.control import TokenForger
from apiproof.environment import Environment
from apiproof.service import SeedUser, Service

Credentials = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def caller(credentials: Credentials) -> dict[str, Any]:
    return dict(jwt.decode(credentials.credentials, options={"verify_signature": False}))


class Orders:
    """Orders of staff, and what the two groups may do; `flaw` names what asks for no group."""

    def __init__(self) -> None:
        self.flaw = ""

    def of(self, group: str, what: str) -> Any:
        """Return what lets members in alone."""

        def check(claims: Annotated[dict[str, Any], Depends(caller)]) -> str:
            if what != self.flaw and group not in claims.get("cognito:groups", []):
                raise HTTPException(403)
            return str(claims["sub"])

        return Depends(check)

    def __call__(self) -> FastAPI:
        app = FastAPI()
        orders: dict[int, str] = {}
        of = self.of

        @app.post("/orders", operation_id="order")
        def order(user: Annotated[str, of("staff", "order")]) -> dict[str, int]:
            orders[len(orders) + 1] = user
            return {"id": len(orders)}

        @app.get("/orders/{order_id}", operation_id="read")
        def read(order_id: int, user: Annotated[str, of("staff", "read")]) -> dict[str, int]:
            if orders.get(order_id) != user:
                raise HTTPException(404)
            return {"id": order_id}

        @app.get("/prices", operation_id="prices")
        def prices(_user: Annotated[str, of("sales", "prices")]) -> dict[str, int]:
            return {"order": 3}

        @app.get("/hours", operation_id="hours", dependencies=[Depends(caller)])
        def hours() -> dict[str, int]:
            return {"from": 9, "to": 17}

        return app


def service(orders: Orders) -> Service:
    def member(number: int) -> SeedUser:
        name = f"user-{number}"
        return SeedUser(name, f"{name}@example.com", groups=("staff", "sales"))

    return Service(orders, database=False, new_user=member)


GROUPS = ProbeOptions(checks=("functions_enforced",))
LINES = ["members staff POST /orders", "members staff GET /orders/{order_id}"]
LINES = [*LINES, "members sales GET /prices"]


@pytest.fixture(scope="module")
def env_and_orders() -> Iterator[tuple[Environment, Orders]]:
    orders = Orders()
    with Environment.open(service(orders)) as env:
        yield env, orders


def test_what_refuses_users_outside_a_group_is_remembered(
    env_and_orders: tuple[Environment, Orders],
) -> None:
    env, _ = env_and_orders
    report = probe_of(env.service, env, options=GROUPS).run()
    assert sorted(members_lines(report)) == sorted(LINES)
    before = members_before(["access/x", *LINES, "members odd"])
    assert before == {
        ("staff", "POST /orders"),
        ("staff", "GET /orders/{order_id}"),
        ("sales", "GET /prices"),
    }
    assert not list(lost_members(before, report))
    assert not report.findings


@pytest.mark.parametrize(
    ("flaw", "group"), [("order", "staff"), ("read", "staff"), ("prices", "sales")]
)
def test_what_lets_them_in_later_is_found(
    env_and_orders: tuple[Environment, Orders], flaw: str, group: str
) -> None:
    env, orders = env_and_orders
    orders.flaw = flaw
    try:
        probe = probe_of(env.service, env, options=GROUPS)
        for operation in probe.operations.values():
            if operation.operation_id == flaw:
                probe.exercise(operation)
    finally:
        orders.flaw = ""
    found = lost_members(members_before(LINES), probe.report)
    assert [one.id for one in found] == [f"members_only/{flaw}/outside-{group}/let-in"]


def test_a_user_is_in_the_groups_of_before_afterwards(
    env_and_orders: tuple[Environment, Orders],
) -> None:
    env, _ = env_and_orders
    forger = TokenForger(env)
    name = env.new_account().username
    assert sorted(forger.groups(name)) == ["sales", "staff"]
    forger.set_groups(name, ["sales", "owners"])
    assert sorted(forger.groups(name)) == ["owners", "sales"]
