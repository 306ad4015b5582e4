"""The objects that were there before: those that lists show to their owners, and ids once shown."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import fields_of
from apiproof.access.http import Request, Response
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    created_id,
    items_of,
    makes,
    noun_of,
    prefix_of,
    shared_values,
    words_of_segment,
)
from apiproof.access.safeguards import SAFE
from apiproof.access.users import User
from apiproof.openapi.document import Operation


def _listed(value: Any) -> list[Mapping[str, Any]]:
    """Return what lists hold in a JSON value, without the envelope: its `code` is no id."""
    whole = list(items_of(value))
    return whole[1:] if isinstance(value, Mapping) and len(whole) > 1 else whole


_STATE = re.compile(r"^(job_?)?(state|status)$", re.IGNORECASE)
_UNDER_WAY = re.compile(
    r"queued|pending|running|processing|in[-_ ]?progress|started|accepted|waiting|scheduled",
    re.IGNORECASE,
)
ACCEPTED = 202  # RFC 9110, 15.3.3
_JOB = re.compile(
    r"job|task|export|import|report|operation|queue|process|run|render|batch|scan|build",
    re.IGNORECASE,
)
_NARROWED = {"me", "my", "mine", "own", "self", "feed", "following", "favorites", "liked"}


def given_object(
    operations: Iterable[Operation],
    template: str,
    name: str,
    known: Mapping[str, Any],
    send: Callable[[Request], Response],
) -> CreatedResource | None:
    """Return an object that a list shows to its owner, by its path or its noun; None without one.

    Args:
        operations: The document's.
        template: The path of such an object, up to and with the parameter.
        name: The parameter.
        known: Path parameters that are given.
        send: Sends a request as the owner.
    """
    path = prefix_of(template, name).rstrip("/")
    for listing in operations:
        there = listing.path.rstrip("/")
        words = {word for part in there.split("/") for word in words_of_segment(part)}
        is_alike = "{" not in there and not words & _NARROWED and noun_of(there) == noun_of(path)
        if listing.method != "GET" or not listing.secured or not (there == path or is_alike):
            continue
        request = Request(listing, shared_values(template, listing.path, known))
        answer = send(request)
        for item in _listed(answer.json) if answer.ok else ():
            shown = replace(answer, text=json.dumps(item))
            value = created_id(ResourceCreator(listing), shown, template, name)
            if value is not None:
                return CreatedResource(name, value, listing, request, shown)
    return None


class SeenIds:
    """Ids that users were shown, each by themselves."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], CreatedResource] = {}
        self._made: dict[tuple[str, str], CreatedResource] = {}
        self._users: dict[str, User] = {}
        self.under_way: dict[tuple[str, str], tuple[User, Request]] = {}  # jobs, by who read them
        self._has_jobs = False  # whether anything was accepted, to be done later

    def note(self, user: User, request: Request, response: Response) -> None:
        """Take note of the ids in a successful answer: of one object, lists are other people's."""
        said, self._users[user.name] = response.json, user
        self._has_jobs = self._has_jobs or response.status == ACCEPTED
        may_be_job = self._has_jobs or _JOB.search(request.operation.path)  # no order, no loan
        if request.operation.method in SAFE:
            self.under_way.pop((user.name, request.path), None)
        for path, value in fields_of(said) if isinstance(said, Mapping) else ():
            name = path[-1]
            is_job = may_be_job and request.operation.method in SAFE and _STATE.search(name)
            if is_job and _UNDER_WAY.fullmatch(str(value)):
                self.under_way[user.name, request.path] = (user, request)
            if not isinstance(value, str | int) or isinstance(value, bool) or not _is_id(name):
                continue
            seen = CreatedResource(name, value, request.operation, request, response)
            self._seen[user.name, name.lower()] = seen
            if makes(request.operation):
                self._made[user.name, name.lower()] = seen

    def named(self, user: User, parameter: str, *, is_safe: bool) -> CreatedResource | None:
        """Return what a parameter may name; for requests that change something, only what is new.

        Args:
            user: Who asks.
            parameter: A path parameter's name.
            is_safe: Whether the request only reads.
        """
        return (self._seen if is_safe else self._made).get((user.name, parameter.lower()))

    def who_knows(self, parameter: str, *, is_safe: bool) -> list[User]:
        """Return who was shown what a parameter may name, the latest first."""
        known = self._seen if is_safe else self._made
        names = [name for name, shown in known if shown == parameter.lower()]
        return [self._users[name] for name in reversed(names)]


def _is_id(name: Any) -> bool:
    text = str(name)
    return len(text) > len("_id") and text.endswith(("_id", "Id", "_uuid", "ID"))
