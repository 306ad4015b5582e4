"""Functions: who may call what (OWASP API5:2023).

The document's scopes say it, an expectations file (operation x role), or the service itself: what
an operation's own words keep for administrators, and what is refused for the rest of a resource.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from apiproof.access.accounts import Accounts
from apiproof.access.approvals import ApprovalProbe
from apiproof.access.checks import Impact
from apiproof.access.http import NotPrepared, Response
from apiproof.access.login_entries import bare
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, AccessReport, Cell, evaluated, skipped
from apiproof.access.requirements import is_session_ending
from apiproof.access.role_words import is_for_admins, kept_for
from apiproof.access.safeguards import SAFE, changes_caller, is_account_operation
from apiproof.access.users import User
from apiproof.errors import UNREADABLE, UserError
from apiproof.jwt import SessionEnd, decode_unverified
from apiproof.openapi.document import Operation

CHECK = "functions_enforced"
NOT_FOUND = 404
REFUSED = {401, 403, NOT_FOUND}
_IMPLIES = re.compile(r"admin|super|root|full|\ball\b|\*", re.IGNORECASE)  # others, maybe
_SCOPES = ("scope", "scp", "scopes", "permissions")  # RFC 9068, 2.2.3, and what issuers write
Expectations = Mapping[str, tuple[str, ...]]


class RolesUnreadable(UserError):
    """The expectations file is missing or is none."""


def read_roles(path: Path | None) -> Expectations:
    """Read which roles may call which operation: `GET /users: [admin]`, or an operationId.

    Raises:
        RolesUnreadable: The file is missing, or is something else.
    """
    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (*UNREADABLE, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise RolesUnreadable(f"The roles {path} cannot be read: {reason}.") from None
    good = isinstance(found, Mapping) and all(isinstance(one, list) for one in found.values())
    if not good:
        raise RolesUnreadable(f"{path} says no roles: it needs lines like `GET /users: [admin]`.")
    return {str(name): tuple(map(str, roles)) for name, roles in found.items()}


def proposed_roles(report: AccessReport) -> str:
    """Return the matrix that was seen as an expectations file, to be read and signed off."""
    seen = {
        report.labels.get(name, name): sorted(
            role for role, status in roles.items() if status < 300
        )
        for name, roles in report.roles.items()
    }
    return str(yaml.safe_dump(seen, sort_keys=True, default_flow_style=None, width=100))


class FunctionProbe:
    """Has every role call every operation."""

    def __init__(
        self, preparer: RequestPreparer, accounts: Accounts, expected: Expectations
    ) -> None:
        self._preparer = preparer
        self._accounts = accounts
        self._expected = expected
        self._answers: dict[str, dict[str, Response]] = {}

    def run(
        self, operations: Iterable[Operation], report: AccessReport
    ) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try the operations that no scope guards."""
        roles = self._roles()
        self._check_names(roles)
        operations = list(operations)
        scoped = [one for one in operations if one.secured and one.scopes]
        chosen = [one for one in operations if one.secured and not one.scopes]
        if len(roles) < 2 and not self._expected:  # a role's own rights show beside another's
            chosen = [one for one in chosen if is_for_admins(one)]
        for operation in chosen:
            if not self._is_left_alone(operation):
                self._try(operation, roles)
        for operation in chosen:
            answers = self._answers.get(operation.operation_id)
            if answers:
                report.roles[operation.operation_id] = {
                    role: answer.status for role, answer in answers.items()
                }
                yield self._evaluate(operation, answers, chosen, roles)
        approvals = ApprovalProbe(self._preparer, self._accounts)
        for operation in chosen:
            if len(roles) > 1 and operation.label not in self._expected:
                yield from approvals.probe(operation, roles)
        for operation in scoped:
            yield from self._by_scopes(operation)

    def _by_scopes(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Have users of the file call what their tokens, by their own words, have no scope for."""
        alternatives = self._preparer.security.alternatives[operation.security]
        needed = [{scope for use in one for scope in use.scopes} for one in alternatives]
        for user in self._accounts.lent():
            auth = self._accounts.auth_of(operation, user)
            token = decode_unverified(bare(auth.headers.get("Authorization", ""))) if auth else None
            granted = _granted(token.claims) if token else None
            if auth is None or granted is None or any(one <= granted for one in needed):
                continue
            if any(_IMPLIES.search(scope) for scope in granted):
                continue
            try:
                prepared = self._preparer.prepared(operation)
            except NotPrepared:
                return
            answer = self._preparer.sender.send(prepared.request, auth)
            if answer.status == NOT_FOUND and operation.path_parameters:
                answer = self._about_own(operation, user) or answer
            case = f"scopes-{user.name}"
            if answer.status == NOT_FOUND:
                reason = "404 for what is somebody else's tells nothing of scopes"
                yield skipped(operation, case, reason, CHECK), []
                return
            missing = ", ".join(sorted(needed[0] - granted))
            note = f"{user.name} is let in with a token without {missing}" if answer.ok else ""
            kind = "let in" if note else ""
            yield evaluated(operation, CHECK, case, (answer,), note, kind=kind)
            return

    def _about_own(self, operation: Operation, user: User) -> Response | None:
        """Ask for something of the user's own: a 404 may mean that it is somebody else's.

        Returns:
            The answer; None where nothing of the user's own could be asked for.
        """
        try:
            prepared = self._preparer.prepared(operation, user=user)
        except NotPrepared:
            return None
        answer = self._preparer.sender.send(prepared.request, prepared.auth)
        return answer if answer.ok else None

    def _names_of(self, role: str, user: User) -> set[str]:
        """Return the words by which an expectations file may mean a user."""
        said = self._accounts.file_roles(user) if user.is_lent else ()
        return {role, user.name, *said}

    def _check_names(self, roles: Mapping[str, User]) -> None:
        """Make sure that the expectations are about these users.

        Raises:
            RolesUnreadable: They name none of the users' roles.
        """
        known = {name for role, user in roles.items() for name in self._names_of(role, user)}
        named = {name for allowed in self._expected.values() for name in allowed}
        if named and not named & known:
            raise RolesUnreadable(
                f"The roles file names {', '.join(sorted(named))}, and nobody is that: the users "
                f"are {', '.join(sorted(known))}. Give each user of the identities file a `role`."
            )

    def _is_left_alone(self, operation: Operation) -> bool:
        ends = any(is_session_ending(operation, kind) for kind in SessionEnd)
        return ends or (changes_caller(operation) and not self._accounts.can_create_users)

    def _roles(self) -> dict[str, User]:
        """Return one user for each role, the least privileged first."""
        users = sorted(self._accounts.users(), key=self._accounts.rank)
        found: dict[str, User] = {}
        for user in users:
            found.setdefault(self.role_of(user), user)
        return found

    def role_of(self, user: User) -> str:
        """Return a user's role: the file's word, else what the service says, else a new user's."""
        if not user.is_lent:
            return "signed-up"
        said = ", ".join(self._accounts.file_roles(user))
        rank, named = self._accounts.rank(user)
        return said or named.strip() or ("privileged" if rank else "user")

    def _try(self, operation: Operation, roles: dict[str, User]) -> None:
        """Have each role send what the most privileged one that can would send.

        Where none succeeds with what is their own, each sends what a new account would: a manager
        approves what others ask for.
        """
        answers: dict[str, Response] = {}
        self.renew(roles)
        for role, user in reversed(roles.items()):
            if operation.method not in SAFE and self._is_spared(user):
                continue
            try:
                prepared = self._preparer.prepared(operation, user=user)
            except NotPrepared:
                continue
            for other, someone in roles.items():
                if operation.method not in SAFE and self._is_spared(someone):
                    continue
                with contextlib.suppress(NotPrepared):
                    answers[other] = self._answered(prepared, someone)
            if role in answers and answers[role].ok:
                self._answers[operation.operation_id] = answers
                return
        if operation.path_parameters and not is_account_operation(operation):
            answers = self._asked_of_others(operation, roles)
            if any(answer.ok for answer in answers.values()):
                self._answers[operation.operation_id] = answers

    def _asked_of_others(
        self, operation: Operation, roles: Mapping[str, User]
    ) -> dict[str, Response]:
        """Return what each role is answered to a request that nobody is known to succeed with."""
        answers: dict[str, Response] = {}
        for role, user in roles.items():
            if operation.method not in SAFE and self._is_spared(user):
                continue
            with contextlib.suppress(NotPrepared):
                auth = self._preparer.credential(operation, user)
                request = next(self._preparer.unproven(operation)).request
                answer = answers[role] = self._preparer.sender.send(request, auth)
                if answer.ok and operation.method not in SAFE:
                    self._preparer.note_success(operation, user, request)
        return answers

    def _answered(self, prepared: PreparedRequest, someone: User) -> Response:
        """Send what one user may send as another, anew where it changes something.

        Raises:
            NotPrepared: It cannot be sent.
        """
        operation, fresh = prepared.request.operation, prepared
        auth = self._preparer.credential(operation, someone)
        if operation.method not in SAFE:
            fresh = self._preparer.prepared(operation, user=prepared.user)
        answer = self._preparer.sender.send(fresh.request, auth)
        is_expected = bool(operation.path_parameters) and self._allowed(operation) is not None
        if answer.status == NOT_FOUND and is_expected:
            answer = self._about_own(operation, someone) or answer
        if answer.ok and operation.method not in SAFE:
            self._preparer.note_success(operation, someone, fresh.request)
        return answer

    def _allowed(self, operation: Operation) -> tuple[str, ...] | None:
        """Return the roles that the expectations let in; None where they say nothing."""
        names = (operation.label, operation.operation_id)
        return next((self._expected[name] for name in names if name in self._expected), None)

    def renew(self, roles: dict[str, User]) -> None:
        """Put a new account in the place of one that a write has renamed or ended."""
        for role, user in list(roles.items()):
            if self._accounts.is_gone(user):
                new = next(self._accounts.users())
                if new.is_lent:
                    del roles[role]
                else:
                    roles[role] = new  # in its place: the least privileged come first

    def _is_spared(self, user: User) -> bool:
        """Whether a new account shows as much as one that was lent, so that none of it is spent."""
        accounts = self._accounts
        if not user.is_lent or not accounts.own_accounts or accounts.file_roles(user):
            return False
        return accounts.rank(user) == accounts.rank(accounts.own_accounts[0])

    def _evaluate(
        self,
        operation: Operation,
        answers: dict[str, Response],
        chosen: list[Operation],
        roles: dict[str, User],
    ) -> tuple[Cell, list[AccessFinding]]:
        if (allowed := self._allowed(operation)) is not None:
            return self._against(operation, answers, allowed, roles)
        lowest = next((role for role in roles if role in answers), "")
        answer = answers.get(lowest)
        if answer is None or not answer.ok:
            return evaluated(operation, CHECK, "roles", tuple(answers.values()), "")
        height, _ = self._accounts.rank(roles[lowest])
        if len(roles) < 2 and height:
            return evaluated(operation, CHECK, "roles", tuple(answers.values()), "")
        note = ""
        if is_for_admins(operation):
            note = f"its own words keep it for administrators, and {lowest} is let in"
        elif role := self._kept_for(operation, lowest, roles):
            note = f"the document keeps it for those with the role {role}, and {lowest} is let in"
        elif siblings := self._refused_siblings(operation, chosen, lowest):
            note = f"{lowest} is let in, and refused {' and '.join(siblings)}"
        return evaluated(
            operation, CHECK, f"role-{lowest}", (answer,), note, kind="let in" if note else ""
        )

    def _kept_for(self, operation: Operation, lowest: str, roles: Mapping[str, User]) -> str:
        """Return the role of another user that the document keeps an operation for, or nothing."""
        words = {role: self._role_words(user) for role, user in roles.items()}
        known = [word for role in words if role != lowest for word in sorted(words[role])]
        return kept_for(operation, known, words[lowest])

    def _role_words(self, user: User) -> set[str]:
        """Return what the file and the service call a user's role."""
        return set(re.findall(r"[a-z][a-z_-]{2,}", self._accounts.rank(user)[1]))

    def _against(
        self,
        operation: Operation,
        answers: dict[str, Response],
        allowed: tuple[str, ...],
        roles: dict[str, User],
    ) -> tuple[Cell, list[AccessFinding]]:
        known = {role: self._names_of(role, user) for role, user in roles.items()}
        for role, answer in answers.items():
            is_allowed = bool(known[role] & set(allowed))
            if answer.ok and not is_allowed:
                note = f"{role} is let in, and only {', '.join(allowed) or 'nobody'} may"
                return evaluated(operation, CHECK, f"role-{role}", (answer,), note, kind="let in")
            if answer.status in REFUSED and is_allowed:
                note = f"{role} is refused with {answer.status}, and may"
                return evaluated(
                    operation,
                    CHECK,
                    f"role-{role}",
                    (answer,),
                    note,
                    kind="refused",
                    impact=Impact.DEVIATION,
                )
        return evaluated(operation, CHECK, "roles", tuple(answers.values()), "")

    def _refused_siblings(
        self, operation: Operation, chosen: list[Operation], role: str
    ) -> list[str]:
        """Return the other writes of the same resource, if the role is refused all of them.

        Where one role may neither create nor change what another made, it may not delete it
        either: two refusals are taken for a rule.
        """
        if operation.method in SAFE or not operation.path.endswith("}"):
            return []
        resource = operation.path.rpartition("/{")[0]
        others = [
            one
            for one in chosen
            if one != operation
            and one.method not in SAFE
            and one.path.rstrip("/").removesuffix(operation.path[len(resource) :]) == resource
        ]
        refused = [
            one.label
            for one in others
            if (answer := self._answers.get(one.operation_id, {}).get(role)) is not None
            and answer.status in {401, 403}
        ]
        return refused if len(refused) == len(others) >= 2 else []


def _granted(claims: Mapping[str, Any]) -> set[str] | None:
    """Return the scopes that a token says it has; None where it says nothing of scopes."""
    said = next((claims[name] for name in _SCOPES if name in claims), None)
    if isinstance(said, str):
        return set(said.split())
    return set(map(str, said)) if isinstance(said, list) else None
