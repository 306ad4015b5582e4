"""Lists: nobody's list holds what is somebody else's alone (OWASP API1:2023)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.checks import Impact
from apiproof.access.fields import fields_of
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.objects import CHECK, SHARED_EXTENSION
from apiproof.access.owners import is_kept_above
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.procedures import is_read_by, lists_by_name
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import CreatedResource, ResourceCreator, created_id, items_of
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

ITEMS = 2  # that each of the two makes
PAGES = 6
LISTED = 8  # objects of a list that are read by themselves
REFUSED = {403, 404}
STATES = 4  # of a filter that are asked for
_STATE = re.compile(r"(^|_)(status|state|visibility|stage|scope|view)$", re.IGNORECASE)
_LIMITS = ("limit", "page_size", "size", "per_page", "pageSize", "perPage", "count", "top")
_OFFSETS = ("offset", "skip", "start")
_NUMBERS = ("page", "page_number", "pageNumber")
_OWNER_FILTERS = (
    *("owner", "owner_id", "user", "user_id", "sub", "username", "email", "created_by", "ownerid"),
    *("userid", "customer_id", "customerid", "account_id", "member_id", "author", "author_id"),
)


class ListAccessProbe:
    """Looks for one user's objects in another's lists."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer
        self._lister: User | None = None  # whose lists are short, as nothing else is made by them

    def _asker(self) -> User | None:
        """Return whose lists are looked at: one new account serves for all of them."""
        known = self._lister
        if known is None or not known.is_learnt or self._preparer.user_source.is_gone(known):
            self._lister = self._preparer.new_user()
        return self._lister

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one list.

        Raises:
            NotPrepared: There is no request to replay.
        """
        creators = [
            one
            for one in self._preparer.maker.creators.for_list(operation)
            if one.operation.secured or not operation.secured  # an account is in nobody's list
        ]
        is_plain = operation.method == "GET" and not operation.path.endswith("}")
        listing = is_plain or lists_by_name(operation)
        is_meant = operation.security and not operation.definition.get(SHARED_EXTENSION)
        if not listing or not is_meant:
            return
        if not creators:
            yield from self._given_away(operation)
            return
        payloads = self._preparer.payloads
        prepared = self._preparer.prepared(operation, user=self._asker())
        try:
            other = self._preparer.user_source.other(prepared.user)
            theirs = [self._preparer.maker.make(creators[0], prepared) for _ in range(ITEMS)]
            mine = self._preparer.prepared(operation, user=other)
            for _ in range(ITEMS - 1):
                self._preparer.maker.make(creators[0], mine)
        except (NotApplicable, NotPrepared) as reason:
            yield skipped(operation, "listing", str(reason)), []
            return
        shown = (
            response
            for request in requests_by_filters(payloads, prepared.request, prepared.user)
            for response in self._answers(request, prepared)
        )
        if not any(holds(response, made) for response in shown for made in theirs):
            yield skipped(operation, "listing", "its owner's list does not show a new object"), []
            return
        requests = list(requests_by_filters(payloads, mine.request, prepared.user))
        if prepared.made:  # a list inside an object of the owner's
            requests.append(prepared.request)
        responses = [response for request in requests for response in self._answers(request, mine)]
        leaked = [
            response for response in responses if any(holds(response, made) for made in theirs)
        ]
        note = "another user's list holds what somebody else made" if leaked else ""
        if leaked and prepared.user.is_learnt and self._is_for_everybody(theirs[0], prepared, mine):
            text = "others may read each object of the list by itself, so it is for everybody"
            yield skipped(operation, "listing", text), []
            return
        yield evaluated(
            operation, CHECK, "listing", leaked[:1] or responses[:1], note, impact=Impact.LEAK
        )

    def _given_away(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Compare a list that nothing adds to with what reading its objects shows, and refuses."""
        readers = [
            found
            for found in self._preparer.security.operations
            if found.method == "GET"
            and found.path.rpartition("/{")[0] == operation.path.rstrip("/")
            and found.path.count("{") == operation.path.count("{") + 1
            and found.path.endswith("}")
        ]
        for user in self._preparer.user_source.users() if readers else ():
            if not user.is_learnt:
                return
            prepared = self._preparer.prepared(operation, user=user)
            answer = self._preparer.send_valid(prepared)
            shown = [(item, self._read(readers[0], prepared, item)) for item in _keyed(answer)]
            read = [one for _, one in shown if one is not None and one.ok]
            refused = [item for item, one in shown if one is not None and one.status in REFUSED]
            if not read or not refused:
                continue
            whole = [{path[-1] for path, _ in fields_of(one.json)} for one in read]
            summary = {path[-1] for path, _ in fields_of(refused[0])}
            is_whole = len(whole[0]) > 1 and whole[0] <= summary
            note = "a list shows whole what reading it by itself refuses" if is_whole else ""
            yield evaluated(operation, CHECK, "listing", (answer,), note, impact=Impact.LEAK)
            return

    def _read(
        self, reader: Operation, listed: PreparedRequest, item: Mapping[str, Any]
    ) -> Response | None:
        """Read an object of a list by itself; None where the list does not say its id."""
        name, creator = reader.path_parameters[-1], ResourceCreator(listed.request.operation)
        key = created_id(creator, Response(200, {}, json.dumps(item)), reader.path, name)
        if key is None:
            return None
        auth = self._preparer.credential(reader, listed.user)
        request = Request(reader, {**listed.request.values, name: key})
        return self._preparer.send_valid(PreparedRequest(listed.user, request, auth))

    def _is_for_everybody(
        self, made: CreatedResource, theirs: PreparedRequest, mine: PreparedRequest
    ) -> bool:
        """Whether somebody else may read an object by itself, or nothing reads it by itself."""
        path = made.request.operation.path.rstrip("/")
        readers = [
            found
            for found in self._preparer.security.operations
            if found.method == "GET"
            and found.path.startswith(path + "/{")
            and found.path.endswith("}")
            and found.path.count("{") == path.count("{") + 1
        ]
        for reader in readers:
            name = reader.path_parameters[-1]  # a slug, where the list goes by numbers
            creator = ResourceCreator(made.creator)
            key = created_id(creator, made.response, reader.path, name, made.request)
            values = {**made.request.values, name: made.value if key is None else key}
            auth = self._preparer.credential(reader, mine.user)
            return self._preparer.sender.send(Request(reader, values), auth).ok
        is_read = is_read_by(self._preparer, made, theirs.user, mine.user)
        if is_read is not None:
            return is_read
        return not is_kept_above(self._preparer, made, theirs.user, mine.user)

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


def requests_by_filters(
    payloads: PayloadSource, request: Request, owner: User
) -> Iterator[Request]:
    """Yield a plain list, and the list as its filters have it: by an owner, by a state.

    Args:
        payloads: Knows the filters.
        request: For the plain list.
        owner: Whom filters name.
    """
    yield request
    for parameter in payloads.parameters(request.operation):
        name = str(parameter.get("name"))
        if parameter.get("in") != "query":
            continue
        if name.lower() in _OWNER_FILTERS:
            for value in dict.fromkeys(owner.attributes.values()):
                yield _asking(request, {name: value})
        elif _STATE.search(name):
            schema = payloads.resolve(parameter.get("schema", {}))
            for value in schema.get("enum", ())[:STATES]:
                yield _asking(request, {name: value})


def _keyed(answer: Response) -> list[Mapping[str, Any]]:
    """Return the first objects of a list that are no envelopes around others."""
    items = list(items_of(answer.json)) if answer.ok else []
    plain = [
        item for item in items if not any(isinstance(v, Mapping | list) for v in item.values())
    ]
    return plain[:LISTED]


def _asking(request: Request, query: dict[str, Any]) -> Request:
    content = request.content
    return replace(request, content=replace(content, query={**content.query, **query}))


def holds(response: Response, made: CreatedResource) -> bool:
    """Whether a list holds an object: the same id, and nothing that contradicts."""
    whole = made.response.json if isinstance(made.response.json, Mapping) else {}
    return response.ok and any(_is(item, made, whole) for item in items_of(response.json))


def _is(item: Mapping[str, Any], made: CreatedResource, whole: Mapping[str, Any]) -> bool:
    names = [made.parameter, "id", *(name for name in whole if whole[name] == made.value)]
    if not any(str(item.get(name)) == str(made.value) for name in names):
        return False
    return all(item[name] == whole[name] for name in item if name in whole)
