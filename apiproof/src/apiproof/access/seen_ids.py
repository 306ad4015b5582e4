"""Ids that answers told a user under the name of a path parameter: a job's `file_id`, say."""

from collections.abc import Mapping
from typing import Any

from apiproof.access.fields import fields_of
from apiproof.access.http import Request, Response
from apiproof.access.prepared import CreatedResource
from apiproof.access.resources import makes
from apiproof.access.users import User


class SeenIds:
    """What users were told, each by themselves."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], CreatedResource] = {}
        self._made: dict[tuple[str, str], CreatedResource] = {}

    def note(self, user: User, request: Request, response: Response) -> None:
        """Take note of the ids in a successful answer: of one object, lists are other people's."""
        if not user.is_learnt or not isinstance(response.json, Mapping):
            return
        for path, value in fields_of(response.json):
            name = path[-1]
            if not isinstance(value, str | int) or isinstance(value, bool) or not _is_id(name):
                continue
            told = CreatedResource(name, value, request.operation, request, response)
            self._seen[user.name, name.lower()] = told
            if makes(request.operation):
                self._made[user.name, name.lower()] = told

    def named(self, user: User, parameter: str, *, is_safe: bool) -> CreatedResource | None:
        """Return what a parameter may name; for requests that change something, only what is new.

        Args:
            user: Who asks.
            parameter: A path parameter's name.
            is_safe: Whether the request only reads.
        """
        return (self._seen if is_safe else self._made).get((user.name, parameter.lower()))


def _is_id(name: Any) -> bool:
    text = str(name)
    return len(text) > len("_id") and text.endswith(("_id", "Id", "_uuid", "ID"))
