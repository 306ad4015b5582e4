"""What a running application asks of its callers and does not declare."""

import re

import requests

from apiproof.environment import Environment
from apiproof.openapi.document import Operation, operations

REFUSED = (401, 403)


def undeclared_security(env: Environment) -> tuple[str, ...]:
    """Return the operationIds that refuse callers without a token, and declare nothing of it.

    With a token they answer otherwise: 403, say, where a role is missing. Each is asked twice, with
    an empty body: FastAPI looks at credentials before it reads one.

    Args:
        env: Where the application runs, with a client.
    """
    open_ones = [operation for operation in operations(env.document) if not operation.secured]
    without = [(operation, _status(env, operation, "")) for operation in open_ones]
    refused = [(operation, status) for operation, status in without if status in REFUSED]
    if not refused:
        return ()
    token = env.token(env.new_account().username)
    return tuple(
        operation.operation_id
        for operation, status in refused
        if _status(env, operation, token) != status
    )


def _status(env: Environment, operation: Operation, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    try:
        return env.client.request(operation.method, path, headers=headers).status_code
    except requests.RequestException:
        return 0
