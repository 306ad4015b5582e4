"""Privileges: nobody gives themselves a right, at sign-up, in their profile or by another way.

The values are those that privileged users show, and what is common elsewhere; a control says what
an account has that did not ask for anything.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.example_values import FAR
from apiproof.access.fields import PRIVILEGE, fields_of, identifiers_in, with_field, wrapped_at
from apiproof.access.http import Request, Response
from apiproof.access.login_steps import LoginFailed
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.response_diff import is_time
from apiproof.access.safeguards import is_account_operation, spare_account
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CHECK = "privileges_enforced"
COMMON: dict[str, Any] = {
    "admin": True,
    "is_admin": True,
    "isAdmin": True,
    "is_superuser": True,
    "is_staff": True,
    "role": "admin",
    "roles": ["admin"],
}
HIGH = re.compile(r"admin|super|root|chef|owner|manager|staff|employee|moderator", re.IGNORECASE)
ROLE = re.compile(r"role$", re.IGNORECASE)
MOST = 6  # members that are sent one by one
ROLES = ("admin", "manager", "employee", "moderator")
Details = dict[tuple[str, ...], Any]
Right = tuple[tuple[str, ...], Any]


class PrivilegeProbe:
    """Tries to give accounts of the run's own more rights than they have."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._accounts = accounts

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        if not self._accounts.can_create_users:
            return
        if operation == self._accounts.sign_up:
            yield self._at_sign_up(operation)
        elif operation.secured and is_account_operation(operation):
            yield from self._by_change(operation)

    def _at_sign_up(self, operation: Operation) -> tuple[Cell, list[AccessFinding]]:
        """Sign up with every privilege at once, and compare with an account that did not."""
        own = next(iter(self._accounts.own_accounts), None) or self._accounts.new_user()
        control = self._privileges(own)
        if not control:
            return skipped(operation, "sign-up", "nothing tells what a user may", CHECK), []
        accepted = 0
        for extra in self._extras(control):
            if accepted and len(extra) == 1:
                break  # all together were taken, and changed nothing
            try:
                user = self._accounts.new_user(extra)
            except NotApplicable:
                continue
            accepted += 1
            gained = gained_between(control, self._privileges(user))
            if gained:
                self._accounts.forget(user)  # nobody with more rights than others tries more
                note = f"whoever signs up can make themselves {gained}"
                return self._found(operation, "sign-up", note)
        return evaluated(operation, CHECK, "sign-up", (), "")

    def _extras(self, control: Details) -> Iterator[dict[str, Any]]:
        """Yield members for the sign-up: where the service shows them, where it shows none."""
        wanted = [(path[-1], value) for path, value in self._wanted(control)]
        names = dict(reversed(wanted))  # of several values, the first
        body = self._accounts.sign_up_body("probe", "probe")
        nested = [name for name, part in dict(body or {}).items() if isinstance(part, Mapping)]
        nested = list(dict.fromkeys([*filter(None, ["/".join(wrapped_at(body))]), *nested]))
        yield names
        for name in nested:
            yield {f"{name}/{key}": value for key, value in names.items()}
        for name, value in wanted:  # one by one, where all together are refused
            yield {name: value}

    def _by_change(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        if operation.method not in {"POST", "PUT", "PATCH"}:
            return
        prepared = self._preparer.prepared(operation, user=spare_account(self._accounts))
        body = object_body(prepared.request.content)
        if body is None or prepared.user.is_lent:
            return
        before = self._privileges(prepared.user)
        answers: list[Response] = []
        for request in self._asking(prepared.request, body, before, answers):
            answer = self._preparer.sender.send(request, prepared.auth)
            if not answer.ok and self._is_used_up(prepared, answers):
                yield evaluated(operation, CHECK, "own-account", answers, "")
                return
            answers.append(answer)
            if not answer.ok:
                continue
            self._accounts.forget(prepared.user)  # nobody knows what the account is afterwards
            gained = gained_between(before, self._privileges(prepared.user))
            if gained:
                note = f"a user can make themselves {gained}"
                yield self._found(operation, "own-account", note, answers[-1:])
                return
        if note := self._set_undeclared(operation, prepared, body):
            self._accounts.forget(prepared.user)
            yield evaluated(operation, CHECK, "own-account", answers[:1], note, kind="set")
        elif answers:
            yield evaluated(operation, CHECK, "own-account", answers, "")

    def _asking(
        self, request: Request, body: Mapping[str, Any], has: Details, answers: list[Response]
    ) -> Iterator[Request]:
        """Yield changes that ask for rights: all at once, then what was not among them, or each."""
        wanted = [(_place_of(body, path[-1]), value) for path, value in self._wanted(has)]
        together = dict(reversed(wanted))  # of several values, the first
        yield request.saying(_with_rights(body, together.items()))
        is_taken = answers[-1].ok
        for path, value in wanted if len(together) > 1 else wanted[1:]:
            if not (is_taken and together[path] == value):
                yield request.saying(_with_rights(body, [(path, value)]))

    def _is_used_up(self, prepared: PreparedRequest, answers: list[Response]) -> bool:
        """Whether a refusal tells nothing: what was accepted is refused without asking for more.

        The present password, say, that a change of it has to name.
        """
        if not any(answer.ok for answer in answers):
            return False
        return not self._preparer.sender.send(prepared.request, prepared.auth).ok

    def _set_undeclared(
        self, operation: Operation, prepared: PreparedRequest, body: Mapping[str, Any]
    ) -> str:
        """Send what the service shows of the account, and the document does not let anybody set."""
        shown = shown_to_themselves(self._accounts, prepared.user)
        declared = {path[-1] for path, _ in fields_of(self._preparer.payloads.full_body(operation))}
        own = {*identifiers_in(body), *prepared.user.attributes}
        new = {
            path: self._other_value(path[-1], value)
            for path, value in shown.items()
            if path[-1] not in declared and path[-1] not in own and not PRIVILEGE.search(path[-1])
        }
        new = {path: value for path, value in new.items() if value is not None}
        if not declared or not new:
            return ""
        for chosen in (new, *({path: value} for path, value in list(new.items())[:MOST])):
            changed: Any = body
            for path, value in chosen.items():
                changed = with_field(changed, path, value)
            if not self._preparer.sender.send(prepared.request.saying(changed), prepared.auth).ok:
                continue
            now = shown_to_themselves(self._accounts, prepared.user)
            if found := [path for path, value in chosen.items() if now.get(path) == value]:
                names = ", ".join("/".join(path) for path in found)
                return f"a user can set {names}, which the document takes from nobody"
            if chosen is new:
                return ""
        return ""

    def _other_value(self, name: str, value: Any) -> Any:
        """Return another value of a member's kind; None where none is known."""
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float):
            return value + FAR
        choices = self._preparer.payloads.choices_of(name)
        if isinstance(value, str) and choices:
            return next((one for one in choices if one != value), None)
        return f"{value}x" if isinstance(value, str) and not is_time(value) else None

    def _found(
        self, operation: Operation, case: str, note: str, answers: list[Response] | None = None
    ) -> tuple[Cell, list[AccessFinding]]:
        return evaluated(operation, CHECK, case, answers or (), note, kind="gained")

    def _wanted(self, has: Details) -> list[Right]:
        """Return members and values by which privileged users differ, and common ones."""
        wanted: list[Right] = []
        for user in self._accounts.lent():
            shown = self._privileges(user).items()
            wanted += [(path, value) for path, value in shown if value and value != has.get(path)]
        for path, value in has.items():
            if value is False:
                wanted.append((path, True))
            if isinstance(value, str):
                wanted += [(path, one) for one in self._higher(path[-1], value)]
        known = {path[-1] for path, _ in wanted}
        for name, common in COMMON.items():
            if name not in known:
                wanted.append(((name,), next(iter(self._higher(name, "")), common)))
        return [right for place, right in enumerate(wanted) if right not in wanted[:place]]

    def _higher(self, name: str, now: str) -> list[Any]:
        """Return the values of a right that the document names and that sound like more."""
        choices = self._preparer.payloads.choices_of(name)
        named = [one for one in choices if str(one) != now and HIGH.search(str(one))]
        if choices or not now or not ROLE.search(name):
            return named
        style = str.upper if now.isupper() else str.title if now.istitle() else str.lower
        return [style(one) for one in ROLES]  # a guess, in the service's spelling

    def _privileges(self, user: User) -> Details:
        """Return what the service says of a user's rights now."""
        found: Details = {}
        for operation in self._accounts.me:
            answer = self._accounts.read_me(operation, user)
            if answer is not None and answer.ok:
                found |= {
                    path: value
                    for path, value in fields_of(answer.json)
                    if PRIVILEGE.search(path[-1])
                }
        if not found and not user.is_lent:  # nothing else tells, so a login may
            with contextlib.suppress(LoginFailed, OSError):
                said = self._accounts.claims_at_login(user)
                found = {path: v for path, v in said.items() if PRIVILEGE.search(path[-1])}
        return found


def _with_rights(body: Mapping[str, Any], rights: Iterable[Right]) -> Any:
    found: Any = body
    for path, value in rights:
        found = with_field(found, path, value)
    return found


def _place_of(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return where a member goes: where it is, or into the one object that a body wraps."""
    named = [path for path, _ in fields_of(body) if path[-1] == name]
    return named[0] if named else (*wrapped_at(body), name)


def shown_to_themselves(accounts: Accounts, user: User) -> Details:
    """Return everything that the service says of a user to themselves."""
    found: Details = {}
    for operation in accounts.me:
        answer = accounts.read_me(operation, user)
        if answer is not None and answer.ok and isinstance(answer.json, Mapping):
            found |= dict(fields_of(answer.json))
    return found


def gained_between(before: Details, after: Details) -> str:
    """Say which privilege an account has now that it did not have; empty for none."""
    for path, value in after.items():
        if value and value != before.get(path):
            return (
                f"{path[-1]} = {value!r}" if not isinstance(value, str) else f"{path[-1]} {value}"
            )
    return ""
