"""What an object has to be before an operation takes it: an order is refunded once it is paid.

A conflict (RFC 9110, 15.5.10) says that the object's state does not allow something. What else can
be done to the object is tried in the document's order, until the operation succeeds.
"""

import contextlib
import re
from typing import TYPE_CHECKING

from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.users import User
from apiproof.openapi.document import Operation

if TYPE_CHECKING:
    from apiproof.access.prepared import PreparedRequest
    from apiproof.access.resource_maker import Preparer

CONFLICT = 409
_BACKWARDS = re.compile(
    r"/(cancel|close|reject|void|refund|return|archive|revoke|delete|remove|undo|reset|end|stop)",
    re.IGNORECASE,
)


class LaterStates:
    """Brings new objects to the states in which operations take them.

    Attributes:
        known: What comes before an operation, by its label.
    """

    def __init__(self, preparer: "Preparer") -> None:
        self._preparer = preparer
        self.known: dict[str, list[Operation]] = {}
        self._tried: set[str] = set()

    def bring(self, request: Request, user: User) -> None:
        """Do to the object of a request what is known to come before it."""
        for action in self.known.get(request.operation.label, ()):
            self._act(action, request, user)

    def tried(self, prepared: "PreparedRequest", response: Response) -> Response:
        """Try what may come before a request that met a conflict; return the last answer to it."""
        operation, user = prepared.request.operation, prepared.user
        is_new = operation.label not in self._tried and bool(prepared.made)
        if not is_new or not user.is_learnt:
            return response
        self._tried.add(operation.label)
        done: list[Operation] = []
        for action in self._actions(operation):
            if self._act(action, prepared.request, user):
                done.append(action)
                again = self._preparer.send_valid(prepared)
                if again.ok:
                    self.known[operation.label] = done
                    return again
        return response

    def _actions(self, operation: Operation) -> list[Operation]:
        """Return what can be done to the object that an operation is about."""
        above = re.escape(operation.path[: operation.path.find("}") + 1])
        return [
            one
            for one in self._preparer.security.operations
            if one.method == "POST"
            and one.label != operation.label
            and re.fullmatch(rf"{above}/[\w-]+/?", one.path)
            and not _BACKWARDS.search(one.path)
        ]

    def _act(self, action: Operation, request: Request, user: User) -> bool:
        names = action.path_parameters
        values = {name: request.values[name] for name in names if name in request.values}
        if len(values) < len(names):
            return False
        recipe = next(iter(self._preparer.payloads.recipes(action)))
        with contextlib.suppress(NotPrepared):
            auth = self._preparer.credential(action, user)
            return self._preparer.sender.send(Request(action, values, recipe(user, 0)), auth).ok
        return False
