"""What a run made, and its removal: objects by the document's DELETE, accounts by their own."""

import contextlib
from collections import Counter
from dataclasses import dataclass

from apiproof.access.accounts import Accounts
from apiproof.access.http import NotPrepared, Request, Response, Sender
from apiproof.access.prepare import RequestPreparer
from apiproof.access.requirements import is_session_ending
from apiproof.access.resources import ResourceCreator, created_id, makes
from apiproof.access.users import User
from apiproof.jwt import RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

MOST = 200  # objects that are removed


@dataclass(frozen=True)
class Removal:
    """How one object is removed, and by whom."""

    request: Request
    auth: RequestAuth


class Cleanup:
    """Notes what requests make, and removes it."""

    def __init__(self, operations: list[Operation]) -> None:
        self._removers = {
            operation.path.rpartition("/{")[0]: operation
            for operation in operations
            if operation.method == "DELETE" and operation.path.endswith("}")
        }
        # What a POST makes can be read at its path, or below it.
        self._kept = {
            path
            for operation in operations
            if operation.method == "GET"
            for path in (operation.path.rstrip("/"), operation.path.rpartition("/{")[0])
        }
        self._removals: dict[str, Removal] = {}
        self._stayed: Counter[str] = Counter()
        self._closed: set[str] = set()

    def note(self, request: Request, auth: RequestAuth, response: Response) -> None:
        """Note what an answered request made, or removed."""
        if not response.ok:
            return
        operation = request.operation
        if operation.method == "DELETE":
            self._removals.pop(request.path, None)
        elif makes(operation):
            remover = self._removers.get(operation.path.rstrip("/"))
            if remover is None:
                if response.status == 201 or operation.path.rstrip("/") in self._kept:
                    self._stayed[operation.label] += 1
                return
            name = remover.path_parameters[-1]
            value = created_id(ResourceCreator(operation), response, remover.path, name, request)
            if value is None:  # the answer does not say what was made: nobody can remove it
                self._stayed[operation.label] += 1
            else:
                removal = Request(remover, {**request.values, name: value})
                self._removals[removal.path] = Removal(removal, auth)

    def run(self, sender: Sender, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Remove what was made: objects, then accounts."""
        for removal in list(self._removals.values())[:MOST]:
            with contextlib.suppress(NotPrepared):
                sender.send(removal.request, removal.auth)  # what is removed is noted there
        for user in accounts.own_accounts:
            if self._close(sender, preparer, user):
                self._closed.add(user.name)

    def left(self, accounts: Accounts) -> list[str]:
        """Return what was made and is still there, one line each."""
        stayed = Counter(self._stayed)
        stayed.update(
            f"what {removal.request.operation.path} names" for removal in self._removals.values()
        )
        names = sorted({user.name for user in accounts.own_accounts} - self._closed)
        lines = [f"{count} by {label}" for label, count in stayed.items()]
        return [*lines, *([f"accounts: {', '.join(names)}"] if names else [])]

    def _close(self, sender: Sender, preparer: RequestPreparer, user: User) -> bool:
        """Close an account of the run's own, as its owner."""
        for operation in preparer.security.operations:
            if not is_session_ending(operation, SessionEnd.DELETED):
                continue
            try:
                auth = preparer.credential(operation, user)
                if sender.send(Request(operation), auth).ok:
                    return True
            except NotPrepared:
                continue
        return False
