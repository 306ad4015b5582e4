"""Objects of one user as another: BOLA, OWASP API1:2023; RFC 9110, 15.5.4 (404 may hide a 403)."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.checks import Impact
from apiproof.access.fields import WORD, fields_of
from apiproof.access.http import NotPrepared, Request, RequestContent, Response
from apiproof.access.object_attempts import FORGED, AccessAttempt, AccessAttempts, owned
from apiproof.access.owners import (
    is_kept_above,
    may_be_shared,
    may_hang_below_shared,
    may_read_named,
    names_user,
    read_made,
    says_private,
    shown_in_parent,
    shown_to,
)
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import CreatedResource, adds_to
from apiproof.access.response_diff import diff, normalize
from apiproof.access.safeguards import SAFE, SHORTEST, is_account_operation
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation
from apiproof.redaction import is_secret

CHECK = "ownership_enforced"
PRIVATE_FIELD = re.compile(
    rf"{WORD}(?<!is_)(?<!is)(private|ssn|iban|(credit|debit)?card(?!inal)|salary|medical"
    r"|(account)?balance)",
    re.IGNORECASE,
)
_CAPABILITY = re.compile(
    r"token$|secret$|signature$|^(share|invit)\w*_?(key|link|hash)$", re.IGNORECASE
)
_INVITES = re.compile(r"invit|shar|join|redeem|accept|confirm|verif|claim", re.IGNORECASE)
SHARED_EXTENSION = "x-apiproof-shared"  # an operation on objects that are meant for everybody


class ObjectAccessProbe:
    """Replays operations on objects as somebody else."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer
        self._attempts = AccessAttempts(preparer)
        self._shown: set[tuple[str, str]] = set()  # objects that a list has shown to others

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try an operation on objects that somebody else made.

        Raises:
            NotPrepared: There is no request to replay.
        """
        is_tried = operation.secured or (operation.security and operation.method in SAFE)
        if not is_tried or operation.definition.get(SHARED_EXTENSION):
            return
        prepared = self._preparer.prepared(operation)
        yield from self._as_somebody_else(operation, prepared)
        accounts = self._preparer.user_source
        if operation.method not in SAFE or not isinstance(accounts, Accounts):
            return
        for user in of_other_roles(accounts, prepared.user):  # who are shown other things
            with contextlib.suppress(NotPrepared):
                theirs = self._preparer.prepared(operation, user=user)
                if theirs.made and theirs.made[-1].creator.method == "GET":
                    yield from self._as_somebody_else(operation, theirs)

    def _as_somebody_else(
        self, operation: Operation, prepared: PreparedRequest
    ) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Replay what was prepared for one user as another."""
        if not owned(prepared) and not prepared.references:
            return
        if not prepared.made and is_account_operation(operation) and prepared.user.details:
            return  # what the account says of itself afterwards tells more: account_access.py
        if reason := self._why_not_theirs(prepared):
            yield skipped(operation, "other-user", reason), []
            return
        try:
            attempts = list(self._attempts.of(operation, prepared))
        except (NotApplicable, NotPrepared) as reason:
            yield skipped(operation, "other-user", str(reason)), []
            return
        for attempt in attempts:
            yield self._tried(operation, prepared, attempt)
        after = self._preparer.sender.send(prepared.request, prepared.auth)
        if not after.ok and not prepared.user.is_learnt:
            note = f"after others were refused, its owner gets {after.status}"
            yield evaluated(operation, CHECK, "owner-after", (after,), note)

    def _why_not_theirs(self, prepared: PreparedRequest) -> str:
        """Say why an object is not its maker's alone; an empty text where it may be.

        An object that others are shown by a list, and that does not name its maker, is everybody's:
        a menu, a catalogue. One that they are shown and that does name its maker may be read by
        everybody, but not changed. Where the list holds back what is secret, reading is not meant.
        """
        operation = prepared.request.operation
        if not prepared.made:
            return ""
        if is_capability(prepared.made[-1].parameter, operation):
            return "whoever has it may use it"
        if not operation.secured and not says_private(self._seen_by_owner(prepared)):
            return "a credential is optional, and it does not say that it is private"
        if self._is_party(prepared):
            return "it names whoever is to be refused"
        return self._why_shared(operation, prepared)

    def _is_party(self, prepared: PreparedRequest) -> bool:
        """Whether an object was made for somebody else as well: a payment to their account."""
        body = object_body(prepared.made[-1].request.content)
        if not prepared.user.is_learnt or not body:
            return False
        try:
            other = self._preparer.user_source.other(prepared.user)
        except NotApplicable:
            return False
        mine = {str(value) for value in prepared.user.attributes.values()}
        theirs = {str(value) for value in other.attributes.values()} - mine
        return any(
            isinstance(value, str) and len(value) >= SHORTEST and value in theirs
            for _, value in fields_of(body)
        )

    def _why_shared(self, operation: Operation, prepared: PreparedRequest) -> str:
        if not may_be_shared(self._preparer, prepared):
            return ""
        try:
            other = self._preparer.user_source.other(prepared.user)
        except NotApplicable as reason:
            return str(reason)
        shown = shown_to(self._preparer, prepared.made[-1], other)
        if shown is None or self._is_kept(prepared, other):
            return ""  # where what it hangs below is kept from others, the list that shows it errs
        self._shown.add(_key_of(prepared.made[-1]))
        mine = self._seen_by_owner(prepared)
        if not names_user(mine, prepared.user):
            return "a list shows it to everybody, and it names no owner"
        if operation.method in SAFE and not holds_back_secrets(mine, shown):
            return "a list shows it to everybody"
        return ""

    def _is_kept(self, prepared: PreparedRequest, other: User) -> bool:
        return is_kept_above(self._preparer, prepared.made[-1], prepared.user, other)

    def _seen_by_owner(self, prepared: PreparedRequest) -> Any:
        reader = reader_of(self._preparer, prepared)
        if reader is None:
            return prepared.made[-1].response.json
        auth = self._preparer.credential(reader, prepared.user)
        return self._preparer.sender.send(self._at(reader, prepared), auth).json

    def _renewed(
        self, operation: Operation, prepared: PreparedRequest, attempt: AccessAttempt
    ) -> AccessAttempt | None:
        """Return an attempt with a new credential; None where there is none to be had."""
        user_source = self._preparer.user_source
        other = user_source.other(prepared.user)
        if attempt.name == FORGED or not user_source.can_log_in_again(other):
            return None
        user_source.invalidate(other)
        return replace(attempt, auth=self._preparer.credential(operation, other))

    def _tried(
        self,
        operation: Operation,
        prepared: PreparedRequest,
        attempt: AccessAttempt,
        *,
        may_renew: bool = True,
    ) -> tuple[Cell, list[AccessFinding]]:
        send = self._preparer.sender.send
        before = self._read(prepared, attempt)
        theirs = send(attempt.theirs, attempt.auth)
        after = self._read(prepared, attempt)
        first, second = (send(item, attempt.auth) for item in attempt.nothing)
        # A session that ends between two answers is no difference between them.
        is_mixed = len({each.status == 401 for each in (theirs, first, second)}) > 1
        if may_renew and is_mixed and not theirs.ok:
            renewed = self._renewed(operation, prepared, attempt)
            if renewed is not None:
                return self._tried(operation, prepared, renewed, may_renew=False)
        note, impact = "", None
        has_changed = before is not None and after is not None and _changed(before, after)
        if has_changed:
            has_changed = self._is_their_doing(prepared, attempt, before, after)
        if has_changed:
            note = f"{attempt.title} changed what somebody else made (status {theirs.status})"
        elif theirs.failure or (theirs.ok and _is_undone(prepared, before, after, theirs, first)):
            note = ""
        elif operation.method == "PUT" and first.ok and not theirs.ok:
            note = ""  # what never existed is made by it
        elif not _same(operation, attempt, theirs, first, second):
            note = _existence_revealed(attempt, theirs, first)
            impact = None if theirs.ok else Impact.EXISTENCE
            is_added = attempt.reference is not None or adds_to(operation)
            if (is_added or not theirs.ok) and self._is_readable(
                prepared, attempt, is_done=theirs.ok
            ):
                note = ""
            if note and not theirs.ok and self._attempts.refuse_above(attempt, theirs):
                note = ""
        kind = "changed" if has_changed else "let in" if theirs.ok else "tells"
        return evaluated(
            operation,
            CHECK,
            attempt.name,
            (theirs, first),
            note,
            kind=kind if note else "",
            impact=impact,
            cause=f"somebody else/{kind}",
        )

    def _is_readable(
        self, prepared: PreparedRequest, attempt: AccessAttempt, *, is_done: bool
    ) -> bool:
        """Whether somebody else may read an object: no refusal tells them that it exists.

        What is added to such an object, a comment or a liking, is added as it is meant to be. Where
        nothing reads it by itself, what has been added so far tells, or a list or a parent that
        shows it.
        """
        operation = prepared.request.operation
        is_listed = may_be_shared(self._preparer, prepared)
        may_be_read = is_listed or may_hang_below_shared(self._preparer, prepared)
        if operation.method in SAFE or not may_be_read:
            return False
        other = self._preparer.user_source.other(prepared.user)
        if (reference := attempt.reference) is not None:
            value = reference.value_in(attempt.theirs.content)
            return may_read_named(self._preparer, reference.name, value, other)
        reader = reader_of(self._preparer, prepared)
        if reader is not None:
            reading = PreparedRequest(other, self._at(reader, prepared), attempt.auth)
            is_read = self._preparer.send_valid(reading).ok
            if not (is_done and is_read and reader.secured and prepared.made):
                return is_read
        if not prepared.made:
            return False
        # That they read it may be a flaw of its own, unless they are shown it anyway.
        made = prepared.made[-1]
        is_shown = _key_of(made) in self._shown  # newer ones may have filled the list meanwhile
        if is_listed and not is_shown:
            is_shown = shown_to(self._preparer, made, other) is not None
            is_shown = is_shown and not self._is_kept(prepared, other)
        return is_shown or shown_in_parent(self._preparer, made, other)

    def _is_their_doing(
        self,
        prepared: PreparedRequest,
        attempt: AccessAttempt,
        before: Response | None,
        after: Response | None,
    ) -> bool:
        """Whether an object changes less by itself: a time that its owner was seen, a counter.

        Somebody who may read it, and adds something to it, may change what counts that.
        """
        again = self._read(prepared, attempt)
        if before is None or after is None or again is None:
            return False
        states = [normalize(each, ()) for each in (before, after, again)]
        moved = diff(states[0], states[1], times=not prepared.user.is_learnt)
        moved -= diff(states[1], states[2])
        is_added = attempt.reference is not None or adds_to(prepared.request.operation)
        if is_added and self._is_readable(prepared, attempt, is_done=True):
            was = states[0]
            moved = {name for name in moved if name in was and not _is_count(was[name])}
        return bool(moved)

    def _read(self, prepared: PreparedRequest, attempt: AccessAttempt) -> Response | None:
        """Read the prepared request's object as its owner, where there is an operation for that."""
        if (reference := attempt.reference) is not None:
            is_read = prepared.user.is_learnt and reference.made is not None
            if not is_read or reference.made is None or prepared.request.operation.method in SAFE:
                return None
            return read_made(self._preparer, reference.made, prepared.user)
        reader = reader_of(self._preparer, prepared)
        if reader is None or prepared.request.operation.method in SAFE:
            return None
        auth = self._preparer.credential(reader, prepared.user)
        reading = PreparedRequest(prepared.user, self._at(reader, prepared), auth)
        return self._preparer.send_valid(reading)  # its session may have ended meanwhile

    def _at(self, reader: Operation, prepared: PreparedRequest) -> Request:
        """Return the request that reads what a prepared request is about."""
        return Request(
            reader, {name: prepared.request.values[name] for name in reader.path_parameters}
        )


def _key_of(made: CreatedResource) -> tuple[str, str]:
    return made.creator.path, str(made.value)


def is_capability(parameter: str, operation: Operation) -> bool:
    """Whether a path parameter is a secret that opens what it names: an invitation, a shared link.

    A `code` is one only where somebody is invited: elsewhere rooms and countries have codes.
    """
    is_code = parameter.lower().endswith("code") and _INVITES.search(operation.path)
    return bool(_CAPABILITY.search(parameter) or is_code)


def reader_of(preparer: RequestPreparer, prepared: PreparedRequest) -> Operation | None:
    """Return the operation that reads the object in a request's path, or None."""
    path = prepared.request.operation.path
    innermost = path[: path.rfind("}") + 1]
    return next(
        (
            found
            for found in preparer.security.operations
            if found.method == "GET" and found.path in {path, innermost} and "}" in found.path
        ),
        None,
    )


def holds_back_secrets(whole: Any, shown: Mapping[str, Any]) -> bool:
    """Whether a list leaves out members of an object that are secret by their names."""
    names = {path[-1] for path, _ in fields_of(whole)} - {path[-1] for path, _ in fields_of(shown)}
    return any(is_secret(name) or PRIVATE_FIELD.search(name) for name in names)


def _is_undone(
    prepared: PreparedRequest,
    before: Response | None,
    after: Response | None,
    theirs: Response,
    nothing: Response,
) -> bool:
    """Whether a success did nothing: the same for what never existed, and the object unchanged."""
    seen = before is not None and after is not None and before.ok
    return bool(prepared.user.is_learnt and seen and nothing.ok and theirs.status == nothing.status)


def _is_count(value: Any) -> bool:
    return isinstance(value, bool) or str(value).removeprefix("-").isdigit()  # votes, too


def _changed(before: Response, after: Response) -> bool:
    return before.ok and bool(diff(normalize(before, ()), normalize(after, ())))


def _same(
    operation: Operation,
    attempt: AccessAttempt,
    theirs: Response,
    first: Response,
    second: Response,
) -> bool:
    if not theirs.ok and first.status in {400, 422}:
        return True  # what was made up is refused for its shape, whatever there is
    ids = [
        value
        for request in (attempt.theirs, *attempt.nothing)
        for value in (*request.values.values(), *_said(request.content))
    ]
    if theirs.ok and first.ok and operation.method not in {"GET", "DELETE"}:
        return False  # a write that succeeds on somebody else's object
    noise = diff(normalize(first, ids), normalize(second, ids))
    return diff(normalize(theirs, ids), normalize(first, ids)) <= noise


def _said(content: RequestContent) -> list[object]:
    body = content.body if isinstance(content.body, dict) else {}
    return [*body.values(), *content.query.values(), *content.headers.values()]


def _existence_revealed(attempt: AccessAttempt, theirs: Response, nothing: Response) -> str:
    if theirs.ok:
        return f"{attempt.title} gets {theirs.status} for what somebody else made"
    if theirs.status != nothing.status:
        return (
            f"{attempt.title} gets {theirs.status} for what somebody else made and "
            f"{nothing.status} for what never existed: the answer tells that it exists"
        )
    return f"{attempt.title} can tell by the body of the {theirs.status} that it exists"


def of_other_roles(accounts: Accounts, user: User) -> list[User]:
    """Return the first user of the file for each further role that at least two have."""
    lent = accounts.lent()
    ranks = [accounts.rank(one) for one in lent]
    known = accounts.rank(user)
    found = dict(zip(reversed(ranks), reversed(lent), strict=True))
    return [one for rank, one in found.items() if rank != known and ranks.count(rank) > 1]
