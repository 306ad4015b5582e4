"""The token of a run: one for all requests, another when its time or its session is over."""

import base64
import json
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof.fuzzing.authentication import Presenter, SharedAccountTokens, put_into
from apiproof.openapi.document import operations
from apiproof.service import EnvironmentControl

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {},
    "paths": {"/x": {"get": {"security": [{"bearer": ["read"]}], "responses": {}}}},
}


class FakeEnvironment:
    """Issues tokens that live for some seconds."""

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self.issued = 0

    def shared_account(self) -> Any:
        return SimpleNamespace(username="ada")

    def token(self, username: str, scopes: Any) -> str:
        assert (username, scopes) == ("ada", ("read",))
        self.issued += 1
        claims = json.dumps({"exp": time.time() + self.lifetime, "n": self.issued})
        return f"e30.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.s"


def asked_twice(lifetime: float) -> int:
    env = FakeEnvironment(lifetime)
    tokens = SharedAccountTokens(cast("EnvironmentControl", env), ())
    [operation] = operations(DOCUMENT)
    assert tokens(operation)
    assert tokens(operation)
    return env.issued


def test_a_token_is_used_until_its_time_is_nearly_over() -> None:
    assert asked_twice(3600) == 1
    assert asked_twice(30) == 2
    assert asked_twice(-1) == 2


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http", "scheme": "bearer"},
        {"type": "apiKey", "in": "cookie", "name": "access_token"},
        {"type": "apiKey", "in": "header", "name": "X-Token"},
    ],
)
def test_a_token_is_put_where_the_document_wants_it_and_found_there(scheme: Any) -> None:
    """An account whose session a request ended must not be used again, wherever its token was."""
    document = {**DOCUMENT, "components": {"securitySchemes": {"bearer": scheme}}}
    tokens = SharedAccountTokens(cast("EnvironmentControl", FakeEnvironment(3600)), ())
    [operation] = operations(document)
    case = SimpleNamespace(headers={}, cookies={}, query={})
    put_into(case, Presenter(document)(operation, tokens(operation)))
    assert tokens.owner_of(case.headers, case.cookies) == "ada"
    sent = {"Cookie": f"theme=dark; access_token={case.cookies.get('access_token')}"}
    assert tokens.owner_of({**case.headers, **(sent if case.cookies else {})}) == "ada"
    assert tokens.owner_of({"X-Token": "another"}, None) == ""
    assert bool(case.cookies) == (scheme.get("in") == "cookie")
    assert ("X-Token" in case.headers) == (scheme.get("in") == "header")
