"""Mass assignment: fields that a caller may not set change neither owner nor identity.

Each forbidden field is put into a body that works. Refusing or ignoring it are both fine; moving
the object, or storing the value, is not (OWASP API3:2023, CWE-915).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import unwrapped, with_field, wrapped_at
from apiproof.access.http import Request, Response
from apiproof.access.objects import CHECK
from apiproof.access.payloads import WRITES, object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.read_after_write import NO_ANSWER, readers, reading
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.safeguards import is_account_operation
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

OWNERS = (
    "owner_id",
    "owner",
    "user_id",
    "user",
    "owner_sub",
    "user_sub",
    "sub",
    "username",
    "account_id",
    "author_id",
    "created_by",
    "ownerId",
    "userId",
)
PRIVILEGES: dict[str, Any] = {
    "is_admin": True,
    "admin": True,
    "role": "admin",
    "roles": ["admin"],
    "scopes": ["admin"],
    "email_verified": True,
    "disabled_at": None,
}
GONE = {403, 404, 410}  # what an owner gets for an object that is no longer theirs
MOST = 12  # fields that are tried one by one


class MassAssignmentProbe:
    """Puts forbidden fields into bodies that work."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try an operation's body with fields that are not the caller's to set.

        Raises:
            NotPrepared: There is no request to replay.
        """
        if operation.method not in WRITES or not operation.secured:
            return
        if not readers(self._preparer, operation):
            return
        prepared = self._preparer.prepared(operation)
        if prepared.user.is_learnt and is_account_operation(operation):
            return  # see privileges.py
        if object_body(prepared.request.content) is None:
            return
        try:
            other = self._preparer.user_source.other(prepared.user)
        except NotApplicable as reason:
            yield skipped(operation, "owner-field", str(reason)), []
            return
        control = self._control(prepared)
        if prepared.user.is_learnt:
            prepared = self._preparer.prepared(operation, user=prepared.user)
            yield self._together(operation, prepared, other, control)
            return
        notes, responses = [], []
        for name, value in self._fields(operation, other, control):
            response, note = self._assigned(operation, prepared, {name: value}, control)
            responses.append(response)
            if note:
                notes.append(note)
                prepared = self._preparer.prepared(operation, user=self._fresh(prepared))
        yield evaluated(operation, CHECK, "owner-field", responses[:1], notes[0] if notes else "")

    def _control(self, prepared: PreparedRequest) -> Mapping[str, Any] | None:
        """Return the object as it is when nothing forbidden was asked for; None if not readable."""
        response = NO_ANSWER
        if prepared.request.operation.method == "POST":
            response = self._preparer.sender.send(prepared.request, prepared.auth)
        where = reading(self._preparer, prepared, response)
        if where is None:
            return None
        auth = self._preparer.credential(where.operation, prepared.user)
        body = self._preparer.sender.send(where, auth).json
        return body if isinstance(body, Mapping) else None

    def _together(
        self,
        operation: Operation,
        prepared: PreparedRequest,
        other: User,
        control: Mapping[str, Any] | None,
    ) -> tuple[Cell, list[AccessFinding]]:
        """Try fields all at once, and one by one where that is refused."""
        if control is None:
            return skipped(operation, "owner-field", "what it writes cannot be read back"), []
        fields = list(self._fields(operation, other, control))
        batches = [dict(fields)]
        response, note = self._assigned(operation, prepared, batches[0], control)
        responses = [response]
        if not response.ok and response.status != 422:
            for name, value in fields[:MOST]:
                prepared = self._preparer.prepared(operation, user=prepared.user)
                response, note = self._assigned(operation, prepared, {name: value}, control)
                responses.append(response)
                if note:
                    break
        kind = "set" if note else ""
        return evaluated(operation, CHECK, "owner-field", responses[-1:], note, kind=kind)

    def _fresh(self, prepared: PreparedRequest) -> User | None:
        return None if self._preparer.user_source.can_create_users else prepared.user

    def _fields(
        self, operation: Operation, other: User, control: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, Any]]:
        allowed = set(self._allowed(operation))
        theirs = [other.attributes.get(name) for name in ("sub", "username")]
        for name in OWNERS:
            own = [other.attributes[name]] if name in other.attributes else [*theirs, 1, 2]
            yield from ((name, value) for value in dict.fromkeys(own) if value is not None)
        if not allowed:
            return  # a body of any fields: none of them is forbidden by the document
        yield from ((name, value) for name, value in PRIVILEGES.items() if name not in allowed)
        sample = self._preparer.payloads.answer_sample(operation, control)
        for name, value in sample.items():
            if name not in allowed and name not in OWNERS:
                yield name, value

    def _read(self, where: Request, user: User) -> Response:
        """Read as the owner, with a new credential where the one at hand has ended."""
        auth = self._preparer.credential(where.operation, user)
        read = self._preparer.send_valid(PreparedRequest(user, where, auth))
        if (
            read.status == 401
            and not user.is_learnt
            and self._preparer.user_source.can_log_in_again(user)
        ):
            self._preparer.user_source.invalidate(user)
            auth = self._preparer.credential(where.operation, user)
            read = self._preparer.sender.send(where, auth)
        return read

    def _allowed(self, operation: Operation) -> Mapping[str, Any]:
        payloads = self._preparer.payloads
        schema = payloads.schema_at(operation, wrapped_at(payloads.full_body(operation)))
        fields: Mapping[str, Any] = schema.get("properties", {})
        return fields

    def _goes_anyway(self, operation: Operation, user: User) -> bool:
        """Whether an object is not found where it was after the same write without the fields."""
        control = self._preparer.prepared(operation, user=user)
        answer = self._preparer.sender.send(control.request, control.auth)
        where = reading(self._preparer, control, answer)
        return where is None or self._read(where, user).status in GONE

    def _assigned(
        self,
        operation: Operation,
        prepared: PreparedRequest,
        fields: Mapping[str, Any],
        control: Mapping[str, Any] | None,
    ) -> tuple[Response, str]:
        """Write with further fields; say what came of it, if that is wrong."""
        body: Any = object_body(prepared.request.content) or {}
        wrap = wrapped_at(body)
        for name, value in fields.items():
            body = with_field(body, (*wrap, name), value)
        request = prepared.request.saying(body)
        response = self._preparer.sender.send(request, prepared.auth)
        name = next(iter(fields))
        if response.status >= 500 and not prepared.user.is_learnt:
            return response, f"the field {name} in the body is answered with {response.status}"
        written = replace(prepared, request=request)
        if not response.ok or (where := reading(self._preparer, written, response)) is None:
            return response, ""
        read = self._read(where, prepared.user)
        is_gone = read.status in GONE or not (read.ok or prepared.user.is_learnt)
        if is_gone and prepared.user.is_learnt and self._goes_anyway(operation, prepared.user):
            return response, ""
        if is_gone:
            named = name if len(fields) == 1 else "of an owner"
            return response, f"the field {named} in the body takes the object from its owner"
        allowed = self._allowed(operation)
        for name, value in fields.items():
            if allowed and name not in allowed and _took(read, name, value, control):
                return response, f"the field {name}, which the document does not list, can be set"
        return response, ""


def _took(read: Response, name: str, value: Any, control: Mapping[str, Any] | None) -> bool:
    """Whether a field has a value now that an untouched object does not have."""
    body, untouched = unwrapped(read.json), unwrapped(control)
    if not isinstance(body, Mapping) or value is None or body.get(name) != value:
        return False
    return untouched is None or untouched.get(name) != value
