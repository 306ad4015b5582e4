"""Security that an application enforces and its document does not declare, written into it.

FastAPI declares what is a `Security` dependency alone; an application that reads headers or cookies
itself declares nothing, and tools that follow the document would leave it untried.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apiproof.openapi.document import operations

SCHEME: Final = "apiproofBearer"
BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def with_security(
    document: dict[str, Any],
    undeclared: Mapping[str, Sequence[str]],
    scheme: Mapping[str, Any] = BEARER,
) -> dict[str, Any]:
    """Return a document in which operations ask for a token.

    Those that say by which schemes they take one keep them, and ask for the scopes besides.

    Args:
        document: What the application declares; it is not changed.
        undeclared: The scopes by operationId.
        scheme: How the token is carried, an OpenAPI Security Scheme Object.

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
    schemes[SCHEME] = dict(scheme)
    for name, scopes in undeclared.items():
        declared = [[each for each, _ in one] for one in found[name].security if one]
        found[name].definition["security"] = [
            {key: list(scopes) for key in names} for names in declared or [[SCHEME]]
        ]
    return changed
