"""Pact interactions against operations: which one each calls, and what it sends and reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from apiproof.openapi.media_types import essence
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import Document
from apiproof.openapi.routing import Router
from apiproof.pacts.reading.model import Interaction, PactFile


@dataclass(frozen=True)
class Call:
    """One interaction of one consumer, the operation that it calls, and its path's values."""

    consumer: str
    interaction: Interaction
    operation: Operation
    path_values: Mapping[str, str]

    def sent(self, where: str, name: str) -> list[str]:
        """Return the values that the request has for a parameter.

        Args:
            where: `query`, `path`, `cookie` or `header`.
            name: the parameter's.
        """
        request = self.interaction.request
        if where == "query":
            return list(request.query.get(name, ())) or list(request.query.get(f"{name}[]", ()))
        if where == "path":
            return [self.path_values[name]] if name in self.path_values else []
        if where == "cookie":
            crumbs = (request.header("cookie") or "").split(";")
            pairs = (crumb.strip().partition("=") for crumb in crumbs)
            return [value for key, _, value in pairs if key == name]
        value = request.header(name)
        return [] if value is None else [value]

    @property
    def body(self) -> Any:
        """The body that the request sends, a form as an object of its fields; else None."""
        body = self.interaction.request.body
        if body is None or body.is_empty:
            return None
        media = essence(self.interaction.request.content_type or "")
        if media == "application/x-www-form-urlencoded" and isinstance(body.content, str):
            return dict(parse_qsl(body.content, keep_blank_values=True))
        return body.content

    @property
    def answer(self) -> Any:
        """The body that the consumer reads; None if it reads none."""
        body = self.interaction.response.body
        return None if body is None or body.is_empty else body.content


def calls(document: Document, pacts: Iterable[PactFile]) -> list[Call]:
    """Pair every interaction with the operation it reaches; those that reach none are left out."""
    router = Router(document)
    found = []
    for pact in pacts:
        for interaction in pact.interactions:
            routes = router.routes(interaction.request.method, interaction.request.path)
            if routes:
                found.append(
                    Call(pact.consumer, interaction, routes[0].operation, routes[0].values)
                )
    return found


def at_path(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what a body holds at a path; "*" is every item, or every value of an object."""
    if not path:
        yield value
        return
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        picked: Sequence[Any] = ()
        if head == "*":
            picked = value
        elif head.isdigit():
            picked = value[int(head) : int(head) + 1]
        for item in picked:
            yield from at_path(item, rest)
    elif isinstance(value, dict):
        keys = list(value) if head == "*" and "*" not in value else [head]
        for key in keys:
            if key in value:
                yield from at_path(value[key], rest)
