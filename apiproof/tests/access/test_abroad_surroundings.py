"""What servers of others do: documents, waits, answers to creations, common secrets."""

import time
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from apiproof.access.cleanup import Cleanup
from apiproof.access.example_values import ExampleValues
from apiproof.access.http import MAX_RETRY_DELAY, Request, Response, _wait
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.users import User
from apiproof.commands.access import DOCUMENT_PATHS, _document
from apiproof.http.server import run_server
from apiproof.jwt import NO_AUTH
from apiproof.openapi.document import DocumentMissing, operations


def _payloads(app: FastAPI) -> PayloadSource:
    document = app.openapi()
    return PayloadSource(document, ExampleValues(document), Hints())


@pytest.mark.parametrize("path", ["/openapi.json", "/swagger.json", "/api/schema/", "/v3/api-docs"])
def test_the_document_is_found_where_frameworks_publish_it(path: str) -> None:
    with run_server(FastAPI(title="Abroad", openapi_url=path)) as url:
        assert _document(url, None)["info"]["title"] == "Abroad"


def test_a_document_that_is_nowhere_names_every_path_that_was_tried() -> None:
    with run_server(FastAPI(openapi_url=None)) as url, pytest.raises(DocumentMissing) as raised:
        _document(url, None)
    assert all(path in str(raised.value) for path in DOCUMENT_PATHS)


def waits(retry_after: str) -> float:
    return _wait(Response(429, {"retry-after": retry_after}, ""))


def test_a_wait_is_asked_for_in_seconds_or_as_a_date() -> None:
    assert waits("3") == 3.0
    assert 1.0 < waits(formatdate(time.time() + 4, usegmt=True)) <= 4.0
    assert waits(formatdate(time.time() - 60, usegmt=True)) == 0.0
    assert waits(formatdate(time.time() + 3600, usegmt=True)) == MAX_RETRY_DELAY
    assert waits("soon") == waits("²") == 1.0


@pytest.mark.parametrize(
    ("status", "body", "left"),
    [
        (201, '{"id": 7}', ["1 by what /notes/{note_id} names"]),
        (201, "{}", ["1 by POST /notes"]),
        (200, "", ["1 by POST /notes"]),
        (204, "", ["1 by POST /notes"]),
        (422, "", []),
    ],
)
def test_what_an_answer_does_not_name_is_listed_as_staying(
    status: int, body: str, left: list[str]
) -> None:
    app = FastAPI()
    app.post("/notes")(lambda: None)
    app.delete("/notes/{note_id}")(lambda note_id: note_id)
    offered = list(operations(app.openapi()))
    cleanup = Cleanup(offered, _payloads(app))
    [create] = [operation for operation in offered if operation.method == "POST"]
    nobody: Any = SimpleNamespace(
        own_accounts=[], sign_up=None, maker_of=lambda _auth: None, name_of=lambda _auth: ""
    )
    cleanup.note(Request(create), NO_AUTH, Response(status, {}, body), nobody)
    assert cleanup.left(nobody) == left
    ada = User("ada", is_lent=True)
    lent: Any = SimpleNamespace(
        own_accounts=[], sign_up=None, maker_of=lambda _auth: ada, name_of=lambda _auth: "ada"
    )
    cleanup = Cleanup(offered, _payloads(app))
    cleanup.note(Request(create), NO_AUTH, Response(status, {}, body), lent)
    assert cleanup.left(lent) == [f"{line} as ada, who is in the file" for line in left]


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        ("/private/users/", True), ("/members/add", True), ("/admin/create-user", True),
        ("/users/search", False), ("/users/{user_id}", False), ("/user/login", False),
        ("/profile", False), ("/reports", False),
    ],
)  # fmt: skip
def test_accounts_are_listed_as_staying_by_the_path_that_made_them(
    path: str, *, is_kept: bool
) -> None:
    app = FastAPI()
    app.post(path)(lambda: None)
    (create,) = operations(app.openapi())
    cleanup = Cleanup([create], _payloads(app))
    nobody: Any = SimpleNamespace(
        own_accounts=[], sign_up=None, maker_of=lambda _auth: None, name_of=lambda _auth: ""
    )
    made = Response(200, {}, '{"id": 7}')
    cleanup.note(Request(create, {"user_id": 7}), NO_AUTH, made, nobody)
    assert cleanup.left(nobody) == [f"1 by POST {path}"] * is_kept


def test_what_may_have_gone_with_its_owner_is_not_said_to_stay() -> None:
    app = FastAPI()
    app.post("/notes")(lambda: None)
    app.delete("/notes/{note_id}")(lambda note_id: note_id)
    app.delete("/users/me", dependencies=[Depends(HTTPBearer())])(lambda: None)
    offered = list(operations(app.openapi()))
    create, remove, leave = offered
    eve: Any = SimpleNamespace(
        own_accounts=[], sign_up=None, maker_of=lambda _auth: None, name_of=lambda _auth: "eve"
    )
    cleanup = Cleanup(offered, _payloads(app))
    cleanup.note(Request(create), NO_AUTH, Response(201, {}, '{"id": 7}'), eve)
    assert cleanup.left(eve) == [f"1 by what {remove.path} names"]
    cleanup.note(Request(leave), NO_AUTH, Response(204, {}, ""), eve)
    unless = ", unless it went with the account that made it"
    assert cleanup.left(eve) == [f"1 by what {remove.path} names{unless}"]
