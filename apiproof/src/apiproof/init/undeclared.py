"""What a running application asks of its callers and does not declare."""

import re

import requests

from apiproof.environment import Environment
from apiproof.openapi.document import Operation, operations

REFUSED = (401, 403)


def undeclared_security(env: Environment) -> tuple[str, ...]:
    """Return the operationIds that refuse callers without a token, take one, and declare neither.

    Each is asked twice, with an empty body: FastAPI looks at credentials before it reads one.

    Args:
        env: Where the application runs, with a client.
    """
    open_ones = [operation for operation in operations(env.document) if not operation.secured]
    refused = [operation for operation in open_ones if _status(env, operation, "") in REFUSED]
    if not refused:
        return ()
    token = env.token(env.new_account().username)
    return tuple(
        operation.operation_id
        for operation in refused
        if _status(env, operation, token) not in REFUSED
    )


def _status(env: Environment, operation: Operation, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    try:
        return env.client.request(operation.method, path, headers=headers).status_code
    except requests.RequestException:
        return 0
