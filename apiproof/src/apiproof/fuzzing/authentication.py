"""The Schemathesis auth provider: a real token with exactly the scopes an operation declares.

A token with more scopes than an operation asks for would hide a wrong declaration; one shared by
all would die with the first fuzzed sign-out.
"""

import base64
import json
import math
import os
import time
from collections.abc import Callable
from typing import Any

import schemathesis
from schemathesis.core.transport import Response

from apiproof.openapi.document import Operation, operations
from apiproof.service import EnvironmentControl

TOKEN_VARIABLE = "APIPROOF_TOKEN"  # noqa: S105  # the name of a variable, not a secret
HEADER = "Authorization"
MARGIN = 60.0  # seconds: a request may take that long

TokenSource = Callable[[Operation], str]


class SharedAccountTokens:
    """Tokens of the environment's standing account, replaced when fuzzing has ended its session."""

    def __init__(self, env: EnvironmentControl, ends_session: tuple[str, ...]) -> None:
        self._env = env
        self._ends_session = ends_session
        self._tokens: dict[tuple[str, tuple[str, ...]], str] = {}
        self._owners: dict[str, str] = {}

    def __call__(self, operation: Operation) -> str:
        """Return a token for one operation."""
        account = self._env.shared_account()
        key = (account.username, operation.scopes)
        if key not in self._tokens or _ends_soon(self._tokens[key]):
            self._tokens[key] = self._env.token(account.username, operation.scopes)
            self._owners[self._tokens[key]] = account.username
        return self._tokens[key]

    def notice(self, operation_id: str, response: Response) -> None:
        """Retire the account whose session a successful call has just ended."""
        if operation_id not in self._ends_session or response.status_code not in range(200, 300):
            return
        if owner := self.owner_of(response.request.headers.get(HEADER)):
            self._env.invalidate(owner)

    def owner_of(self, header: object) -> str:
        """Return whose token an `Authorization` header holds; empty for nobody's that is known."""
        return self._owners.get(str(header or "").removeprefix("Bearer "), "")


def _ends_soon(token: str) -> bool:
    """Whether a token's time is nearly over: a long run outlives many."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return False  # it is no JWT: nobody can tell
    return isinstance(claims, dict) and claims.get("exp", math.inf) - time.time() < MARGIN


def environment_token(_: Operation) -> str:
    """Return the token that the environment names, for a deployed server."""
    return os.environ[TOKEN_VARIABLE]


def provider_for(
    document: dict[str, Any], tokens: TokenSource
) -> type[schemathesis.AuthProvider[str]]:
    """Build the provider class that Schemathesis registers."""
    by_label = {operation.label: operation for operation in operations(document)}

    class DeclaredScopes:
        """Injects a bearer token into the operations that declare security, and no others."""

        def get(self, _case: Any, context: schemathesis.AuthContext) -> str | None:
            operation = by_label.get(context.operation.label)
            return tokens(operation) if operation is not None and operation.security else None

        def set(self, case: Any, data: str, _context: schemathesis.AuthContext) -> None:
            case.headers[HEADER] = f"Bearer {data}"

    return DeclaredScopes
