"""What a running application asks of its callers and does not declare."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import requests

from apiproof.environment import Environment
from apiproof.jwt import NO_AUTH, RequestAuth, presented, schemes
from apiproof.openapi.document import Operation, operations
from apiproof.openapi.undeclared import BEARER, with_security

REFUSED = (401, 403)


class Undeclared(NamedTuple):
    """What an application asks for, though its document does not say so.

    Attributes:
        scheme: How it takes tokens, an OpenAPI Security Scheme Object.
        operations: operationIds.
    """

    scheme: Mapping[str, str] = BEARER
    operations: tuple[str, ...] = ()


NOTHING: Final = Undeclared()


def undeclared_security(env: Environment, places: Iterable[tuple[str, str]] = ()) -> Undeclared:
    """Return the operations that refuse callers without a token, and declare nothing of it.

    With a token, an access or an id token, they answer otherwise: 403, say, where a role is
    missing. Each is asked with an empty body: FastAPI looks at credentials before it reads one.
    Where a bearer token changes nothing, the same is tried in other places.

    Args:
        env: Where the application runs, with a client.
        places: Cookies and headers that its source reads: `("cookie", "access_token")`.
    """
    open_ones = [operation for operation in operations(env.document) if not operation.secured]
    without = [(operation, _status(env, operation)) for operation in open_ones]
    refused = [(operation, status) for operation, status in without if status in REFUSED]
    if not refused:
        return NOTHING
    account = env.new_account()
    tokens = (account.access_token, account.id_token)
    carriers = [BEARER, *({"type": "apiKey", "in": place, "name": name} for place, name in places)]
    for carrier in carriers:
        [scheme] = schemes({"components": {"securitySchemes": {"tried": carrier}}}).values()
        found = tuple(
            operation.operation_id
            for operation, status in refused
            if any(_status(env, operation, scheme.present(token)) != status for token in tokens)
        )
        if found:
            return Undeclared(carrier, found)
    return NOTHING


def token_kinds(env: Environment, undeclared: Undeclared) -> dict[str, str]:
    """Return `access` or `id` by operationId, for operations that take one of them alone.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
    """
    found = {}
    account = env.new_account()
    document = with_security(
        env.document, dict.fromkeys(undeclared.operations, ()), undeclared.scheme
    )
    declared = schemes(document)
    for operation in operations(document):
        if operation.secured:
            scopes = operation.scopes or None
            access = env.cognito.issue_tokens(account.username, scopes).access_token
            by_access, by_id = (
                _status(env, operation, presented(operation.security, declared, token) or NO_AUTH)
                in REFUSED
                for token in (access, account.id_token)
            )
            if by_access != by_id:
                found[operation.operation_id] = "id" if by_access else "access"
    return found


def _status(env: Environment, operation: Operation, auth: RequestAuth = NO_AUTH) -> int:
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    try:
        return env.client.request(operation.method, path, **auth.as_arguments()).status_code
    except requests.RequestException:
        return 0
