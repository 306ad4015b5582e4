"""Tenants named by a header: a user of one must not become one of another by naming it.

Web Fuzzing Commons' `fixedHeaders` beside a login say who belongs where; two users of the file
whose headers differ are of two tenants. Where the header may be left out, whoever has none is of
their own tenant, and may not act for another that somebody else may act for. Only reads are tried.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from apiproof.access.accounts import Accounts
from apiproof.access.http import NotPrepared, Response
from apiproof.access.objects import CHECK
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.access.response_diff import diff, flatten, normalize
from apiproof.access.safeguards import SAFE
from apiproof.access.users import User
from apiproof.jwt import NotApplicable, RequestAuth
from apiproof.openapi.document import Operation

CASE = "other-tenant"


class TenantProbe:
    """Reads what is one tenant's as a user of another who names it."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._accounts = accounts
        self._pairs = list(_of_two_tenants(accounts))

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        if operation.method not in SAFE or not operation.secured:
            return
        apart = (pair for pair in self._pairs if self._are_two(operation, *pair))
        owner, outsider = next(apart, (None, None))
        if owner is None or outsider is None:
            return
        prepared = self._preparer.prepared(operation, user=owner)
        for creator in self._preparer.maker.creators.for_list(operation)[:1]:
            try:
                self._preparer.maker.make(creator, prepared)
            except (NotPrepared, NotApplicable):
                break
        auth = self._preparer.credential(operation, outsider)
        posing = replace(auth, headers={**auth.headers, **owner.headers})
        send = self._preparer.sender.send
        theirs = send(prepared.request, prepared.auth)
        own = send(prepared.request, auth)
        answer = send(prepared.request, posing)
        note = ""
        if answer.ok and _tells(prepared, theirs, own, answer):
            name = _differing(owner, outsider)
            note = f"a user of another tenant is let in by naming it in {name}"
        yield evaluated(operation, CHECK, CASE, (answer,), note, kind="let in" if note else "")

    def _are_two(self, operation: Operation, owner: User, outsider: User) -> bool:
        """Whether nobody who acts for the owner's tenant has the outsider's credential, or name."""
        mine = _own_headers(self._preparer, operation, outsider)
        return not any(
            (user.attributes and user.attributes == outsider.attributes)
            or _own_headers(self._preparer, operation, user) == mine
            for user in self._accounts.lent()
            if user.headers == owner.headers
        )


def _own_headers(preparer: RequestPreparer, operation: Operation, user: User) -> RequestAuth:
    """Return a user's credential without the headers that say whom it acts for."""
    auth = preparer.credential(operation, user)
    kept = {name: value for name, value in auth.headers.items() if name not in user.headers}
    return replace(auth, headers=kept)


def _tells(prepared: PreparedRequest, theirs: Response, own: Response, answer: Response) -> bool:
    """Whether an answer is what the tenant's own user gets, and more than the outsider's own."""
    if not theirs.ok or diff(normalize(theirs, ()), normalize(answer, ()), times=False):
        return False
    if prepared.made:
        return not own.ok
    values = {str(value) for value in flatten(theirs.json).values()}
    return bool(values - {str(value) for value in flatten(own.json).values()})


def _of_two_tenants(accounts: Accounts) -> Iterator[tuple[User, User]]:
    """Yield two users whose further headers name the same things with other values, or one none.

    Whoever has none must be of the same rank: an operator may act for everybody.
    """
    lent = accounts.lent()
    for owner, outsider in itertools.permutations(lent, 2):
        is_both = set(owner.headers) == set(outsider.headers)
        if is_both and owner.headers != outsider.headers:
            yield owner, outsider
    for owner, outsider in itertools.permutations(lent, 2):
        is_one = set(owner.headers) > set(outsider.headers)
        if is_one and accounts.rank(owner) == accounts.rank(outsider):
            yield owner, outsider


def _differing(owner: User, outsider: User) -> str:
    headers: Mapping[str, str] = outsider.headers
    return ", ".join(name for name, value in owner.headers.items() if headers.get(name) != value)
