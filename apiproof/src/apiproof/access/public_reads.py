"""Reads for which no credential is needed, whatever the document says of them."""

from apiproof.access.http import NotPrepared, Response, uncredentialed
from apiproof.access.objects import holds_back_secrets
from apiproof.access.owners import shown_openly
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.jwt import NotApplicable


def to_nobody(preparer: RequestPreparer, prepared: PreparedRequest) -> tuple[Response, Response]:
    """Return what no credential gets for a prepared request, twice."""
    send, auth = preparer.sender.send, uncredentialed(prepared.user)
    return send(prepared.request, auth), send(prepared.request, auth)


def shown_by_open_list(preparer: RequestPreparer, prepared: PreparedRequest) -> str:
    """Say in words that a list without security shows what is read; empty where none does.

    Another user has to be answered, too, and the list to hold back nothing that is secret by its
    name; what else it leaves out is named.

    Args:
        preparer: Knows the document's operations.
        prepared: A reading of an object by itself, made a moment ago.
    """
    if not prepared.made or not _may_others_read(preparer, prepared):
        return ""
    shown = shown_openly(preparer, prepared.made[-1], to_nobody(preparer, prepared))
    if shown is None or holds_back_secrets(*shown):
        return ""
    read, listed = shown
    beyond = ", ".join(sorted(set(read) - set(listed)))
    return "a list without security shows it" + (f", but not {beyond}" if beyond else "")


def _may_others_read(preparer: RequestPreparer, prepared: PreparedRequest) -> bool:
    try:
        other = preparer.user_source.other(prepared.user)
        auth = preparer.credential(prepared.request.operation, other)
    except (NotApplicable, NotPrepared):
        return False
    return preparer.sender.send(prepared.request, auth).ok
