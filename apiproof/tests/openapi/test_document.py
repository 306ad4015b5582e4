from pathlib import Path
from typing import Any

import pytest

from apiproof.openapi.document import (
    DocumentError,
    DocumentMissing,
    Router,
    load_document,
    operations,
)

DOCUMENT: dict[str, Any] = {
    "security": [{"default": []}],
    "paths": {
        "/users/{sub}": {"get": {"operationId": "read_user", "security": [], "responses": {}}},
        "/users/me": {
            "get": {"operationId": "read_me", "security": [{"oauth": ["me"]}], "responses": {}}
        },
        "/maybe": {"get": {"security": [{}, {"oauth": ["me"]}], "responses": {"200": {}}}},
        "/users/new": {"post": {"operationId": "sign_up", "responses": {}}},
        "/plain": {"post": {"operationId": "plain", "responses": {"201": {}}}},
    },
}


def by_id() -> dict[str, Any]:
    return {operation.operation_id: operation for operation in operations(DOCUMENT)}


def test_operations_know_what_secures_them() -> None:
    found = by_id()
    assert not found["read_user"].secured
    assert found["read_me"].secured
    assert found["read_me"].scopes == ("me",)
    assert found["plain"].secured


def test_optional_security_is_not_a_demand() -> None:
    assert not by_id()["GET /maybe"].secured


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/users/me", "read_me"),
        ("GET", "/users/b5a1", "read_user"),
        ("GET", "/users/a\nb", "read_user"),
        ("POST", "/plain", "plain"),
    ],
)
def test_requests_find_their_operation(method: str, path: str, expected: str) -> None:
    found = Router(DOCUMENT).find(method, path)
    assert found is not None
    assert found.operation_id == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/plain"), ("GET", "/users/a/b"), ("GET", "/"), ("GET", "/users/new")],
)
def test_other_requests_find_none(method: str, path: str) -> None:
    assert Router(DOCUMENT).find(method, path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"paths": []}', "{"])
def test_what_is_no_document_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_document(path)
    assert "\n" not in str(caught.value)


def test_a_missing_document_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DocumentMissing, match="--openapi"):
        load_document(tmp_path / "none.json")
