"""Ids of objects that a request names beside its path: in its body, its query or its headers."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apiproof.access.http import JSON, Request, RequestContent
from apiproof.access.payloads import object_body
from apiproof.access.resources import CreatedResource, noun_of, singular, words_of_segment
from apiproof.openapi.document import Operation

_ID = re.compile(r"^(?:(.*)[-_])?(ids?|uuids?|keys)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=(I[dD]|Uuid|UUID|Key)s?$)")


@dataclass(frozen=True)
class Reference:
    """A place in a request that names an object, or a list of them.

    Attributes:
        place: `body`, `query` or `header`.
        name: The member or parameter.
        is_list: Whether it takes a list.
        made: What it names, once that is known.
    """

    place: str
    name: str
    is_list: bool = False
    made: CreatedResource | None = None

    def value_in(self, content: RequestContent) -> Any:
        """Return what a request says there."""
        return _members(content)[self.place].get(self.name)

    def filled(self, content: RequestContent, value: Any) -> RequestContent:
        """Return a request's content that names an object, or objects, there."""
        said = [value] if self.is_list else value
        if self.place == "query":
            return replace(content, query={**content.query, self.name: said})
        if self.place == "header":
            return replace(content, headers={**content.headers, self.name: str(value)})
        return replace(content, body={**(object_body(content) or {}), self.name: said})

    def apart(self, request: Request, value: Any) -> Request:
        """Return a request that names an object nowhere else: money goes from it to one's own."""
        body, own = object_body(request.content), self.value_in(request.content)
        if self.place != "body" or body is None or value not in body.values():
            return request
        return request.saying({name: own if said == value else said for name, said in body.items()})

    def at(self, request: Request, value: Any) -> Request:
        """Return a request that names an object there."""
        return replace(request, content=self.filled(request.content, value))


def _members(content: RequestContent) -> dict[str, Mapping[str, Any]]:
    body = object_body(content) or {}
    return {"body": body, "query": content.query, "header": content.headers}


def references_in(content: RequestContent) -> Iterator[Reference]:
    """Yield the places that may name an object, by their names."""
    for place, members in _members(content).items():
        for name, value in members.items():
            found = _ID.match(_CAMEL.sub("_", name))
            if found and not isinstance(value, bool | Mapping):
                yield Reference(place, name, isinstance(value, list))


_NATURAL = re.compile(
    r"^(sku|isbn|ean|upc|barcode|serial([_-]?(no|number))?|\w+[_-](code|slug|sku|key|number|no))$",
    re.IGNORECASE,
)


def natural_keys(members: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield the members that may name a thing by a key of its own: the `sku` of an order's line."""
    for name, value in members.items():
        if isinstance(value, str | int) and not isinstance(value, bool) and _NATURAL.match(name):
            yield Reference("body", name)


def with_ids_below(body: Any, find: Callable[[Reference], Any]) -> Any:
    """Fill in the ids that stand deeper in a body: those of an order's lines.

    Args:
        body: What is sent.
        find: Returns the id of something that a place may name; None where nothing is known.
    """
    if isinstance(body, list):
        return [with_ids_below(part, find) for part in body]
    if not isinstance(body, Mapping):
        return body
    return {name: _below(part, find) for name, part in body.items()}


def _below(part: Any, find: Callable[[Reference], Any]) -> Any:
    if isinstance(part, list):
        return [_below(each, find) for each in part]
    if not isinstance(part, Mapping):
        return part
    places = (*references_in(RequestContent(body=dict(part), media=JSON)), *natural_keys(part))
    named = {one.name: find(one) for one in places}
    known = {name: value for name, value in named.items() if value is not None}
    return {**with_ids_below(part, find), **known}


def named_in_query(content: RequestContent) -> Iterator[Reference]:
    """Yield what a query must say and what may be a thing's own key: `?station=WS-1`."""
    for name, value in content.query.items():
        if isinstance(value, str | int) and not _ID.match(_CAMEL.sub("_", name)):
            yield Reference("query", name)


def nouns_at(operation: Operation, reference: Reference) -> set[str]:
    """Return what a reference may name: by its own name, or an `id` by the words of the path."""
    found = _ID.match(_CAMEL.sub("_", reference.name))
    if found is None:
        return {reference.name.lower()}
    words = words_of_segment(re.sub(r"^x-", "", (found[1] or "").lower()))
    if stem := "_".join(word for word in words if word):
        return {stem, singular(stem)}
    return own_nouns(operation)


def own_nouns(operation: Operation) -> set[str]:
    """Return the things that a path's plain segments speak of: `/notes/bulk-delete` of a note."""
    plain = [part for part in operation.path.split("/") if part[:1] != "{"]
    return {noun_of(part) for part in plain} - {""}
