"""A provider for the verifier's own tests: a shop that can be broken in one place at a time.

It stands in for a whole subject: an ASGI application, an environment that can be emptied, and
states.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apiproof.pacts.states import StateContext, StateRegistry
from apiproof.service import Account

NAME = "shop"
CHALLENGE = {"www-authenticate": "Bearer"}


class Shop:
    """The application and its environment; `answer` is what GET /order says, free to be spoilt."""

    def __init__(self) -> None:
        self.restore()
        self.app = Starlette(
            routes=[
                Route("/order", self._order),
                Route("/orders", self._orders, methods=["GET", "POST"]),
                Route("/orders/{number:int}", self._one),
                Route("/echo", self._echo, methods=["POST"]),
            ]
        )

    def restore(self) -> None:
        """As it was at first."""
        self.resets = 0
        self.customers: dict[str, list[str]] = {}
        self.orders = 0
        self.is_open = True
        self.seen: list[tuple[str, str, str]] = []
        self.answer = Answer(200, {"x-version": "1.2.3", "location": "/order/7"}, ORDER)

    def reset(self) -> None:
        self.resets += 1
        self.customers.clear()
        self.orders = 0

    def token(self, name: str) -> str:
        return f"token-of-{name}"

    async def _order(self, _request: Request) -> Response:
        return self.answer.response()

    async def _orders(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "")
        self.seen.append((request.method, request.url.path, bearer))
        if not self.is_open:
            return _json(503, {"detail": "closed"}, {"retry-after": "2"})
        name = bearer.removeprefix("Bearer token-of-")
        if name not in self.customers:
            return _json(401, {"detail": "Who are you?"}, CHALLENGE)
        if "orders" not in self.customers[name]:
            return _json(403, {"detail": "Not with this token"})
        return _json(200, [{"id": number + 1} for number in range(self.orders)])

    async def _one(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number > self.orders:
            return _json(404, {"detail": "No such order"})
        return _json(200, {"id": number})

    async def _echo(self, request: Request) -> Response:
        return _json(200, {"body": (await request.body()).decode(), "query": request.url.query})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    content_type: str = "application/json"

    def response(self) -> Response:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return Response(content, self.status, self.headers, self.content_type)

    def body_copy(self) -> Any:
        return copy.deepcopy(self.body)


ORDER: dict[str, Any] = {
    "id": 7,
    "code": "AB-12",
    "total": 12.5,
    "paid": True,
    "note": None,
    "placed_at": "2026-01-31T12:00:00Z",
    "buyer": {"name": "Ada", "uuid": "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"},
    "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}],
    "tags": ["new", "gift"],
    "prices": {"eur": 1, "usd": 2},
    "version": "1.2.3",
    "motto": "all good things",
    "currency": "EUR",
    "events": [{"kind": "placed"}, {"kind": "paid"}],
    "due": "2026-01-31",
    "weight": 3,
}

STATES = StateRegistry()


@dataclass(frozen=True)
class Customer:
    access_token: Annotated[str, "A token."]
    name: Annotated[str, "The name."]


@dataclass(frozen=True)
class Orders:
    last: Annotated[int, "The number of the last order."]


def shop_of(context: StateContext) -> Any:
    return context.env


@STATES.state("a customer exists")
def customer(
    context: StateContext,
    name: Annotated[str, "The name."] = "ada",
    scopes: Annotated[list[str] | None, "What the token is for."] = None,
) -> Customer:
    """Someone who may order."""
    shop = shop_of(context)
    shop.customers[name] = ["orders"] if scopes is None else scopes
    account = Account(name, f"{name}@example.com", "1", (), "", shop.token(name))
    context.act_as(account)
    return Customer(account.access_token, name)


@STATES.state("orders exist")
def orders(context: StateContext, count: Annotated[int, "How many."] = 1) -> Orders:
    """Orders 1, 2, 3, ..."""
    shop_of(context).orders += count
    return Orders(shop_of(context).orders)


@STATES.state("a voucher exists")
def voucher(_context: StateContext, code: Annotated[str, "Its code."], worth: int = 5) -> None:
    """Something to pay with."""
    assert code
    assert worth > 0


@STATES.state("the access token is invalid")
def token_invalid(context: StateContext) -> None:
    """The header is sent as it is."""
    context.keep_authorization()


@STATES.state("the shop is closed")
def closed(context: StateContext) -> Iterator[None]:
    """No orders now."""
    shop_of(context).is_open = False
    yield
    shop_of(context).is_open = True


@STATES.state("the till is broken")
def broken(_context: StateContext) -> None:
    """A state that cannot be brought about."""
    raise OSError("no till in sight")


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, "application/json")
