"""Defects in who owns random numbers, each in the running app."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from api.errors import ApiError, RandomNotFound
from api.identity import jwt as tokens
from api.middleware import BodyLimit
from api.randoms import service
from api.randoms.models import RandomItem
from tests.faults.defect import READ_RANDOM, AccessDefect, replaced

CHECK, READABLE = "ownership_enforced", "writes_are_readable"
_list, _update, _limit = service.list_items, service.update_item, BodyLimit.__call__
_only = service._only  # noqa: SLF001  # what a defect replaces


class Foreign(ApiError):
    """Somebody else's: the answer that tells."""

    status_code = 403
    detail = "Not your random"


_ANYONES = select(RandomItem).where(col(RandomItem.id) == bindparam("item_id"))


def _unfiltered(name: str) -> Any:
    """Drop the owner filter in one function of the service."""
    original = getattr(service, name)

    def function(*arguments: Any) -> Any:
        with mock.patch.multiple(service, _ITEM=_ANYONES, _LOCKED_ITEM=_ANYONES):
            return original(*arguments)

    return replaced(service, name, function)


def _everybodys(session: Session, _owner_id: int, offset: int, limit: int) -> Any:
    query = select(RandomItem).order_by(col(RandomItem.id)).offset(offset).limit(limit)
    return list(session.exec(query))


def _second_page(session: Session, owner_id: int, offset: int, limit: int) -> Any:
    return (_everybodys if offset else _list)(session, owner_id, offset, limit)


def _telling(error: type[ApiError]) -> Any:
    """Answer for somebody else's item as for none, almost."""

    def only(session: Session, query: Any, owner_id: int, item_id: int) -> RandomItem:
        wanted = {"owner_id": owner_id, "item_id": item_id}
        item: RandomItem | None = session.exec(query, params=wanted).one_or_none()
        if item is None:
            raise error if session.get(RandomItem, item_id) else RandomNotFound
        return item

    return replaced(service, "_only", only)


class Phrased(RandomNotFound):
    """The same status in other words."""

    detail = "Random is not found"


@contextmanager
def _owner_in_body() -> Iterator[None]:
    """Take `owner_id` from the body of a PATCH."""
    wanted: list[int] = []

    async def call(self: Any, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        wanted.clear()
        if scope["type"] != "http" or scope["method"] != "PATCH":
            await _limit(self, scope, receive, send)
            return
        message = await receive()
        body = _loaded(message.get("body", b""))
        if isinstance(body, dict) and isinstance(body.get("owner_id"), int):
            wanted.append(body.pop("owner_id"))
            text = json.dumps(body).encode()
            message = {**message, "body": text}
            scope = {**scope, "headers": _with_length(scope["headers"], len(text))}

        async def replay() -> Any:
            return message

        await _limit(self, scope, replay, send)

    def update(session: Session, *arguments: Any) -> RandomItem:
        item = _update(session, *arguments)
        if wanted:
            item.owner_id = wanted[0]
        return item

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(BodyLimit, "__call__", call))
        stack.enter_context(mock.patch.object(service, "update_item", update))
        yield


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _with_length(headers: Any, length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name != b"content-length"]
    return [*kept, (b"content-length", str(length).encode())]


@contextmanager
def _admin_sees_all() -> Iterator[None]:
    """Believe a group in the token, and show its members everything."""
    admin: list[bool] = [False]
    claims = tokens.JwtVerifier._claims  # noqa: SLF001  # what the defect replaces

    def noting(self: Any, payload: dict[str, Any]) -> Any:
        admin[0] = "admin" in payload.get("cognito:groups", ())
        return claims(self, payload)

    def only(session: Session, query: Any, owner_id: int, item_id: int) -> RandomItem:
        return _only(session, _ANYONES if admin[0] else query, owner_id, item_id)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(tokens.JwtVerifier, "_claims", noting))
        stack.enter_context(mock.patch.object(service, "_only", only))
        yield


def _forgetful(session: Session, *arguments: Any) -> RandomItem:
    item = _update(session, *arguments)
    answer = RandomItem(**item.model_dump())
    session.rollback()
    return answer


ONE = ("read_random", "update_random", "delete_random")

DEFECTS = (
    AccessDefect(
        "read-unowned",
        "Anybody's number can be read.",
        CHECK,
        "other-user",
        _unfiltered("find_item"),
        (READ_RANDOM,),
    ),
    AccessDefect(
        "update-unowned",
        "Anybody's number can be changed.",
        CHECK,
        "other-user",
        _unfiltered("update_item"),
        ("update_random",),
    ),
    AccessDefect(
        "delete-unowned",
        "Anybody's number can be deleted.",
        CHECK,
        "other-user",
        _unfiltered("delete_item"),
        ("delete_random",),
    ),
    AccessDefect(
        "list-unowned",
        "The list shows everybody's numbers.",
        CHECK,
        "listing",
        replaced(service, "list_items", _everybodys),
        ("list_randoms",),
    ),
    AccessDefect(
        "second-page-unowned",
        "Only the second page shows everybody's.",
        CHECK,
        "listing",
        replaced(service, "list_items", _second_page),
        ("list_randoms",),
    ),
    AccessDefect(
        "forbidden-tells",
        "Somebody else's number is 403, none is 404.",
        CHECK,
        "other-user",
        _telling(Foreign),
        ONE,
    ),
    AccessDefect(
        "wording-tells",
        "The 404 for somebody else's has other words.",
        CHECK,
        "other-user",
        _telling(Phrased),
        ONE,
    ),
    AccessDefect(
        "owner-in-patch",
        "A PATCH may name another owner.",
        CHECK,
        "owner-field",
        _owner_in_body,
        ("update_random",),
    ),
    AccessDefect(
        "admin-sees-all",
        "A group in the token opens everybody's.",
        CHECK,
        "other-admin",
        _admin_sees_all,
        ONE,
    ),
    AccessDefect(
        "update-lost",
        "A change is answered and not kept.",
        READABLE,
        "read-back",
        replaced(service, "update_item", _forgetful),
        ("update_random",),
    ),
    AccessDefect(
        "delete-lost",
        "A deletion is answered and not done.",
        READABLE,
        "read-back",
        replaced(service, "delete_item", lambda *_: None),
        ("delete_random",),
    ),
)
