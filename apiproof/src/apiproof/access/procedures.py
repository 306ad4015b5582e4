"""Calls of procedures: POSTs that read what others read by a GET, `/rpc/getBook` by a body's id."""

from apiproof.access.http import JSON, NotPrepared, Request, RequestContent, Response
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.references import Reference, nouns_at, references_in
from apiproof.access.resources import (
    LISTING,
    READING,
    REMOVING,
    CreatedResource,
    ResourceCreator,
    created_id,
    makes_by_name,
    noun_of,
    words_of_path,
)
from apiproof.access.users import User
from apiproof.openapi.document import Operation


def lists_by_name(operation: Operation) -> bool:
    """Whether a POST shows all of a kind by its own words: `/listBooks`."""
    return _is_call(operation) and bool(words_of_path(operation.path) & LISTING)


def reads_by_name(operation: Operation) -> bool:
    """Whether a POST shows one of a kind by its own words: `/getBook`."""
    words = words_of_path(operation.path)
    return _is_call(operation) and bool(words & READING) and not words & LISTING


class CalledRemovals:
    """Knows which calls remove what others make: `/deleteBook` what `/createBook` does."""

    def __init__(self, operations: list[Operation], payloads: PayloadSource) -> None:
        """Look for them.

        Args:
            operations: The document's.
            payloads: What their bodies hold.
        """
        self._known: dict[str, tuple[Operation, Reference]] = {}
        for operation in operations:
            if not _is_call(operation) or not words_of_path(operation.path) & REMOVING:
                continue
            body = payloads.full_body(operation, full=False)
            places = list(references_in(RequestContent(body=body, media=JSON)))
            if len(places) == 1 and not places[0].is_list:
                self._known[noun_of(operation.path)] = (operation, places[0])

    def of(self, request: Request, response: Response) -> CreatedResource | None:
        """Return what a request has made, where a call removes such things."""
        remover, reference = self._known.get(noun_of(request.operation.path), (None, None))
        if remover is None or reference is None or not makes_by_name(request.operation):
            return None
        template = f"/{noun_of(remover.path)}/{{{reference.name}}}"
        creator = ResourceCreator(request.operation)
        value = created_id(creator, response, template, reference.name, request)
        if value is None:
            return None
        return CreatedResource(reference.name, value, request.operation, request, response)

    def request(self, made: CreatedResource) -> Request:
        """Return the call that removes something."""
        remover, reference = self._known[noun_of(made.creator.path)]
        return reference.at(Request(remover, {}, RequestContent(body={}, media=JSON)), made.value)

    def removed_by(self, request: Request) -> str:
        """Return the key of what a call removes; empty for other requests."""
        remover, reference = self._known.get(noun_of(request.operation.path), (None, None))
        if remover != request.operation or reference is None:
            return ""
        return key_of(request.operation, reference.value_in(request.content))


def key_of(remover: Operation, value: object) -> str:
    """Return what tells one removal from another, whose paths are alike."""
    return f"{remover.path}#{value}"


def _is_call(operation: Operation) -> bool:
    return operation.method == "POST" and "{" not in operation.path


def is_read_by(
    preparer: RequestPreparer, made: CreatedResource, owner: User, user: User
) -> bool | None:
    """Whether somebody may read an object by a call that names it; None where none does.

    Args:
        preparer: Of the run.
        made: The object.
        owner: Who made it, and may read it.
        user: Who is asked about.
    """
    noun = noun_of(made.creator.path)
    for reader in preparer.security.operations:
        if not reads_by_name(reader) or noun_of(reader.path) != noun:
            continue
        try:
            prepared = preparer.prepared(reader, user=owner)
            auth = preparer.credential(reader, user)
        except NotPrepared:
            continue
        for reference in references_in(prepared.request.content):
            request = reference.at(prepared.request, made.value)
            is_it = noun in nouns_at(reader, reference)
            if is_it and preparer.sender.send(request, prepared.auth).ok:
                return preparer.sender.send(request, auth).ok
    return None
