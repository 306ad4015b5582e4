"""Mass assignment: fields that a caller may not set change neither owner nor identity.

Each forbidden field is put into a body that works. Refusing or ignoring it are both fine; moving
the object, or storing the value, is not (OWASP API3:2023, CWE-915).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.http import Response
from apiproof.access.objects import CHECK
from apiproof.access.payloads import object_body
from apiproof.access.prepare import PreparedRequest, RequestPreparer
from apiproof.access.read_after_write import readers, reading
from apiproof.access.report import Cell, Finding, evaluated, skipped
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
WRITES = {"POST", "PUT", "PATCH"}


class MassAssignmentProbe:
    """Puts forbidden fields into bodies that work."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try an operation's body with fields that are not the caller's to set.

        Raises:
            Unexercised: There is no request to replay.
        """
        if operation.method not in WRITES or not operation.secured:
            return
        if not readers(self._preparer, operation):
            return
        prepared = self._preparer.prepared(operation)
        if object_body(prepared.request.content) is None:
            return
        try:
            other = self._preparer.user_source.other(prepared.user)
        except NotApplicable as reason:
            yield skipped(operation, "owner-field", str(reason)), []
            return
        notes, responses = [], []
        for name, value in self._fields(operation, other):
            response, note = self._assigned(operation, prepared, name, value)
            responses.append(response)
            if note:
                notes.append(note)
                prepared = self._preparer.prepared(operation, user=self._fresh(prepared))
        yield evaluated(operation, CHECK, "owner-field", responses[:1], notes[0] if notes else "")

    def _fresh(self, prepared: PreparedRequest) -> User | None:
        return None if self._preparer.user_source.can_create_users else prepared.user

    def _fields(self, operation: Operation, other: User) -> Iterator[tuple[str, Any]]:
        allowed = set(self._allowed(operation))
        theirs = [other.attributes.get(name) for name in ("sub", "username")]
        for name in OWNERS:
            own = [other.attributes[name]] if name in other.attributes else [*theirs, 1, 2]
            yield from ((name, value) for value in dict.fromkeys(own) if value is not None)
        if not allowed:
            return  # a body of any fields: none of them is forbidden by the document
        yield from ((name, value) for name, value in PRIVILEGES.items() if name not in allowed)
        sample = self._preparer.payloads.answer_sample(operation)
        for name, value in sample.items():
            if name not in allowed and name not in OWNERS:
                yield name, value

    def _allowed(self, operation: Operation) -> Mapping[str, Any]:
        _, schema = self._preparer.payloads.body_schema(operation)
        fields: Mapping[str, Any] = self._preparer.payloads.resolve(schema).get("properties", {})
        return fields

    def _assigned(
        self, operation: Operation, prepared: PreparedRequest, name: str, value: Any
    ) -> tuple[Response, str]:
        body = {**(object_body(prepared.request.content) or {}), name: value}
        request = prepared.request.saying(body)
        response = self._preparer.sender.send(request, prepared.auth)
        if response.status >= 500:
            return response, f"the field {name} in the body is answered with {response.status}"
        if not response.ok:
            return response, ""
        where = reading(
            self._preparer, PreparedRequest(prepared.user, request, prepared.auth), response
        )
        if where is None:
            return response, ""
        read = self._preparer.sender.send(
            where, self._preparer.credential(where.operation, prepared.user)
        )
        if not read.ok:
            return response, f"the field {name} in the body takes the object from its owner"
        allowed = self._allowed(operation)
        if allowed and name not in allowed and _took(read, name, value):
            return response, f"the field {name}, which the document does not list, can be set"
        return response, ""


def _took(read: Response, name: str, value: Any) -> bool:
    body = read.json
    return isinstance(body, Mapping) and value is not None and body.get(name) == value
