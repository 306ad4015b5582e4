"""Provider states for any service: users and items, made through the service itself."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Header
from pydantic import BaseModel

from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.pacts.states import GENERIC_STATES, StateContext
from apiproof.pacts.verify.run import states_of
from apiproof.service import Service


class Item(BaseModel):
    """What is made."""

    title: str


def application() -> FastAPI:
    app, rows = FastAPI(), list[tuple[str, str]]()

    @app.post("/items", operation_id="create_item", status_code=201)
    def create(item: Item, authorization: Annotated[str, Header()]) -> dict[str, int | str]:
        rows.append((item.title, authorization))
        return {"id": len(rows), "title": item.title}

    return app


@pytest.fixture(scope="module")
def env() -> Iterator[Environment]:
    with Environment.open(Service(application, database=False)) as opened:
        yield opened


def test_they_are_there_where_a_service_has_none(env: Environment) -> None:
    assert states_of(env.service) is GENERIC_STATES


def test_a_user_exists_and_is_the_caller(env: Environment) -> None:
    with StateContext(env) as context:
        values = GENERIC_STATES.enter(context, "a user exists", {"username": "ada"})
        assert values["email"] == "ada@example.com"
        assert context.token == values["access_token"]
        assert env.token("ada").count(".") == 2


def test_items_exist_by_the_operation_that_makes_them(env: Environment) -> None:
    with StateContext(env) as context:
        asked = {"operation_id": "create_item", "body": {"title": "bread"}, "count": 2}
        values = GENERIC_STATES.enter(context, "items exist", asked)
        assert (values["first_id"], values["last_id"]) == ("1", "2")
        assert context.caller is not None


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"operation_id": "nothing", "body": {}}, "no operation 'nothing'"),
        ({"operation_id": "create_item", "body": {}}, "answered 422"),
    ],
)
def test_what_makes_no_item_says_so(env: Environment, asked: dict[str, str], reason: str) -> None:
    with StateContext(env) as context, pytest.raises(UserError, match=reason):
        GENERIC_STATES.enter(context, "items exist", asked)
