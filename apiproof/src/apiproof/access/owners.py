"""Whose objects are, by what they say themselves and by what lists show to whom."""

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import fields_of
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.resources import CreatedResource, items_of, shared_values
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


HIDING_STATE = re.compile(r"draft|private|hidden|unpublished|confidential", re.IGNORECASE)
_SAYS_STATE = re.compile(r"(^|_)(status|state|visibility|access)$", re.IGNORECASE)
SHOWING = re.compile(r"^(is_?)?(published|public|visible)$", re.IGNORECASE)
HIDING = re.compile(r"^(is_?)?(draft|private|hidden|secret|confidential)$", re.IGNORECASE)


def says_private(value: Any) -> bool:
    """Whether an object says of itself that it is not for everybody: a draft, a private note."""
    for path, part in fields_of(value):
        name = path[-1]
        if isinstance(part, bool):
            if HIDING.search(name) if part else SHOWING.search(name):
                return True
        elif isinstance(part, str) and _SAYS_STATE.search(name) and HIDING_STATE.fullmatch(part):
            return True
    return False


def may_be_shared(preparer: RequestPreparer, prepared: PreparedRequest) -> bool:
    """Whether lists tell whose objects are, or every object is its maker's alone.

    They do abroad, where nobody has said whose objects are; and where the document leaves the list
    of such objects open to those who have no credential.
    """
    if prepared.user.is_learnt:
        return True
    return any(_open_lists(preparer, made.collection) for made in prepared.made[-1:])


def may_hang_below_shared(preparer: RequestPreparer, prepared: PreparedRequest) -> bool:
    """Whether an object was made below another whose list the document leaves open."""
    above = [made.collection.rpartition("/{")[0] for made in prepared.made[-1:]]
    return any(path and _open_lists(preparer, path) for path in above)


def shown_to(
    preparer: RequestPreparer, made: CreatedResource, user: User
) -> Mapping[str, Any] | None:
    """Return an object as a list shows it to a user, or another like it; None where no list does.

    It may stand on another page: that objects of others fill the one at hand tells as much.
    """
    keys = _keys_of(made)
    for listing in _lists_at(preparer, made.collection):
        try:
            auth = preparer.credential(listing, user)
            request = Request(listing, dict(made.request.values))
            answer = preparer.send_valid(PreparedRequest(user, request, auth))
        except NotPrepared:
            continue
        items = list(items_of(answer.json))
        for item in items:
            if _is(item, made, keys):
                return item
        foreign = [item for item in items if _named(item) and not names_user(item, user)]
        if user.is_learnt and len(foreign) >= PAGE:
            return foreign[0]
    return None


def is_kept_above(
    preparer: RequestPreparer, made: CreatedResource, owner: User, user: User
) -> bool:
    """Whether what an object hangs below is kept from a user: then so is the object.

    Its own reading refuses them, or a list that shows it to its owner does not show it to them.
    """
    above, _, parameter = made.collection.rpartition("}")[0].rpartition("/{")
    if not parameter or parameter not in made.request.values or not user.is_learnt:
        return False
    parent = str(made.request.values[parameter])
    with contextlib.suppress(NotPrepared):
        for reader in _lists_at(preparer, f"{above}/{{{parameter}}}"):
            return not _read_by(preparer, reader, made, user).ok
        for listing in _lists_at(preparer, above):
            mine, theirs = (_read_by(preparer, listing, made, each) for each in (owner, user))
            return theirs.ok and _holds(mine, parent) and not _holds(theirs, parent)
    return False


def _holds(answer: Response, key: str) -> bool:
    return any(key in map(str, item.values()) for item in items_of(answer.json))


def _read_by(
    preparer: RequestPreparer, reader: Operation, made: CreatedResource, user: User
) -> Response:
    """Read, as a user, what stands at or above the place of an object."""
    auth = preparer.credential(reader, user)
    request = Request(reader, shared_values(made.creator.path, reader.path, made.request.values))
    return preparer.send_valid(PreparedRequest(user, request, auth))


def shown_in_parent(preparer: RequestPreparer, made: CreatedResource, user: User) -> bool:
    """Whether what an object hangs below shows it to a user: a question and its answers."""
    above = made.collection.rpartition("}")[0] + "}"
    keys = _keys_of(made)
    for reader in preparer.security.operations:
        if reader.method != "GET" or reader.path != above:
            continue
        try:
            auth = preparer.credential(reader, user)
        except NotPrepared:
            continue
        request = Request(reader, dict(made.request.values))
        answer = preparer.send_valid(PreparedRequest(user, request, auth))
        items = items_of(answer.json) if answer.ok else ()
        if any(_is(item, made, keys) for item in items):
            return True
    return False


def shown_openly(
    preparer: RequestPreparer, made: CreatedResource, answers: tuple[Response, Response]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return an object as answers show it, and as a list does that the document leaves open.

    None where no such list shows it, or where one says otherwise of it.

    Args:
        preparer: Knows the document's operations.
        made: The object.
        answers: To the same reading, twice: what differs between them changes by itself.
    """
    keys = _keys_of(made)
    read = [_item(answer, made, keys) for answer in answers]
    first, second = read
    if first is None or second is None:
        return None
    moved = {name for name, value in first.items() if value != second.get(name)}
    for listing in _open_lists(preparer, made.collection):
        answer = preparer.sender.send(Request(listing, dict(made.request.values)))
        listed = _item(answer, made, keys) if answer.ok else None
        if listed is None:
            continue
        said = (set(listed) & set(first)) - moved
        if len(said) > 1 and all(listed[name] == first[name] for name in said):
            return first, listed
    return None


def may_read_named(preparer: RequestPreparer, name: str, value: Any, user: User) -> bool:
    """Whether a user may read the object that a body's member names, `post_id` say.

    Args:
        preparer: Knows the document's operations.
        name: The member.
        value: The id.
        user: Who asks.
    """
    for creator in preparer.maker.creators.for_field(name):
        above = creator.operation.path.rstrip("/")
        for reader in preparer.security.operations:
            parent, _, parameter = reader.path.rpartition("/")
            is_reader = reader.method == "GET" and parent == above and parameter[:1] == "{"
            if not is_reader or "{" in parent:
                continue
            try:
                auth = preparer.credential(reader, user)
            except NotPrepared:
                continue
            request = Request(reader, {parameter[1:-1]: value})
            return preparer.send_valid(PreparedRequest(user, request, auth)).ok
    return False


def read_made(preparer: RequestPreparer, made: CreatedResource, user: User) -> Response | None:
    """Read an object as a user, by itself or as a list shows it; None where nothing reads it."""
    path = made.collection
    for reader in preparer.security.operations:
        parent, _, parameter = reader.path.rpartition("/")
        if reader.method == "GET" and parent == path and parameter[:1] == "{":
            auth = preparer.credential(reader, user)
            request = Request(reader, {**made.request.values, parameter[1:-1]: made.value})
            return preparer.send_valid(PreparedRequest(user, request, auth))
    for listing in _lists_at(preparer, path):
        answer = _read_by(preparer, listing, made, user)
        item = _item(answer, made, _keys_of(made))
        return replace(answer, text=json.dumps(item)) if item else Response(404, {}, "")
    return None


def _keys_of(made: CreatedResource) -> Callable[[str], bool]:
    """Return what tells the members that hold an object's id: a number is that of many things."""
    said = {path[-1] for path, value in fields_of(made.response.json) if value == made.value}
    names = said | {made.parameter, "id"} if said else set()
    return lambda name: not names or name in names


def _is(item: Mapping[str, Any], made: CreatedResource, keys: Callable[[str], bool]) -> bool:
    return any(keys(name) and str(value) == str(made.value) for name, value in item.items())


def _item(
    answer: Response, made: CreatedResource, keys: Callable[[str], bool]
) -> Mapping[str, Any] | None:
    return next((item for item in items_of(answer.json) if _is(item, made, keys)), None)


def _lists_at(preparer: RequestPreparer, path: str) -> list[Operation]:
    """Return the operations that list what is made at a path."""
    return [
        found
        for found in preparer.security.operations
        if found.method == "GET" and found.path.rstrip("/") == path.rstrip("/")
    ]


def _open_lists(preparer: RequestPreparer, path: str) -> list[Operation]:
    return [found for found in _lists_at(preparer, path) if not found.secured]


def _own(user: User) -> set[str]:
    known = {str(text) for text in user.attributes.values() if len(str(text)) > 0}
    return known | ({user.name} if user.is_learnt else set())  # what the file calls them, too


def _named(value: Any) -> set[str]:
    return {str(part) for path, part in fields_of(value) if OWNER_FIELD.search("/".join(path))}
