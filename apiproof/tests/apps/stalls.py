"""Stalls: orders whose lines name wares by their numbers, and that are refunded once they are paid.

Users sign up; who pays and who is paid may both read a payment, and nobody else.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
# Flaw -> the operation, the check, and the beginning of the case, that find it.
FLAWS = {
    "refunded-by-anyone": ("refund_order", "ownership_enforced/other-user"),
    "receipt-of-anyone": ("read_receipt", "ownership_enforced/other-user"),
}
Row = dict[str, Any]


class Line(BaseModel):
    """A kind of ware, and how many of it."""

    sku: Text
    count: int = Field(ge=1, le=9)


class OrderBody(BaseModel):
    """What is ordered."""

    lines: list[Line] = Field(min_length=1, max_length=5)


class Payment(BaseModel):
    """Money for somebody else's till."""

    to_till: Text
    coins: int = Field(ge=1, le=5)


@dataclass
class Stalls:
    """What is kept.

    Attributes:
        flaw: One of `FLAWS`, or none.
        members: The users; each has a till.
        orders: By number: whose, and in which state.
        payments: By number: from whom, to whom.
    """

    flaw: str = ""
    members: Members = field(default_factory=Members)
    orders: dict[int, Row] = field(default_factory=dict)
    payments: dict[int, Row] = field(default_factory=dict)


def create_stalls(kept: Stalls) -> FastAPI:
    """Build the service; the users of the file are known there."""
    app = FastAPI(title="Stalls")
    for name in LENT:
        kept.members.add(name)
    caller = add_members(app, kept.members, {**REFUSED, 403: {}})
    numbers = itertools.count(11)
    _add_orders(app, kept, Depends(caller), numbers)
    _add_payments(app, kept, Depends(caller), numbers)
    return app


def _add_orders(  # noqa: C901  # operations share the orders
    app: FastAPI, kept: Stalls, caller: Any, numbers: Any
) -> None:
    wares = {"WR-88-A", "WR-91-C"}

    def own(number: int, user: Member, flaw: str = "-") -> Row:
        order = kept.orders.get(number)
        if order is None or (order["owner"] != user.name and kept.flaw != flaw):
            raise HTTPException(404)
        return order

    @app.get("/wares", operation_id="list_wares")
    def list_wares() -> list[Row]:
        return [{"sku": ware} for ware in sorted(wares)]

    @app.post("/orders", status_code=201, responses=REFUSED, operation_id="add_order")
    def add_order(body: OrderBody, user: Member = caller) -> Row:
        if not wares.issuperset(line.sku for line in body.lines):
            raise HTTPException(404, "no such ware")
        number = next(numbers)
        kept.orders[number] = {"id": number, "owner": user.name, "state": "open"}
        return kept.orders[number]

    @app.get("/orders/{order_id}", responses=REFUSED, operation_id="read_order")
    def read_order(order_id: int, user: Member = caller) -> Row:
        return own(order_id, user)

    @app.post("/orders/{order_id}/confirm", responses=REFUSED, operation_id="confirm_order")
    def confirm_order(order_id: int, user: Member = caller) -> Row:
        order = own(order_id, user)
        if order["state"] != "open":
            raise HTTPException(409)
        order["state"] = "confirmed"
        return order

    @app.post("/orders/{order_id}/refund", responses=REFUSED, operation_id="refund_order")
    def refund_order(order_id: int, user: Member = caller) -> Row:
        order = own(order_id, user, "refunded-by-anyone")
        if order["state"] != "confirmed":
            raise HTTPException(409)
        order["state"] = "refunded"
        return order

    @app.get("/orders/{order_id}/receipt", responses=REFUSED, operation_id="read_receipt")
    def read_receipt(order_id: int, user: Member = caller) -> Row:
        order = own(order_id, user, "receipt-of-anyone")
        if order["state"] == "open":
            raise HTTPException(409)
        return {"of": order["id"], "to": order["owner"]}


def _add_payments(app: FastAPI, kept: Stalls, caller: Any, numbers: Any) -> None:
    def till_of(member: Member) -> str:
        return f"TILL-{member.number:06}"

    @app.get("/users/me", responses=REFUSED, operation_id="read_my_till")
    def read_my_till(user: Member = caller) -> Row:
        return {"username": user.name, "tills": [{"number": till_of(user)}]}

    @app.post("/payments", status_code=201, responses=REFUSED, operation_id="make_payment")
    def make_payment(body: Payment, user: Member = caller) -> Row:
        known = {till_of(one): one.name for one in kept.members.people.values()}
        if body.to_till not in known:
            raise HTTPException(404, "no such till")
        number = next(numbers)
        kept.payments[number] = {"payer": user.name, "payee": known[body.to_till]}
        return {"id": number, "coins": body.coins}

    @app.get("/payments/{payment_id}", responses=REFUSED, operation_id="read_payment")
    def read_payment(payment_id: int, user: Member = caller) -> Row:
        payment = kept.payments.get(payment_id)
        if payment is None or user.name not in payment.values():
            raise HTTPException(404)
        return {"id": payment_id}
