"""To-do lists of one's own: create, read, replace, delete."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import psycopg2
from fastapi import Body, FastAPI, HTTPException, Response
from psycopg2.extras import RealDictCursor
from pydantic import BaseModel, Field

from lists_api.tokens import Caller

TABLE = """
CREATE TABLE IF NOT EXISTS lists (
    id uuid PRIMARY KEY, owner text NOT NULL, title text NOT NULL, items text[] NOT NULL
)"""
# PostgreSQL stores no NUL, and JSON can write half of a surrogate pair.
Text = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[ -~]*$")]


class Draft(BaseModel):
    """What a list says."""

    title: Text
    items: Annotated[list[Text], Field(max_length=20)] = []


class TodoList(Draft):
    """A list."""

    id: uuid.UUID


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str


UNAUTHORIZED: dict[int | str, dict[str, Any]] = {401: {"model": Refusal}}
# FastAPI's own answer to a body that is no UTF-8.
WRITTEN: dict[int | str, dict[str, Any]] = {**UNAUTHORIZED, 400: {"model": Refusal}}
MISSING: dict[int | str, dict[str, Any]] = {**UNAUTHORIZED, 404: {"model": Refusal}}


@contextmanager
def rows() -> Iterator[RealDictCursor]:
    """Give a cursor for one transaction."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            yield cursor
    finally:
        connection.close()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    with rows() as cursor:
        cursor.execute(TABLE)
    yield


app = FastAPI(title="Lists", version="1", lifespan=lifespan)


@app.get("/lists", operation_id="read_lists", responses=UNAUTHORIZED)
def read_lists(owner: Caller) -> list[TodoList]:
    """Return the caller's lists."""
    with rows() as cursor:
        cursor.execute("SELECT id, title, items FROM lists WHERE owner = %s LIMIT 100", [owner])
        return [TodoList(**row) for row in cursor.fetchall()]


@app.post("/lists", operation_id="create_list", status_code=201, responses=WRITTEN)
def create_list(owner: Caller, draft: Annotated[Draft, Body()]) -> TodoList:
    """Make a list."""
    made = TodoList(id=uuid.uuid4(), **draft.model_dump())
    with rows() as cursor:
        cursor.execute(
            "INSERT INTO lists VALUES (%s, %s, %s, %s)",
            [str(made.id), owner, made.title, made.items],
        )
    return made


@app.get("/lists/{list_id}", operation_id="read_list", responses=MISSING)
def read_list(owner: Caller, list_id: uuid.UUID) -> TodoList:
    """Return one of the caller's lists."""
    found = one("SELECT id, title, items FROM lists WHERE id = %s AND owner = %s", list_id, owner)
    return TodoList(**found)


@app.put("/lists/{list_id}", operation_id="replace_list", responses={**WRITTEN, **MISSING})
def replace_list(owner: Caller, list_id: uuid.UUID, draft: Annotated[Draft, Body()]) -> TodoList:
    """Write one of the caller's lists anew."""
    one(
        "UPDATE lists SET title = %s, items = %s WHERE id = %s AND owner = %s RETURNING id",
        draft.title, draft.items, list_id, owner,
    )  # fmt: skip
    return TodoList(id=list_id, **draft.model_dump())


@app.delete("/lists/{list_id}", operation_id="delete_list", status_code=204, responses=MISSING)
def delete_list(owner: Caller, list_id: uuid.UUID) -> Response:
    """Delete one of the caller's lists."""
    one("DELETE FROM lists WHERE id = %s AND owner = %s RETURNING id", list_id, owner)
    return Response(status_code=204)


def one(query: str, *values: Any) -> dict[str, Any]:
    """Return the row of a query that must give one, or refuse with 404."""
    with rows() as cursor:
        cursor.execute(query, [str(v) if isinstance(v, uuid.UUID) else v for v in values])
        if (found := cursor.fetchone()) is None:
            raise HTTPException(404, "There is no such list of yours.")
        return dict(found)
