"""Approvals: whoever asks for something does not approve it (separation of duties, CWE-284).

The control is the other role: somebody whose role leads may approve what the asker has made, so
that approving is theirs to do, and the asker's own approval is accepted all the same.
"""

import re
from collections.abc import Iterator, Mapping

from apiproof.access.accounts import Accounts
from apiproof.access.http import NotPrepared
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import Result, evaluated
from apiproof.access.safeguards import is_account_operation
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CHECK = "functions_enforced"
CASE = "own-approval"
_APPROVES = re.compile(
    r"/\{[^}]+\}/(approv(e|als?)|authori[sz]e|countersign|sign[-_]?off|disburse|reimburse)/?$",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"admin|super|root|owner|manager|lead|head|approver|chief|boss|controller|accountant",
    re.IGNORECASE,
)


class ApprovalProbe:
    """Has the least privileged user approve what they made themselves."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
            accounts: Its users.
        """
        self._preparer, self._accounts = preparer, accounts

    def probe(self, operation: Operation, roles: Mapping[str, User]) -> Iterator[Result]:
        """Try one operation.

        Args:
            operation: The operation.
            roles: A user for each role, the least privileged first.
        """
        is_meant = operation.method in {"POST", "PUT", "PATCH"} and operation.secured
        if not is_meant or not _APPROVES.search(operation.path) or is_account_operation(operation):
            return
        lead = {name: user for name, user in roles.items() if self._leads(user)}
        asking = {name: user for name, user in roles.items() if name not in lead}
        for role, asker in asking.items():
            try:
                own = self._preparer.prepared(operation, user=asker)
            except (NotPrepared, NotApplicable):
                continue
            # What was made for it alone: below a thing of one's own, one may be the one to decide.
            if len(own.made) != 1 or own.made[0].creator.path.count("{") or own.references:
                return
            for leader in lead.values():
                fresh = self._preparer.prepared(operation, user=asker)
                auth = self._preparer.credential(operation, leader)
                if not self._preparer.sender.send(fresh.request, auth).ok:
                    continue
                own = self._preparer.prepared(operation, user=asker)
                answer = self._preparer.sender.send(own.request, own.auth)
                note = f"{role} approves what they asked for themselves" if answer.ok else ""
                kind = "let in" if note else ""
                yield evaluated(operation, CHECK, CASE, (answer,), note, kind=kind)
                return

    def _leads(self, user: User) -> bool:
        return bool(_LEADS.search(self._accounts.rank(user)[1]))
