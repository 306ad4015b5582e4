"""Rows that others are refused one by one, in what shows many: exports, filters by an owner.

The control is the object's own reading: it shows the object to its maker and refuses the other
user. What an export, or a list filtered by the maker, then shows to that user is a leak
(OWASP API1:2023, CWE-639).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.checks import Impact
from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import NotPrepared, Request
from apiproof.access.lists import REFUSED, requests_by_filters
from apiproof.access.objects import CHECK, SHARED_EXTENSION
from apiproof.access.owners import HIDING, HIDING_STATE, SHOWING, read_made
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import Result, evaluated, skipped
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    created_id,
    makes_by_name,
    noun_of,
    words_of_path,
)
from apiproof.access.safeguards import is_account_operation
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CASE = "withheld-rows"
KINDS = 3  # of objects that an export of no noun is tried with
SHORTEST = 6  # characters of a text that does not turn up by chance
_EXPORTS = {"export", "exports", "download", "dump", "backup", "csv", "archive"}
_FORMATS = {"json", "csv", "xlsx", "pdf", "xml", "data", "all", "full", "everything"}


class WithheldRowsProbe:
    """Makes an object that another user is refused, and looks for it in what they are shown."""

    def __init__(self, preparer: RequestPreparer) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
        """
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[Result]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        is_read = operation.method == "GET" and operation.secured and "{" not in operation.path
        if not is_read or operation.definition.get(SHARED_EXTENSION):
            return
        for creator in self._creators(operation):
            try:
                result = self._tried(operation, creator)
            except (NotApplicable, NotPrepared) as reason:
                yield skipped(operation, CASE, str(reason)), []
                continue
            if result is not None:
                yield result
                if result[1]:
                    return

    def _creators(self, operation: Operation) -> list[ResourceCreator]:
        """Return what makes objects that it may show, and others be refused."""
        creators = self._preparer.maker.creators
        if not is_export(operation):
            listed = creators.for_list(operation)
            return [one for one in listed if self._hiding(one.operation) is not None][:1]
        segments = [part for part in operation.path.split("/") if part]
        nouns = {noun_of(f"/{part}") for part in segments} - _EXPORTS - _FORMATS - {"", "api"}
        chosen = [
            ResourceCreator(one)
            for one in self._preparer.security.operations
            if one.method == "POST"
            and one.secured
            and "{" not in one.path
            and makes_by_name(one)
            and not is_account_operation(one)
            and creators.key_of(one)
        ]
        named = [one for one in chosen if noun_of(one.operation.path) in nouns]
        return (named or chosen)[:KINDS]

    def _hiding(self, creator: Operation) -> tuple[tuple[str, ...], Any] | None:
        """Return the member of a creation, and its value, that keeps the object from others."""
        payloads = self._preparer.payloads
        for path, value in fields_of(payloads.full_body(creator)):
            name = path[-1]
            choices = payloads.schema_at(creator, path).get("enum", ())
            if hiding := [one for one in choices if HIDING_STATE.fullmatch(str(one))]:
                return path, hiding[0]
            if isinstance(value, bool) and (HIDING.search(name) or SHOWING.search(name)):
                return path, bool(HIDING.search(name))
        return None

    def _tried(self, operation: Operation, creator: ResourceCreator) -> Result | None:
        source = self._preparer.user_source
        owner = self._preparer.new_user() or next(iter(source.users()))
        other = source.other(owner)
        if not owner.is_learnt:
            return None
        mine = self._preparer.prepared(operation, user=other)
        self._preparer.prepared(
            operation, user=owner
        )  # what they may be shown is no other's secret
        requests = list(requests_by_filters(self._preparer.payloads, mine.request, owner))
        before = [self._preparer.send_valid(self._as(mine, one)) for one in requests]
        made = self._made(creator, owner)
        read, refused = (read_made(self._preparer, made, user) for user in (owner, other))
        if read is None or not read.ok or refused is None or refused.status not in REFUSED:
            return skipped(operation, CASE, "nothing refuses the other user its objects"), []
        own = {str(made.value), *_texts(made.request.content.body)}
        texts = Counter(text for text in _texts(read.json) if text in own)
        # A directory may name what it does not open: a private group.
        if texts.total() < (1 if is_export(operation) else 2):
            return skipped(operation, CASE, "no text tells its object from others"), []
        after = [self._preparer.send_valid(self._as(mine, one)) for one in requests]
        leaked = [
            answer
            for was, answer in zip(before, after, strict=True)
            if answer.ok
            and all(answer.text.count(one) >= was.text.count(one) + n for one, n in texts.items())
        ]
        note = "another user is shown what reading it by itself refuses them" if leaked else ""
        return evaluated(operation, CHECK, CASE, leaked[:1] or after[:1], note, impact=Impact.LEAK)

    def _as(self, mine: PreparedRequest, request: Request) -> PreparedRequest:
        return PreparedRequest(mine.user, request, mine.auth)

    def _made(self, creator: ResourceCreator, owner: User) -> CreatedResource:
        """Make an object, one that says it is private where that can be said."""
        operation = creator.operation
        auth = self._preparer.credential(operation, owner)
        beside = PreparedRequest(owner, Request(operation), auth)
        made = self._preparer.maker.make(creator, beside)
        hiding = self._hiding(operation)
        if hiding is None:
            return made
        prepared = self._preparer.prepared(operation, user=owner)
        request = prepared.request.saying(with_field(prepared.request.content.body, *hiding))
        answer = self._preparer.sender.send(request, prepared.auth)
        template = f"{operation.path.rstrip('/')}/{{{made.parameter}}}"
        value = created_id(creator, answer, template, made.parameter, request)
        if not answer.ok or value is None:
            return made
        return CreatedResource(made.parameter, value, operation, request, answer)


def is_export(operation: Operation) -> bool:
    """Whether a read is one of many things at once by its name: `/notes/export`, `/export.csv`."""
    words = words_of_path(operation.path)
    return bool(words & _EXPORTS)


def _texts(value: Any) -> list[str]:
    """Return the longer texts of an object, one for each member that has one."""
    found = (text for _, text in fields_of(value)) if isinstance(value, Mapping) else ()
    return [text for text in found if isinstance(text, str) and len(text) >= SHORTEST]
