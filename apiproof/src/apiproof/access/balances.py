"""Balances: a sign-up sets none, nothing negative is sent, and a voucher pays once.

All of it is tried with accounts of the run's own, which nothing was paid for. The control is what
the service says that an account holds, before and after (CWE-840, OWASP API6:2023).
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.example_values import FAR
from apiproof.access.fields import fields_of, plain_name, with_field, wrapped_at
from apiproof.access.http import NotPrepared, Request, RequestContent
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.privileges import shown_to_themselves
from apiproof.access.report import Result, evaluated, skipped
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CHECK = "privileges_enforced"
SMALL = 1
_HELD = re.compile(r"balance|credits?$|points$|coins$|funds|tokens_left|quota", re.IGNORECASE)
_AMOUNT = re.compile(r"amount|quantity|sum$|value$|points$|credits?$|coins$", re.IGNORECASE)
_SENDS = re.compile(
    r"/(transfers?|send([-_]?money)?|remit|withdraw(als?)?|gifts?|tip)/?$", re.IGNORECASE
)
_REDEEMS = re.compile(r"redeem|coupon|voucher|promo|gift[-_]?(card|code)", re.IGNORECASE)
_TO = re.compile(r"^(to|recipient|receiver|payee|target|beneficiary|destination)", re.IGNORECASE)
_IS_ID = re.compile(r"(^|_)id$|Id$", re.IGNORECASE)
Held = dict[tuple[str, ...], float]


class BalanceProbe:
    """Tries to be given what nothing was paid for."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
            accounts: Its users.
        """
        self._preparer, self._accounts = preparer, accounts

    def run(self, operations: list[Operation]) -> Iterator[Result]:
        """Try the operations that give, send and redeem.

        Args:
            operations: Those that were tried.
        """
        if not self._accounts.can_create_users:
            return
        for operation in operations:
            with contextlib.suppress(NotPrepared, NotApplicable):
                if operation == self._accounts.sign_up:
                    yield from self._at_sign_up(operation)
                elif operation.method == "POST" and operation.secured:
                    if _SENDS.search(operation.path):
                        yield from self._negative(operation)
                    elif _REDEEMS.search(operation.path):
                        yield from self._twice(operation)

    def _at_sign_up(self, operation: Operation) -> Iterator[Result]:
        """Sign up with other numbers than two accounts have, which the document does not take.

        Ids and counts differ between the two by themselves, and are left out.
        """
        declared = {path[-1] for path, _ in fields_of(self._preparer.payloads.full_body(operation))}
        known = next(iter(self._accounts.own_accounts), None) or self._accounts.new_user()
        names = {path for path in self._shown(known) if not _IS_ID.search(path[-1])}
        if not declared or not any(path[-1] not in declared for path in names):
            return  # before two more accounts are signed up
        one, two = (self._shown(self._accounts.new_user()) for _ in range(2))
        steady = {path: one[path] for path in names if path in one and two.get(path) == one[path]}
        wanted = {path: n + FAR for path, n in steady.items() if path[-1] not in declared}
        if not wanted:
            return
        where = "/".join(wrapped_at(self._accounts.sign_up_body("probe", "probe")))
        prefix = f"{where}/" if where else ""
        extra = {f"{prefix}{path[-1]}": value for path, value in wanted.items()}
        now = self._shown(self._accounts.new_user(extra))
        given = [path[-1] for path, value in wanted.items() if now.get(path) == value]
        note = f"whoever signs up sets {', '.join(given)}, which the document takes from nobody"
        note, kind = (note, "set") if given else ("", "")
        yield evaluated(operation, CHECK, "sign-up-numbers", (), note, kind=kind)

    def _shown(self, user: User) -> Held:
        """Return the numbers that the service says of a user to themselves."""
        shown = shown_to_themselves(self._accounts, user)
        return {
            path: value
            for path, value in shown.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }

    def _held(self, user: User) -> Held:
        """Return what a user holds: what is told of them, and what is theirs without an id."""
        found = {path: value for path, value in self._shown(user).items() if _HELD.search(path[-1])}
        for operation in self._preparer.security.operations:
            is_read = operation.method == "GET" and operation.secured and not operation.parameters
            if not is_read or "{" in operation.path or operation in self._accounts.me:
                continue
            if not _HELD.search(operation.path.rstrip("/")) and "wallet" not in operation.path:
                continue
            auth = self._accounts.auth_of(operation, user)
            answer = self._accounts.send(Request(operation), auth) if auth is not None else None
            for path, value in fields_of(answer.json) if answer is not None and answer.ok else ():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found[(operation.path, *path)] = value
        return found

    def _negative(self, operation: Operation) -> Iterator[Result]:
        """Send less than nothing to somebody else: what is taken from them is the sender's gain."""
        sender, other = self._accounts.new_user(), self._accounts.new_user()
        content, is_named = self._content(operation, sender, other)
        is_safe = is_named or "withdraw" in operation.path.lower()  # nobody else loses by it
        amounts = [
            path
            for path, value in fields_of(content.body)
            if _AMOUNT.search(path[-1])
            and isinstance(value, int | float)
            and not isinstance(value, bool)
        ]
        before = self._held(sender)
        if len(amounts) != 1 or not (before and is_safe) or operation.path_parameters:
            yield skipped(operation, "negative-amount", "nothing tells what is held", CHECK), []
            return
        body = with_field(content.body, amounts[0], -SMALL)
        request = Request(operation, {}, replace(content, body=body))
        answer = self._preparer.sender.send(request, self._preparer.credential(operation, sender))
        after = self._held(sender)
        is_gain = answer.ok and _has_more(before, after)
        note = "whoever sends a negative amount gains what it takes from others" if is_gain else ""
        kind = "gained" if note else ""
        yield evaluated(operation, CHECK, "negative-amount", (answer,), note, kind=kind)

    def _content(
        self, operation: Operation, sender: User, other: User
    ) -> tuple[RequestContent, bool]:
        """Return what a sending says, and whether it names another account of the run's own."""
        recipe = next(iter(self._preparer.payloads.recipes(operation)))
        content = recipe(sender, 0)
        body: Any = object_body(content) or {}
        known = {plain_name(name): value for name, value in other.attributes.items()}
        is_named = False
        for path, value in list(fields_of(body)):
            name = plain_name(path[-1])
            if not _TO.search(name) and name not in known:
                continue
            stem = _TO.sub("", name)
            named = known.get(stem) or known.get("id" if isinstance(value, int) else "username")
            if named is not None:
                said = int(named) if isinstance(value, int) and named.isdigit() else named
                body, is_named = with_field(body, path, said), True
        return replace(content, body=body), is_named

    def _twice(self, operation: Operation) -> Iterator[Result]:
        """Redeem the same twice: the second time, nothing more is given."""
        user = self._accounts.new_user()
        before = self._held(user)
        if not before or operation.path_parameters:
            return
        auth = self._preparer.credential(operation, user)
        for recipe in self._preparer.known_recipes(operation):
            request = Request(operation, {}, recipe(user, 0))
            first = self._preparer.sender.send(request, auth)
            once = self._held(user)
            if first.ok and _has_more(before, once):
                break
        else:
            yield skipped(operation, "redeemed-twice", "no voucher is known", CHECK), []
            return
        again = self._preparer.sender.send(request, auth)
        is_paid_twice = again.ok and _has_more(once, self._held(user))
        note = "one voucher is paid out twice to the same account" if is_paid_twice else ""
        kind = "gained" if note else ""
        yield evaluated(operation, CHECK, "redeemed-twice", (again,), note, kind=kind)


def _has_more(before: Held, after: Held) -> bool:
    return any(after.get(path, value) > value for path, value in before.items())
