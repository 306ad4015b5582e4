"""What paths are about, and which member of an answer is the id of what was made."""

import json
from typing import Any

import pytest

from apiproof.access.http import Response
from apiproof.access.requirements import SecurityModel
from apiproof.access.resources import ResourceCreator, ResourceCreators, created_id, noun_of
from apiproof.openapi.document import Operation


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/books", "book"),
        ("/books/v1/{title}", "book"),
        ("/books/add", "book"),
        ("/add_book", "book"),
        ("/createBook", "book"),
        ("/request_loan", "loan"),
        ("/requests", "request"),
        ("/admin/approve_loan/{loan_id}", "loan"),
        ("/api/virtual-cards/create", "virtual_card"),
        ("/cards/{card_id}/toggle-freeze", "toggle_freeze"),
    ],
)
def test_a_path_is_about_its_last_noun(path: str, noun: str) -> None:
    assert noun_of(path) == noun


def _operation(label: str) -> Operation:
    method, _, path = label.partition(" ")
    item = {method.lower(): {"operationId": label, "responses": {"200": {"description": "done"}}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {path: item}}
    [found] = SecurityModel(document).operations
    return found


@pytest.mark.parametrize(
    ("label", "creators"),
    [
        ("POST /cards/{card_id}/freeze", ["POST /cards/create"]),
        ("GET /get_loan/{loan_id}", ["POST /request_loan"]),
        ("POST /admin/approve_loan/{loan_id}", ["POST /request_loan"]),
        ("DELETE /books/{book_id}", ["POST /books"]),  # the exact path comes first
    ],
)
def test_what_a_parameter_names_is_made_by_a_verb(label: str, creators: list[str]) -> None:
    labels = [
        *("POST /cards/create", "POST /cards/delete", "POST /request_loan", "POST /books"),
        *("POST /cards/{card_id}/freeze", "POST /admin/approve_loan/{loan_id}"),
    ]
    operation = _operation(label)
    name = label.rpartition("{")[2].partition("}")[0]
    found = ResourceCreators(list(map(_operation, labels))).for_path_parameter(operation, name)
    assert [one.operation.operation_id for one in found] == creators


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"id": 5, "title": "x"}, 5),
        ({"code": 0, "message": "done", "data": {"id": 5}}, 5),
        ({"data": [{"id": 5}]}, 5),
        ({"status": "ok", "result": {"card": {"card_id": 5}}}, 5),
        ({"code": "X5", "author": {"id": 9}}, "X5"),  # not its author's
    ],
)
def test_an_id_is_found_in_an_envelope(answer: Any, value: object) -> None:
    creator = ResourceCreator(_operation("POST /cards"))
    response = Response(201, {}, json.dumps(answer))
    assert created_id(creator, response, "/cards/{card_id}", "card_id") == value


def test_things_of_a_user_are_made_where_the_things_are() -> None:
    maker, listing = _operation("POST /parcels"), _operation("GET /parcels/user/{user_id}")
    found = ResourceCreators([maker, listing]).for_list(listing)
    assert [one.operation for one in found] == [maker]
    users = _operation("GET /users/{user_id}")
    assert ResourceCreators([maker, users]).for_list(users) == []
