"""An API that signs its own tokens publishes its keys: by an operation, or where that is usual."""

from typing import Any

import pytest

from apiproof.access import keys
from apiproof.access.keys import published_keys
from apiproof.jwt import Jws

KEY = {"kty": "RSA", "kid": "one", "n": "AQAB", "e": "AQAB"}
BASE = "http://127.0.0.1:1/api/v1"


def _token(algorithm: str) -> Jws:
    return Jws({"alg": algorithm, "kid": "one"}, {"sub": "ada"}, "")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was fetched, where one place holds keys."""
    found: list[str] = []

    def fetched(url: str) -> Any:
        found.append(url)
        there = {f"{BASE}/auth/jwks", "http://127.0.0.1:1/.well-known/jwks.json"}
        return {"keys": [KEY]} if url in there else {"keys": "of a piano"}

    monkeypatch.setattr(keys, "_fetched", fetched)
    return found


def test_an_operation_that_publishes_keys_is_asked_first(asked: list[str]) -> None:
    paths: dict[str, Any] = {
        "/keys": {"get": {}},
        "/keys/{id}": {"get": {}},
        "/auth/jwks": {"get": {}},
    }
    document = {"paths": {**paths, "/certs": {"post": {}}}}
    assert published_keys(document, _token("RS256"), None, BASE) == [KEY]
    assert asked == [f"{BASE}/keys", f"{BASE}/auth/jwks"]


def test_what_the_document_does_not_name_is_looked_for_at_the_host(asked: list[str]) -> None:
    assert published_keys({}, _token("PS256"), None, BASE) == [KEY]
    assert asked == ["http://127.0.0.1:1/.well-known/jwks.json"]


@pytest.mark.parametrize("algorithm", ["HS256", "none", ""])
def test_a_shared_secret_has_no_public_key(asked: list[str], algorithm: str) -> None:
    assert published_keys({}, _token(algorithm), None, BASE) == []
    assert asked == []
