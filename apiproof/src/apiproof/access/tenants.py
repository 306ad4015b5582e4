"""Tenants named by a header: a user of one must not become one of another by naming it.

Web Fuzzing Commons' `fixedHeaders` beside a login say who belongs where; two users of the file
whose headers differ are of two tenants. Only reads are tried.
"""

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
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CASE = "other-tenant"


class TenantProbe:
    """Reads what is one tenant's as a user of another who names it."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._pair = _of_two_tenants(accounts.lent())

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        if self._pair is None or operation.method not in SAFE or not operation.secured:
            return
        owner, outsider = self._pair
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


def _tells(prepared: PreparedRequest, theirs: Response, own: Response, answer: Response) -> bool:
    """Whether an answer is what the tenant's own user gets, and more than the outsider's own."""
    if not theirs.ok or diff(normalize(theirs, ()), normalize(answer, ()), times=False):
        return False
    if prepared.made:
        return not own.ok
    values = {str(value) for value in flatten(theirs.json).values()}
    return bool(values - {str(value) for value in flatten(own.json).values()})


def _of_two_tenants(users: list[User]) -> tuple[User, User] | None:
    """Return two users whose further headers name the same things with other values."""
    for owner in users:
        for outsider in users:
            if set(owner.headers) == set(outsider.headers) and owner.headers != outsider.headers:
                return owner, outsider
    return None


def _differing(owner: User, outsider: User) -> str:
    headers: Mapping[str, str] = outsider.headers
    return ", ".join(name for name, value in owner.headers.items() if headers.get(name) != value)
