"""Objects shared for reading: whoever may only read one changes nothing, and shares it with nobody.

Source: OWASP API1:2023 and API5:2023; CWE-285. Both users' part in it is what the run has made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, fields_of, plain_name, with_field
from apiproof.access.http import Request
from apiproof.access.objects import CHECK, SHARED_EXTENSION, reader_of
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest, own_value
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.access.response_diff import diff, normalize
from apiproof.access.safeguards import SAFE, names_account, names_somebody
from apiproof.access.users import User
from apiproof.jwt import NotApplicable, RequestAuth
from apiproof.openapi.document import Operation

CASE = "shared-to-read"
_SHARING = re.compile(
    r"/(shares?|sharing|collaborators?|permissions?|grants?|access|acl|members?|users)"
    r"(/\{[^}]+\})?/?$",
    re.IGNORECASE,
)
_READING = re.compile(r"^(can_?)?(read|reader|read_?only|view|viewer|ro|r)$", re.IGNORECASE)
_MORE = re.compile(r"write|edit|admin|owner|manage|full|contribut|^rw?w$", re.IGNORECASE)


@dataclass(frozen=True)
class Sharing:
    """How an object is shared.

    Attributes:
        operation: What shares it.
        level: The member of its body that says how far.
        reading: The level that allows reading alone.
        more: One that allows more.
    """

    operation: Operation
    level: tuple[str, ...]
    reading: Any
    more: Any


class ShareProbe:
    """Shares an object for reading, and tries to change it as whom it is shared with."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation that changes an object.

        Raises:
            NotPrepared: There is no request to replay.
        """
        sharing = self._sharing(operation)
        if sharing is None or operation.definition.get(SHARED_EXTENSION):
            return
        prepared = self._preparer.prepared(operation)
        reader = reader_of(self._preparer, prepared)
        if not prepared.made or reader is None or reader.path.count("{") != 1:
            return
        try:
            other = self._preparer.user_source.other(prepared.user)
        except NotApplicable:
            return
        theirs = self._preparer.credential(operation, other)
        values = {name: prepared.request.values[name] for name in reader.path_parameters}
        reading = Request(reader, values)
        send = self._preparer.sender.send
        if send(reading, theirs).ok:
            return  # everybody's
        shared = self._share(sharing, prepared, other, sharing.reading, prepared.auth)
        if shared and send(reading, theirs).ok:
            yield from self._tried(sharing, prepared, reading, other)

    def _tried(
        self, sharing: Sharing, prepared: PreparedRequest, reading: Request, other: User
    ) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try to change what may only be read, or to share it further."""
        operation, send = prepared.request.operation, self._preparer.sender.send
        theirs = self._preparer.credential(operation, other)
        if operation.label == sharing.operation.label:
            is_raised = self._share(sharing, prepared, other, sharing.more, theirs)
            note = "who may only read it may share it, and give themselves more"
            note, kind = (note, "let in") if is_raised else ("", "")
            yield evaluated(operation, CHECK, CASE, (), note, kind=kind)
        elif not _SHARING.search(operation.path):  # who it is shared with may leave it
            before, again = (normalize(send(reading, prepared.auth), ()) for _ in range(2))
            answer = send(prepared.request, theirs)
            after = normalize(send(reading, prepared.auth), ())
            is_changed = bool(diff(before, after, times=False) - diff(before, again))
            note = "another user, who may only read it, changes what is shared"
            note, kind = (note, "changed") if is_changed else ("", "")
            yield evaluated(operation, CHECK, CASE, (answer,), note, kind=kind)

    def _sharing(self, operation: Operation) -> Sharing | None:
        """Return what shares the objects that a change is about, for reading and for more."""
        if operation.method in SAFE or not operation.secured or "{" not in operation.path:
            return None
        above = operation.path[: operation.path.find("}") + 1]
        payloads = self._preparer.payloads
        for found in self._preparer.security.operations:
            is_below = found.path.startswith(above + "/") and _SHARING.fullmatch(
                found.path[len(above) :]
            )
            if found.method not in {"POST", "PUT"} or not is_below:
                continue
            for path, _ in fields_of(payloads.full_body(found)):
                choices = payloads.schema_at(found, path).get("enum", ())
                reading = [one for one in choices if _READING.search(str(one))]
                more = [one for one in choices if _MORE.search(str(one))]
                if reading and more:
                    return Sharing(found, path, reading[0], more[0])
        return None

    def _share(
        self,
        sharing: Sharing,
        prepared: PreparedRequest,
        other: User,
        level: Any,
        auth: RequestAuth,
    ) -> bool:
        """Share a prepared request's object; False where nothing names whom with, or it fails."""
        operation = sharing.operation
        first, *others = operation.path_parameters
        values = {first: next(iter(prepared.request.values.values()))}
        values |= {
            name: own_value(operation, name, other)
            for name in others
            if names_account(operation, name) or names_somebody(name)
        }
        if None in values.values() or len(values) < len(operation.path_parameters):
            return False
        recipe = next(iter(self._preparer.payloads.recipes(operation)))
        content = recipe(prepared.user, 0)
        body, is_named = naming(content.body, other, sharing.level)
        if not is_named and not others:
            return False
        body = with_field(body, sharing.level, level)
        request = Request(operation, values, replace(content, body=body))
        return self._preparer.sender.send(request, auth).ok


def naming(body: Any, user: User, apart: tuple[str, ...]) -> tuple[Any, bool]:
    """Return a body that names a user wherever it names an account, and whether it does.

    Args:
        body: Of whatever depth.
        user: Whom to name.
        apart: The path of a member that names nobody: how far something is shared, a role.
    """
    own = {plain_name(name): value for name, value in user.attributes.items()}
    is_named = False
    for path, value in list(fields_of(body)):
        name = path[-1]
        is_naming = NAME_FIELD.search(name) or EMAIL_FIELD.search(name) or names_somebody(name)
        if path == apart or not is_naming:
            continue
        known = own.get(plain_name(name)) or own.get("id" if "id" in name.lower() else "username")
        if known is not None:
            said = int(known) if isinstance(value, int) and known.isdigit() else known
            body, is_named = with_field(body, path, said), True
    return body, is_named
