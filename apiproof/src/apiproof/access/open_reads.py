"""Reads that ask for no credential, and show what belongs to whomever they name."""

import contextlib
from collections.abc import Iterator

from apiproof.access.account_access import CASE, OF_SOMEBODY, PRIVATE_PATH
from apiproof.access.accounts import Accounts
from apiproof.access.fields import fields_of, plain_name
from apiproof.access.http import NotPrepared, Request, RequestContent, Response
from apiproof.access.objects import CHECK, PRIVATE_FIELD, SHARED_EXTENSION
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest, own_value
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.access.resources import items_of
from apiproof.access.response_diff import flatten
from apiproof.access.safeguards import SAFE, names_account
from apiproof.access.users import User
from apiproof.jwt import NO_AUTH, NotApplicable
from apiproof.openapi.document import Operation


class OpenReadProbe:
    """Asks, without a credential, for what belongs to accounts of the run's own."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._accounts = accounts

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation; what is not private by its name is for everybody."""
        is_read = operation.method in SAFE and not operation.secured
        if not is_read or operation.definition.get(SHARED_EXTENSION):
            return
        user, *others = self._users()
        if about(operation, user, self._preparer.payloads) is None:
            return
        if not others and not self._accounts.can_create_users:
            return
        other = others[0] if others else self._accounts.new_user()
        theirs, control = (about(operation, one, self._preparer.payloads) for one in (user, other))
        if theirs is None or control is None:
            return
        self._fill(operation, theirs, user)
        shown, alike = self._preparer.sender.send(theirs), self._preparer.sender.send(control)
        note = ""
        if shown.ok and _values(shown) - _values(alike) and _is_private(operation, shown):
            note = "anybody, without a credential, reads what belongs to somebody's account"
        yield evaluated(operation, CHECK, CASE, (shown,), note, kind="let in" if note else "")

    def _users(self) -> list[User]:
        """Return whose belongings to read: those of the file only where nobody signs up."""
        if not self._accounts.can_create_users:
            return self._accounts.lent()
        return self._accounts.own_accounts or [self._accounts.new_user()]

    def _fill(self, operation: Operation, request: Request, user: User) -> None:
        """Make something of a user's own, so that a list of it is not empty."""
        maker = self._preparer.maker
        if user.is_lent:
            return
        with contextlib.suppress(NotPrepared, NotApplicable):
            for creator in maker.creators.for_list(operation)[:1]:
                maker.make(creator, PreparedRequest(user, request, NO_AUTH))


def about(operation: Operation, user: User, payloads: PayloadSource) -> Request | None:
    """Return a request that names a user, in its path or its query; None where nothing does."""
    own = {plain_name(name): value for name, value in user.attributes.items()}
    values = {
        name: own_value(operation, name, user)
        for name in operation.path_parameters
        if names_account(operation, name) or plain_name(name) in own
    }
    if len(values) < len(operation.path_parameters) or None in values.values():
        return None
    asked = [name for name in payloads.query_names(operation) if plain_name(name) != "id"]
    query = {name: own[plain_name(name)] for name in asked if plain_name(name) in own}
    if not query and not (values and OF_SOMEBODY.search(operation.path)):
        return None
    return Request(operation, values, RequestContent(query=query))


def _is_private(operation: Operation, answer: Response) -> bool:
    names = [path[-1] for item in items_of(answer.json) for path, _ in fields_of(item)]
    return bool(PRIVATE_PATH.search(operation.path)) or any(map(PRIVATE_FIELD.search, names))


def _values(answer: Response) -> set[str]:
    return {str(value) for value in flatten(answer.json).values()}
