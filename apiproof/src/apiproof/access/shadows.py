"""Shadowed routes: a path with a parameter, declared before a literal one that it also matches.

Frameworks that take the first match (Starlette, FastAPI) never reach the second.
"""

from collections.abc import Mapping
from typing import Any

from apiproof.openapi.document import Operation, operations


def shadows(document: Mapping[str, Any]) -> dict[str, Operation]:
    """Return the operations that an earlier one may shadow, and which one.

    Returns:
        operationId -> the earlier operation.
    """
    found: dict[str, Operation] = {}
    earlier: list[Operation] = []
    for operation in operations(dict(document)):
        for candidate in earlier:
            if candidate.method == operation.method and _covers(candidate, operation.path):
                found.setdefault(operation.operation_id, candidate)
        earlier.append(operation)
    return found


def _covers(candidate: Operation, path: str) -> bool:
    theirs, ours = candidate.path.split("/"), path.split("/")
    if len(theirs) != len(ours) or candidate.path.count("{") <= path.count("{"):
        return False
    # Whatever the parameter's schema says: the route is chosen before values are checked.
    pairs = zip(theirs, ours, strict=True)
    return all(their[:1] == "{" or their == our for their, our in pairs)
