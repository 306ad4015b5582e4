"""API keys that an operation makes for whoever has signed in.

A file names users by their logins; where operations take a key in place of a session, each user
makes one, once in a run.
"""

import re
from collections.abc import Iterator
from typing import Any, Protocol

from apiproof.access.fields import fields_of
from apiproof.access.http import Request, Response
from apiproof.access.payloads import PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.access.users import User
from apiproof.jwt import RequestAuth, Scheme
from apiproof.openapi.document import Operation

_MAKES_KEYS = re.compile(r"/(api|access|personal)?[-_]?(keys?|access[-_]tokens?)/?$", re.IGNORECASE)
_KEY = re.compile(
    r"^((api|access|raw|plain|secret|full)[-_]?)?(key|token)([-_]?value)?$", re.IGNORECASE
)


class _Accounts(Protocol):
    def auth_of(self, operation: Operation, user: User) -> RequestAuth | None: ...

    def send(self, request: Request, auth: RequestAuth) -> Response | None: ...


class MadeKeys:
    """Makes API keys, one for each user and scheme."""

    def __init__(
        self, security: SecurityModel, payloads: PayloadSource, accounts: _Accounts
    ) -> None:
        self._security = security
        self._payloads = payloads
        self._accounts = accounts
        self._keys: dict[tuple[str, str], str] = {}

    def of(self, user: User, scheme: Scheme) -> str:
        """Return a user's key under a scheme; empty where nothing makes one."""
        name = (user.name, scheme.name)
        if name not in self._keys and scheme.kind == "apiKey":
            self._keys[name] = ""  # not while it is asked for
            made = (self._made(one, user) for one in self._makers(scheme))
            self._keys[name] = next(filter(None, made), "")
        return self._keys.get(name, "")

    def _makers(self, scheme: Scheme) -> Iterator[Operation]:
        for operation in self._security.operations:
            uses = self._security.alternatives[operation.security]
            if (
                operation.method == "POST"
                and operation.secured
                and "{" not in operation.path
                and _MAKES_KEYS.search(operation.path)
                and not any(use.scheme == scheme for choice in uses for use in choice)
            ):
                yield operation

    def _made(self, operation: Operation, user: User) -> str:
        auth = self._accounts.auth_of(operation, user)
        if auth is None:
            return ""
        content = next(self._payloads.recipes(operation))(user, 0)
        answer = self._accounts.send(Request(operation, {}, content), auth)
        return _key_in(answer.json) if answer is not None and answer.ok else ""


def _key_in(body: Any) -> str:
    texts = [(path[-1], value) for path, value in fields_of(body) if isinstance(value, str)]
    return next((value for name, value in texts if _KEY.search(name)), "")
