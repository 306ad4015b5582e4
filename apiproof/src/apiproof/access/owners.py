"""Whose objects are, by what they say themselves and by what lists show to whom."""

import re
from collections.abc import Mapping
from typing import Any

from apiproof.access.fields import fields_of
from apiproof.access.http import NotPrepared, Request
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.resources import CreatedResource, items_of
from apiproof.access.users import User
from apiproof.openapi.document import Operation

OWNER_FIELD = re.compile(
    r"owner|user|author|creat(ed|or)|account|customer|member|seller|writer|poster|(^|/)(sub|by)$",
    re.IGNORECASE,
)
PAGE = 10  # objects of others in a list that has further pages


def names_user(value: Any, user: User) -> bool:
    """Whether an object names a user: by name, id or e-mail address."""
    return bool(_own(user) & _named(value))


def may_be_shared(preparer: RequestPreparer, prepared: PreparedRequest) -> bool:
    """Whether lists tell whose objects are, or every object is its maker's alone.

    They do abroad, where nobody has said whose objects are; and where the document leaves the list
    of such objects open to those who have no credential.
    """
    if prepared.user.is_learnt:
        return True
    return any(
        not listing.secured for made in prepared.made[-1:] for listing in _lists_of(preparer, made)
    )


def shown_to(
    preparer: RequestPreparer, made: CreatedResource, user: User
) -> Mapping[str, Any] | None:
    """Return an object as a list shows it to a user, or another like it; None where no list does.

    It may stand on another page: that objects of others fill the one at hand tells as much.
    """
    for listing in _lists_of(preparer, made):
        try:
            auth = preparer.credential(listing, user)
            request = Request(listing, dict(made.request.values))
            answer = preparer.send_valid(PreparedRequest(user, request, auth))
        except NotPrepared:
            continue
        items = list(items_of(answer.json))
        for item in items:
            if any(str(value) == str(made.value) for value in item.values()):
                return item
        foreign = [item for item in items if _named(item) and not names_user(item, user)]
        if user.is_learnt and len(foreign) >= PAGE:
            return foreign[0]
    return None


def _lists_of(preparer: RequestPreparer, made: CreatedResource) -> list[Operation]:
    """Return the operations that list what is made as an object was."""
    path = made.creator.path.rstrip("/")
    return [
        found
        for found in preparer.security.operations
        if found.method == "GET" and found.path.rstrip("/") == path
    ]


def _own(user: User) -> set[str]:
    return {str(text) for text in user.attributes.values() if len(str(text)) > 0}


def _named(value: Any) -> set[str]:
    return {str(part) for path, part in fields_of(value) if OWNER_FIELD.search("/".join(path))}
