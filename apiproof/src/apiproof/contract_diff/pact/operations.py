"""Operations of a document, and which of them a request of a pact means.

A template matches segment by segment; of several, concrete segments win over templated ones
(OpenAPI 3.1, "Path Templating Matching"). The base path of a server may be in the pact's path
or, where the pact's tests take it for part of the provider's address, not.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from apiproof.contract_diff.pact.document import METHODS, Document, DocumentUnusable, Located

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, resolved."""

    name: str
    location: str
    part: Located

    @property
    def is_required(self) -> bool:
        """Whether a request without it is invalid."""
        return self.location == "path" or bool(self.part.node.get("required", False))


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    document: Document
    template: str
    method: str
    path_item: Located
    part: Located

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters: its own, and those of its path that it doesn't redefine."""
        found: dict[tuple[str, str], Parameter] = {}
        for owner in (self.path_item, self.part):
            for number, _ in enumerate(owner.node.get("parameters") or ()):
                part = self.document.resolve(owner.at("parameters", number))
                if not isinstance(part.node, Mapping) or not part.node.keys() >= {"name", "in"}:
                    raise DocumentUnusable(f"{part.pointer}: not a parameter; repair it.")
                parameter = Parameter(str(part.node["name"]), str(part.node["in"]), part)
                found[parameter.location, parameter.name] = parameter
        return tuple(found.values())

    @cached_property
    def security(self) -> Located:
        """Its own security requirements, or the document's."""
        own = self.part.at("security")
        return own if own.node is not None else self.document.root.at("security")

    @cached_property
    def responses(self) -> dict[str, Located]:
        """Its responses by status code, range or `default`."""
        return {str(key).upper(): part for key, part in self._responses()}

    def _responses(self) -> Iterator[tuple[str, Located]]:
        yield from self.document.children(self.part, "responses")

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"


@dataclass(frozen=True)
class Route:
    """An operation and the values that a path gives its templated segments."""

    operation: Operation
    values: Mapping[str, str]


class Operations:
    """All operations of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._paths = list(document.children(document.root, "paths"))
        self._paths = [(path, item) for path, item in self._paths if path.startswith("/")]
        self._paths.sort(key=lambda entry: (_ranks(entry[0]), entry[0]))
        self._patterns = {path: _pattern(path) for path, _ in self._paths}
        self._bases = {path: self._bases_of(item) for path, item in self._paths}

    def routes(self, method: str, path: str) -> list[Route]:
        """The operations that a request may mean: several only where they are as specific."""
        found = [
            Route(operation, values)
            for template, item, values in self._matching(path)
            if (operation := self._operation(template, item, method)) is not None
        ]
        ranks = [_ranks(route.operation.template) for route in found]
        return [route for route, rank in zip(found, ranks, strict=True) if rank == ranks[0]]

    def methods(self, path: str) -> list[str]:
        """The methods that the document has for a path, empty where it doesn't have the path."""
        found = [m for _, item, _ in self._matching(path) for m in METHODS if m in item.node]
        return sorted({method.upper() for method in found})

    def nearest(self, path: str) -> list[str]:
        """The paths of the document that look most like one that it doesn't have."""
        return difflib.get_close_matches(path, [known for known, _ in self._paths], n=2, cutoff=0.4)

    def _operation(self, template: str, item: Located, method: str) -> Operation | None:
        part = item.at(method.lower())
        if method.lower() not in METHODS or not isinstance(part.node, Mapping):
            return None
        return Operation(self._document, template, method.lower(), item, part)

    def _matching(self, path: str) -> Iterator[tuple[str, Located, dict[str, str]]]:
        for template, item in self._paths:
            for candidate in self._without_base(path, template):
                found = self._patterns[template].fullmatch(candidate)
                if found:
                    names = _VARIABLE.findall(template)
                    values = zip(names, found.groups(), strict=True)
                    yield template, item, {name: unquote(text) for name, text in values}
                    break

    def _without_base(self, path: str, template: str) -> Iterator[str]:
        for base in self._bases[template]:
            found = base.match(path)
            if found and path[found.end() :][:1] in ("", "/"):
                yield path[found.end() :] or "/"
        yield path

    def _bases_of(self, item: Located) -> list[re.Pattern[str]]:
        return [
            _base(server)
            for owner in (*(item.at(method) for method in METHODS), item, self._document.root)
            if isinstance(owner.node, Mapping)
            for server in owner.node.get("servers") or ()
            if isinstance(server, Mapping)
        ]


def _ranks(template: str) -> tuple[int, ...]:
    # Per segment: plain text before text with a variable in it before a variable alone.
    def rank(segment: str) -> int:
        names = _VARIABLE.findall(segment)
        return 0 if not names else 1 if _VARIABLE.sub("", segment) else 2

    return tuple(rank(segment) for segment in template.split("/"))


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^{}]+\})", template)
    return re.compile(
        "".join("([^/]+?)" if _VARIABLE.fullmatch(p) else _literal(p) for p in pieces)
    )


def _literal(text: str) -> str:
    return re.escape(unquote(text))


def _base(server: Mapping[str, Any]) -> re.Pattern[str]:
    url = str(server.get("url", "/"))
    variables = server.get("variables") or {}

    def values(found: re.Match[str]) -> str:
        options = variables.get(found[1]) or {}
        allowed = options.get("enum") or [options.get("default", "")]
        return "\0(?:" + "|".join(re.escape(str(value)) for value in allowed) + ")\0"

    marked = _VARIABLE.sub(values, url)
    path = re.sub(r"^[a-zA-Z][\w+.-]*://[^/]*|^//[^/]*", "", marked)
    pieces = path.rstrip("/").split("\0")
    return re.compile("".join(p if p.startswith("(?:") else re.escape(p) for p in pieces))
