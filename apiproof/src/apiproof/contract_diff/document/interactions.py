"""Pact interactions against operations: which one each calls, and what it sends and reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apiproof.contract_diff.document.document import Document
from apiproof.contract_diff.document.operations import Operation, matches, operations
from apiproof.contract_diff.document.payloads import plain_media
from apiproof.pacts.reading import Interaction, PactFile


@dataclass(frozen=True, slots=True)
class Call:
    """One interaction of one consumer, and the operation that it calls."""

    consumer: str
    interaction: Interaction
    operation: Operation
    path: str

    def sent(self, where: str, name: str) -> list[str]:
        """Return the values that the request has for a parameter."""
        request = self.interaction.request
        if where == "query":
            return list(request.query.get(name, ())) or list(request.query.get(f"{name}[]", ()))
        if where == "path":
            return self._path_value(name)
        if where == "cookie":
            crumbs = (request.header("cookie") or "").split(";")
            pairs = (crumb.strip().partition("=") for crumb in crumbs)
            return [value for key, _, value in pairs if key == name]
        value = request.header(name)
        return [] if value is None else [value]

    def _path_value(self, name: str) -> list[str]:
        parts = map(re.escape, re.split(r"\{[^}]*\}", self.operation.path))
        match = re.fullmatch("([^/]+)".join(parts), self.path)
        found = dict(zip(self.operation.names, match.groups() if match else (), strict=False))
        return [unquote(found[name])] if name in found else []

    @property
    def body(self) -> Any:
        """The body that the request sends, a form as an object of its fields; else None."""
        body = self.interaction.request.body
        if body is None or body.is_empty:
            return None
        media = plain_media(self.interaction.request.content_type or "")
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
    known = list(operations(document))
    bases = _bases(document)
    found = []
    for pact in pacts:
        for interaction in pact.interactions:
            call = _call(pact.consumer, interaction, known, bases)
            if call is not None:
                found.append(call)
    return found


def _bases(document: Document) -> list[str]:
    servers = document.raw.get("servers") or ()
    paths = (urlsplit(str(server.get("url", ""))).path.rstrip("/") for server in servers)
    return ["", *(path for path in paths if path)]


def _call(
    consumer: str, interaction: Interaction, known: Sequence[Operation], bases: Sequence[str]
) -> Call | None:
    method = interaction.request.method.lower()
    whole = interaction.request.path
    for path in (whole.removeprefix(base) for base in bases if whole.startswith(base)):
        reached = [o for o in known if o.method == method and matches(o.path, path)]
        if reached:
            # A path without parameters comes before its templated twins (OpenAPI, Paths Object).
            best = min(reached, key=lambda operation: len(operation.names))
            return Call(consumer, interaction, best, path)
    return None


def at_path(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what a body holds at a path; "*" is every item, or every value of an object."""
    if not path:
        yield value
        return
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        picked = value if head == "*" else value[int(head) : int(head) + 1] if _index(head) else []
        for item in picked:
            yield from at_path(item, rest)
    elif isinstance(value, dict):
        keys = list(value) if head == "*" and "*" not in value else [head]
        for key in keys:
            if key in value:
                yield from at_path(value[key], rest)


def _index(text: str) -> bool:
    return text.isdigit()
