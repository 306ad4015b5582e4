"""The token of a run: one for all requests, another when its time or its session is over."""

import base64
import json
import time
from types import SimpleNamespace
from typing import Any, cast

from apiproof.fuzzing.authentication import SharedAccountTokens
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
        return f"h.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.s"


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
