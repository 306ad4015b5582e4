"""What a running application asks of its callers and does not declare."""

import re

import requests

from apiproof.environment import Environment
from apiproof.openapi.document import Operation, operations

REFUSED = (401, 403)


def undeclared_security(env: Environment) -> tuple[str, ...]:
    """Return the operationIds that refuse callers without a token, and declare nothing of it.

    With a token, an access or an id token, they answer otherwise: 403, say, where a role is
    missing. Each is asked with an empty body: FastAPI looks at credentials before it reads one.

    Args:
        env: Where the application runs, with a client.
    """
    open_ones = [operation for operation in operations(env.document) if not operation.secured]
    without = [(operation, _status(env, operation, "")) for operation in open_ones]
    refused = [(operation, status) for operation, status in without if status in REFUSED]
    if not refused:
        return ()
    account = env.new_account()
    tokens = (account.access_token, account.id_token)
    return tuple(
        operation.operation_id
        for operation, status in refused
        if any(_status(env, operation, token) != status for token in tokens)
    )


def token_kinds(env: Environment, undeclared: tuple[str, ...]) -> dict[str, str]:
    """Return `access` or `id` by operationId, for operations that take one of them alone.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
    """
    found = {}
    account = env.new_account()
    for operation in operations(env.document):
        if operation.secured or operation.operation_id in undeclared:
            scopes = operation.scopes or None
            access = env.cognito.issue_tokens(account.username, scopes).access_token
            by_access = _status(env, operation, access) in REFUSED
            by_id = _status(env, operation, account.id_token) in REFUSED
            if by_access != by_id:
                found[operation.operation_id] = "id" if by_access else "access"
    return found


def _status(env: Environment, operation: Operation, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    try:
        return env.client.request(operation.method, path, headers=headers).status_code
    except requests.RequestException:
        return 0
