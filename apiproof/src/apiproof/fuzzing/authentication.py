"""The Schemathesis auth provider: a real token with exactly the scopes an operation declares.

A token with more scopes than an operation asks for would hide a wrong declaration; one shared by
all would die with the first fuzzed sign-out.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import schemathesis
from schemathesis.core.transport import Response

from apiproof.jwt import AUTHORIZATION, RequestAuth, ends_soon, presented, schemes
from apiproof.openapi.document import Operation, operations
from apiproof.service import EnvironmentControl

TOKEN_VARIABLE = "APIPROOF_TOKEN"  # noqa: S105  # the name of a variable, not a secret
_PARTS: Final = re.compile(r"[\s;,=]+")  # of a header: `Bearer TOKEN`, `name=TOKEN; other=x`

TokenSource = Callable[[Operation], str]


class SharedAccountTokens:
    """Tokens of the environment's shared account, replaced when fuzzing has ended its session."""

    def __init__(self, env: EnvironmentControl, ends_session: tuple[str, ...]) -> None:
        self._env = env
        self._ends_session = ends_session
        self._tokens: dict[tuple[str, tuple[str, ...]], str] = {}
        self._owners: dict[str, str] = {}

    def __call__(self, operation: Operation) -> str:
        """Return a token for one operation."""
        account = self._env.shared_account()
        key = (account.username, operation.scopes)
        if key not in self._tokens or ends_soon(self._tokens[key]):
            self._tokens[key] = self._env.token(account.username, operation.scopes)
            self._owners[self._tokens[key]] = account.username
        return self._tokens[key]

    def notice(self, operation_id: str, response: Response) -> None:
        """Retire the account whose session a successful call has just ended."""
        if operation_id not in self._ends_session or response.status_code not in range(200, 300):
            return
        if owner := self.owner_of(response.request.headers):
            self._env.invalidate(owner)

    def owner_of(self, *holders: Mapping[str, object] | None) -> str:
        """Return whose token headers or cookies hold; empty for nobody's that is known."""
        values = [str(value) for holder in holders for value in (holder or {}).values()]
        words = [word for value in values for word in _PARTS.split(value)]
        return next((self._owners[word] for word in words if word in self._owners), "")


def environment_token(_: Operation) -> str:
    """Return the token that the environment names, for a deployed server."""
    return os.environ[TOKEN_VARIABLE]


class Presenter:
    """How the operations of a document take a token: as a header, a cookie or in the query."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._declared = schemes(document)

    def __call__(self, operation: Operation, token: str) -> RequestAuth:
        """Return a token as an operation takes it; as a bearer token where that cannot be told."""
        auth = presented(operation.security, self._declared, token)
        return auth or RequestAuth(headers={AUTHORIZATION: f"Bearer {token}"})


def put_into(case: Any, auth: RequestAuth) -> None:
    """Put a credential into a case of Schemathesis."""
    case.headers.update(auth.headers)
    case.cookies.update(auth.cookies)
    if auth.query:
        case.query = {**(case.query or {}), **auth.query}


def provider_for(
    document: dict[str, Any], tokens: TokenSource
) -> type[schemathesis.AuthProvider[RequestAuth]]:
    """Build the provider class that Schemathesis registers."""
    by_label = {operation.label: operation for operation in operations(document)}
    present = Presenter(document)

    class DeclaredScopes:
        """Injects a token into the operations that declare security, and no others."""

        def get(self, _case: Any, context: schemathesis.AuthContext) -> RequestAuth | None:
            operation = by_label.get(context.operation.label)
            if operation is None or not operation.security:
                return None
            return present(operation, tokens(operation))

        def set(self, case: Any, data: RequestAuth, _context: schemathesis.AuthContext) -> None:
            put_into(case, data)

    return DeclaredScopes
