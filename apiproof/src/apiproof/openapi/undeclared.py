"""Security that an application enforces and its document does not declare, written into it.

FastAPI declares what is a `Security` dependency alone; an application that reads headers or cookies
itself declares nothing, and tools that follow the document would leave it untried.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from apiproof.openapi.document import operations

SCHEME = "apiproofBearer"


def with_security(
    document: dict[str, Any], undeclared: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return a document in which operations ask for a bearer token.

    Args:
        document: What the application declares; it is not changed.
        undeclared: The scopes by operationId.

    Raises:
        ValueError: There is no such operation.
    """
    if not undeclared:
        return document
    changed = copy.deepcopy(document)
    found = {operation.operation_id: operation for operation in operations(changed)}
    if missing := sorted(set(undeclared) - set(found)):
        raise ValueError(", ".join(missing))
    schemes = changed.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[SCHEME] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    for name, scopes in undeclared.items():
        found[name].definition["security"] = [{SCHEME: list(scopes)}]
    return changed
