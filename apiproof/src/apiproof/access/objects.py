"""Objects of one user as another: BOLA, OWASP API1:2023; RFC 9110, 15.5.4 (404 may hide a 403)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apiproof.access.credentials import SAFE
from apiproof.access.http import Request, Response
from apiproof.access.prepare import CreatedResource, NotPrepared, PreparedRequest, RequestPreparer
from apiproof.access.report import Cell, Finding, evaluated, skipped
from apiproof.access.resources import nonexistent_id
from apiproof.access.response_diff import diff, normalize
from apiproof.access.users import User
from apiproof.jwt import CredentialContext, NotApplicable, RequestAuth, admin_claims
from apiproof.openapi.document import Operation

CHECK = "ownership_enforced"
SHARED_EXTENSION = "x-apiproof-shared"  # an operation on objects that are meant for everybody


@dataclass(frozen=True)
class AccessAttempt:
    """One way in which somebody else asks for an object, and the same for none."""

    name: str
    title: str
    theirs: Request
    nothing: tuple[Request, ...]
    auth: RequestAuth


class ObjectAccessProbe:
    """Replays operations on objects as somebody else."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try an operation on objects that somebody else made.

        Raises:
            Unexercised: There is no request to replay.
        """
        if not operation.secured or operation.definition.get(SHARED_EXTENSION):
            return
        prepared = self._preparer.prepared(operation)
        if not owned(prepared) and not prepared.body_references:
            return
        try:
            attempts = list(self._attempts(operation, prepared))
        except (NotApplicable, NotPrepared) as reason:
            yield skipped(operation, "other-user", str(reason)), []
            return
        for attempt in attempts:
            yield self._tried(operation, prepared, attempt)
        after = self._preparer.sender.send(prepared.request, prepared.auth)
        if not after.ok:
            note = f"after others were refused, its owner gets {after.status}"
            yield evaluated(operation, CHECK, "owner-after", (after,), note)

    def _attempts(self, operation: Operation, prepared: PreparedRequest) -> Iterator[AccessAttempt]:
        other = self._preparer.user_source.other(prepared.user)
        auth = self._preparer.credential(operation, other)
        if owned(prepared):
            nothing = (with_nonexistent_ids(prepared, 0), with_nonexistent_ids(prepared, 1))
            yield AccessAttempt("other-user", "another user", prepared.request, nothing, auth)
            if admin := self._as_admin(operation, prepared):
                title = "another user with an administrator's claims"
                yield AccessAttempt("other-admin", title, prepared.request, nothing, admin)
        if operation.path.count("{") > 1:
            own = self._preparer.prepared(operation, user=other).request
            last = operation.path.rpartition("{")[2].partition("}")[0]
            value = prepared.request.values[last]
            theirs, *nothing_there = (
                own.at(**{last: item})
                for item in (value, nonexistent_id(value), nonexistent_id(value, 1))
            )
            title = "another user, through a parent of their own"
            yield AccessAttempt("own-parent", title, theirs, tuple(nothing_there), auth)
        for name in prepared.body_references:
            own = self._preparer.prepared(operation, user=other).request
            value = prepared.request.content.body[name]
            theirs, *nothing_there = (
                own.saying({**own.content.body, name: item})
                for item in (value, nonexistent_id(value), nonexistent_id(value, 1))
            )
            title = f"another user, naming it as {name} in the body,"
            yield AccessAttempt(f"body-{name}", title, theirs, tuple(nothing_there), auth)

    def _as_admin(self, operation: Operation, prepared: PreparedRequest) -> RequestAuth | None:
        """Return the credential of another user that claims to be an administrator's."""
        user_source = self._preparer.user_source
        other = user_source.other(prepared.user)
        for alternative in self._preparer.security.alternatives(operation):
            use = alternative[0]
            try:
                credential = user_source.credential(other, use.scheme, use.scopes)
                material = user_source.material(other, use.scheme, "")
                context = CredentialContext(use.scheme, credential, material=material)
                return use.scheme.present(context.resigned(admin_claims()))
            except NotApplicable:
                continue
        return None

    def _tried(
        self, operation: Operation, prepared: PreparedRequest, attempt: AccessAttempt
    ) -> tuple[Cell, list[Finding]]:
        send = self._preparer.sender.send
        before = self._read(prepared)
        theirs = send(attempt.theirs, attempt.auth)
        after = self._read(prepared)
        first, second = (send(item, attempt.auth) for item in attempt.nothing)
        note = ""
        if before is not None and after is not None and _changed(before, after):
            note = f"{attempt.title} changed what somebody else made (status {theirs.status})"
        elif not _same(operation, attempt, theirs, first, second):
            note = _existence_told(attempt, theirs, first)
        return evaluated(operation, CHECK, attempt.name, (theirs, first), note)

    def _read(self, prepared: PreparedRequest) -> Response | None:
        """Read the prepared request's object as its owner, where there is an operation for that."""
        reader = reader_of(self._preparer, prepared)
        if reader is None or prepared.request.operation.method in SAFE:
            return None
        request = Request(reader, {name: prepared.request.values[name] for name in _names(reader)})
        return self._preparer.sender.send(request, self._preparer.credential(reader, prepared.user))


def owned(prepared: PreparedRequest) -> bool:
    """Whether the request is about something that its person made, or is known by."""
    mine = {str(value) for value in prepared.user.attributes.values()}
    known = any(str(value) in mine for value in prepared.request.values.values())
    return bool(prepared.made) or (known and prepared.request.operation.method not in SAFE)


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


def with_nonexistent_ids(prepared: PreparedRequest, number: int) -> Request:
    """Return a prepared request's request for objects that never existed."""
    values = {
        name: nonexistent_id(value, number) for name, value in prepared.request.values.items()
    }
    return prepared.request.at(**values)


def _names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part[:1] == "{"]


def _changed(before: Response, after: Response) -> bool:
    return before.ok and bool(diff(normalize(before, ()), normalize(after, ())))


def _same(
    operation: Operation,
    attempt: AccessAttempt,
    theirs: Response,
    first: Response,
    second: Response,
) -> bool:
    ids = [
        value
        for request in (attempt.theirs, *attempt.nothing)
        for value in (*request.values.values(), *_texts(request.content.body))
    ]
    if theirs.ok and first.ok and operation.method not in {"GET", "DELETE"}:
        return False  # a write that succeeds on somebody else's object
    noise = diff(normalize(first, ids), normalize(second, ids))
    return diff(normalize(theirs, ids), normalize(first, ids)) <= noise


def _texts(body: object) -> list[object]:
    return list(body.values()) if isinstance(body, dict) else []


def _existence_told(attempt: AccessAttempt, theirs: Response, nothing: Response) -> str:
    if theirs.ok:
        return f"{attempt.title} gets {theirs.status} for what somebody else made"
    if theirs.status != nothing.status:
        return (
            f"{attempt.title} gets {theirs.status} for what somebody else made and "
            f"{nothing.status} for what never existed: the answer tells that it exists"
        )
    return f"{attempt.title} can tell by the body of the {theirs.status} that it exists"


ITEMS = 2  # that each of the two makes
PAGES = 6
_LIMITS = ("limit", "page_size", "size", "per_page", "pageSize", "perPage", "count", "top")
_OFFSETS = ("offset", "skip", "start")
_NUMBERS = ("page", "page_number", "pageNumber")
_OWNER_FILTERS = ("owner", "owner_id", "user", "user_id", "sub", "username", "email", "created_by")


class ListAccessProbe:
    """Looks for one user's objects in another's lists."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try one list.

        Raises:
            Unexercised: There is no request to replay.
        """
        creators = self._preparer.creators.for_list(operation)
        listing = operation.method == "GET" and not operation.path.endswith("}")
        if (
            not listing
            or not creators
            or not operation.secured
            or operation.definition.get(SHARED_EXTENSION)
        ):
            return
        prepared = self._preparer.prepared(operation, user=self._preparer.new_user())
        try:
            other = self._preparer.user_source.other(prepared.user)
            theirs = [self._preparer.make(creators[0], prepared) for _ in range(ITEMS)]
            mine = self._preparer.prepared(operation, user=other)
            for _ in range(ITEMS - 1):
                self._preparer.make(creators[0], mine)
        except (NotApplicable, NotPrepared) as reason:
            yield skipped(operation, "listing", str(reason)), []
            return
        shown = self._answers(prepared.request, prepared)
        if not any(_holds(response, made) for response in shown for made in theirs):
            yield skipped(operation, "listing", "its owner's list does not show a new object"), []
            return
        requests = list(self._requests(mine.request, prepared.user))
        if prepared.made:  # a list inside an object of the owner's
            requests.append(prepared.request)
        responses = [response for request in requests for response in self._answers(request, mine)]
        leaked = [
            response for response in responses if any(_holds(response, made) for made in theirs)
        ]
        note = "another user's list holds what somebody else made" if leaked else ""
        yield evaluated(operation, CHECK, "listing", leaked[:1] or responses[:1], note)

    def _requests(self, request: Request, owner: User) -> Iterator[Request]:
        """Yield the plain list, and the list filtered by its owner where there is such a filter."""
        yield request
        for parameter in self._preparer.payloads.parameters(request.operation):
            name = str(parameter.get("name"))
            if parameter.get("in") == "query" and name.lower() in _OWNER_FILTERS:
                for value in owner.attributes.values():
                    yield _asking(request, {name: value})

    def _answers(self, request: Request, prepared: PreparedRequest) -> Iterator[Response]:
        """Yield the list as it comes, then page by page, one object each."""
        yield self._preparer.sender.send(request, prepared.auth)
        names = [
            str(parameter["name"])
            for parameter in self._preparer.payloads.parameters(request.operation)
            if parameter.get("in") == "query"
        ]
        limit = next((name for name in _LIMITS if name in names), None)
        place = next((name for name in (*_OFFSETS, *_NUMBERS) if name in names), None)
        if limit is None or place is None:
            return
        for number in range(PAGES):
            first = number + (place in _NUMBERS)
            page = _asking(request, {limit: 1, place: first})
            yield self._preparer.sender.send(page, prepared.auth)


def _asking(request: Request, query: dict[str, Any]) -> Request:
    content = request.content
    return replace(request, content=replace(content, query={**content.query, **query}))


def _holds(response: Response, made: CreatedResource) -> bool:
    """Whether a list holds an object: the same id, and nothing that contradicts."""
    whole = made.response.json if isinstance(made.response.json, Mapping) else {}
    return response.ok and any(_is(item, made, whole) for item in _items(response.json))


def _is(item: Mapping[str, Any], made: CreatedResource, whole: Mapping[str, Any]) -> bool:
    names = [made.parameter, "id", *(name for name in whole if whole[name] == made.value)]
    if not any(str(item.get(name)) == str(made.value) for name in names):
        return False
    return all(item[name] == whole[name] for name in item if name in whole)


def _items(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _items(part)
    elif isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _items(part)
