"""What a run made, and its removal: objects by the document's DELETE, accounts by their own."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apiproof.access.accounts import Accounts
from apiproof.access.http import NotPrepared, Request, Response, Sender
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import own_value
from apiproof.access.procedures import CalledRemovals, key_of, lists_by_name, reads_by_name
from apiproof.access.requirements import is_session_ending
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    created_id,
    makes,
    moved_to,
)
from apiproof.access.safeguards import is_account_operation, makes_account, names_account
from apiproof.access.users import User
from apiproof.jwt import RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

MOST = 200  # objects that are removed
RENEWALS = 2  # of a credential: what is held may be over as well as what made the object
ENDED, UNKNOWN, GONE = {401, 403}, 404, 410


@dataclass(frozen=True)
class Removal:
    """How one object is removed, and by whom."""

    request: Request
    auth: RequestAuth
    made: CreatedResource


def _renewed(
    operation: Operation, refused: RequestAuth, holder: User, preparer: RequestPreparer
) -> RequestAuth:
    """Return the holder's credential in place of one whose session may be over."""
    auth = preparer.credential(operation, holder)
    if auth == refused:
        preparer.user_source.invalidate(holder)
        auth = preparer.credential(operation, holder)
    return auth


def note_end(accounts: Accounts, request: Request, auth: RequestAuth, response: Response) -> None:
    """Take note that an account, or its session, was ended by whatever request."""
    if response.ok and (removed := removed_account(accounts, request)) is not None:
        accounts.forget(removed, is_gone=True)
    holder = accounts.holder_of(auth) if response.ok else None
    if holder is not None and is_session_ending(request.operation, SessionEnd.DELETED):
        accounts.forget(holder, is_gone=True)
    elif holder is not None and is_session_ending(request.operation, SessionEnd.SIGNED_OUT):
        accounts.invalidate(holder)


def note_of(accounts: Accounts, sender: Sender) -> str:
    """Say in one line what kept a run from more: no sign-up, a limit of requests."""
    notes = []
    if why_not := accounts.why_not:
        more = "more " if accounts.remaining else ""
        notes = [f"no {more}accounts of the run's own: {why_not}"]
    if sender.is_limited:
        notes.append("the service limits requests (429): raise its limit for the run, or name less")
    return "; ".join(notes)


def removed_account(accounts: Accounts, request: Request) -> User | None:
    """Return the account of the run's own that a request deletes by its id, or None."""
    operation = request.operation
    name = next(reversed(operation.path_parameters), "")
    is_removal = operation.method == "DELETE" and operation.path.rstrip("/").endswith("}")
    if not is_removal or not names_account(operation, name):
        return None
    value = str(request.values.get(name))
    return next(
        (one for one in accounts.remaining if own_value(operation, name, one) == value), None
    )


def _as_lent(accounts: Accounts, auth: RequestAuth) -> str:
    """Return what tells a user of the file from an account of the run's own; empty for those."""
    maker = accounts.maker_of(auth)
    return f" as {maker.name}, who is in the file" if maker is not None and maker.is_lent else ""


class Cleanup:
    """Notes what requests make, and removes it."""

    def __init__(self, operations: list[Operation], payloads: PayloadSource) -> None:
        self._calls = CalledRemovals(operations, payloads)
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
        self._unremovable: Counter[str] = Counter()  # successes, whether or not they made anything
        self._emptied: set[str] = set()  # collections of which several were removed at once
        self._closed: set[str] = set()
        self._ended: set[str] = set()  # accounts that their owners deleted, some more than once

    def note(
        self, request: Request, auth: RequestAuth, response: Response, accounts: Accounts
    ) -> None:
        """Note what an answered request made, or removed."""
        if not response.ok:
            return
        operation = request.operation
        if called := self._calls.removed_by(request):
            self._removals.pop(called, None)
        elif operation.method == "DELETE":
            self._removals.pop(request.path, None)
            self._emptied.add(operation.path.rstrip("/"))
            if is_session_ending(operation, SessionEnd.DELETED):
                self._ended.add(accounts.name_of(auth))
            elif (removed := removed_account(accounts, request)) is not None:
                self._ended.add(removed.name)
        elif operation.method in {"PUT", "PATCH"} and request.path in self._removals:
            self._follow(request, response)
        elif operation.method == "PUT" and operation.path.endswith("}"):
            self._note_put(request, auth, response)
        elif makes(operation):
            self._note_made(request, auth, response, accounts)

    def _note_made(
        self, request: Request, auth: RequestAuth, response: Response, accounts: Accounts
    ) -> None:
        """Note what a POST has made."""
        operation = request.operation
        remover = self._removers.get(operation.path.rstrip("/"))
        whose = _as_lent(accounts, auth)
        if remover is None and (made := self._calls.of(request, response)) is not None:
            removal = self._calls.request(made)
            self._removals[key_of(removal.operation, made.value)] = Removal(removal, auth, made)
        elif remover is None:
            self._unremovable[operation.label] += 1
            path = operation.path.rstrip("/")
            is_read = lists_by_name(operation) or reads_by_name(operation)
            if is_read or is_session_ending(operation, SessionEnd.SIGNED_OUT):
                return
            is_kept = response.status == 201 or path in self._kept or makes_account(operation)
            if is_kept or whose:
                self._stayed[operation.label + whose] += 1
        else:
            self._note_removable(request, auth, response, remover, whose)

    def _note_removable(
        self,
        request: Request,
        auth: RequestAuth,
        response: Response,
        remover: Operation,
        whose: str,
    ) -> None:
        """Note what a DELETE removes."""
        operation = request.operation
        name = remover.path_parameters[-1]
        value = created_id(ResourceCreator(operation), response, remover.path, name, request)
        if value is None:  # the answer does not say what was made: nobody can remove it
            self._stayed[operation.label + whose] += 1
        else:
            removal = Request(remover, {**request.values, name: value})
            made = CreatedResource(name, value, operation, request, response)
            self._removals[removal.path] = Removal(removal, auth, made)

    def _note_put(self, request: Request, auth: RequestAuth, response: Response) -> None:
        """Note what a PUT may have made at an id of its sender's choice."""
        operation = request.operation
        name = operation.path_parameters[-1]
        remover = self._removers.get(operation.path.rpartition("/{")[0])
        if is_account_operation(operation) or remover is None or remover.path != operation.path:
            return
        made = CreatedResource(name, request.values[name], operation, request, response)
        self._removals[request.path] = Removal(Request(remover, request.values), auth, made)

    def _follow(self, request: Request, response: Response) -> None:
        """Note under which id an object goes that a write has given another."""
        removal = self._removals[request.path]
        moved = moved_to(removal.made, request, response)
        if moved is not None:
            made = replace(removal.made, value=moved)
            there = removal.request.at(**{made.parameter: moved})
            del self._removals[request.path]
            self._removals[there.path] = Removal(there, removal.auth, made)

    def run(self, sender: Sender, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Remove what was made: objects, then accounts."""
        # What stands inside something else goes first.
        inmost = sorted(
            self._removals.items(), key=lambda one: -one[1].request.operation.path.count("{")
        )
        for path, removal in inmost[:MOST]:
            with contextlib.suppress(NotPrepared):
                # What is removed is noted there.
                auth, operation = removal.auth, removal.request.operation
                answer, holder = sender.send(removal.request, auth), accounts.maker_of(auth)
                for _ in range(RENEWALS):
                    if answer.status in ENDED and holder is not None:
                        auth = _renewed(operation, auth, holder, preparer)
                        answer = sender.send(removal.request, auth)
                if answer.status == GONE or (
                    answer.status == UNKNOWN and self._may_be_gone(operation)
                ):
                    self._removals.pop(path, None)  # with what it stood in, by an earlier request
        for user in accounts.remaining:
            if self._close(sender, preparer, user):
                self._closed.add(user.name)

    def _may_be_gone(self, remover: Operation) -> bool:
        """Whether an object may have gone with what it stood in, or with others of its kind."""
        return remover.path.count("{") > 1 or remover.path.rpartition("/{")[0] in self._emptied

    def left(self, accounts: Accounts) -> list[str]:
        """Return what was made and is still there, one line each."""
        stayed = Counter(self._stayed)
        label = accounts.sign_up.label if accounts.sign_up else ""
        signed_up = max(stayed.pop(label, 0), self._unremovable[label])
        for removal in self._removals.values():
            whose = _as_lent(accounts, removal.auth)
            if accounts.name_of(removal.auth) in self._ended:
                whose = ", unless it went with the account that made it"
            stayed[f"what {removal.request.operation.path} names{whose}"] += 1
        names = sorted({user.name for user in accounts.own_accounts} - self._closed)
        more = signed_up - len(self._ended) - len(names)
        lines = [f"{count} by {label}" for label, count in stayed.items()]
        if more > 0:
            names.append(f"{more} more that changed or that nobody signed in to")
        return [*lines, *([f"accounts: {', '.join(names)}"] if names else [])]

    def _close(self, sender: Sender, preparer: RequestPreparer, user: User) -> bool:
        """Close an account of the run's own, as its owner."""
        for request in _closings(preparer.security.operations, user):
            try:
                auth = preparer.credential(request.operation, user)
                if sender.send(request, auth).ok:
                    return True
            except NotPrepared:
                continue
        return False


def _closings(operations: list[Operation], user: User) -> Iterator[Request]:
    """Yield what may close an account: without its id, or with it."""
    for operation in operations:
        if is_session_ending(operation, SessionEnd.DELETED):
            yield Request(operation)
    for operation in operations:
        names = operation.path_parameters
        is_about_one = operation.method == "DELETE" and operation.path.rstrip("/").endswith("}")
        if operation.secured and is_about_one and len(names) == 1:
            own = own_value(operation, names[0], user)
            if own is not None and names_account(operation, names[0]):
                yield Request(operation, {names[0]: own})
