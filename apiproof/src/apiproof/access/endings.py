"""Which operations end the caller's own session or account, read from their names and paths."""

import re

from apiproof.jwt import Ending
from apiproof.openapi.document import Operation

_SIGN_OUT = re.compile(r"(log|sign)[-_]?out|revoke|end[-_]?session", re.IGNORECASE)
_OWN_ACCOUNT = re.compile(
    r"/(me|self|account|profile|users/current)/?$|(delete|close|remove)[-_]?(me|(my[-_]?)?account)$",
    re.IGNORECASE,
)


def ends(operation: Operation, ending: Ending) -> bool:
    """Tell whether an operation ends the caller's own session or account."""
    if not operation.security or "{" in operation.path:
        return False
    names = f"{operation.operation_id} {operation.path}"
    if ending is Ending.SIGNED_OUT:
        return operation.method in {"POST", "DELETE"} and bool(_SIGN_OUT.search(names))
    if ending is Ending.DELETED and operation.method == "DELETE":
        return any(_OWN_ACCOUNT.search(name) for name in names.split())
    return False
