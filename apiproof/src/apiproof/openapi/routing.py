"""Which operation of a document a request means.

A template matches segment by segment; of several, plain segments win over templated ones (OpenAPI
3.1.1, 4.8.8.2). The path of a server's URL may lead the request's.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from apiproof.openapi.operations import METHODS, Operation, operations_of_path
from apiproof.openapi.references import Document, Located, as_document

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_SLASH: Final = "\udc2f"
"""Stands for a slash that is encoded; half a character, which no decoded text holds."""


@dataclass(frozen=True)
class Route:
    """An operation and the values that a path gives its parameters, decoded."""

    operation: Operation
    values: Mapping[str, str]


@dataclass(frozen=True)
class _Path:
    """One path of the document, ready to be matched."""

    template: str
    pattern: re.Pattern[str]
    bases: tuple[re.Pattern[str], ...]
    operations: Mapping[str, Operation]


class Router:
    """Finds the operations that requests mean.

    Args:
        document: The document, or parsed JSON.
    """

    def __init__(self, document: Document | Mapping[str, Any]) -> None:
        whole = as_document(document)
        self._paths = [
            _Path(
                path,
                template_pattern(path),
                tuple(_bases(whole, item)),
                {each.method: each for each in operations_of_path(whole, path, item)},
            )
            for path, item in whole.children(whole.root, "paths")
            if path.startswith("/") and isinstance(item.node, Mapping)
        ]
        self._paths.sort(key=lambda each: specificity(each.template))

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation that a service reaches by a method and a decoded path, or None.

        A path without parameters hides templated ones whatever its methods are, and servers'
        paths are not looked at.
        """
        for each in self._paths:
            if each.pattern.fullmatch(path) and (method in each.operations):
                return each.operations[method]
            if each.template == path:
                return None
        return None

    def routes(self, method: str, path: str) -> list[Route]:
        """Return what a request may mean, by its encoded path: several only if equally specific."""
        found = [
            Route(each.operations[method.upper()], values)
            for each, values in self._matching(path)
            if method.upper() in each.operations
        ]
        ranks = [specificity(route.operation.path) for route in found]
        return [route for route, rank in zip(found, ranks, strict=True) if rank == ranks[0]]

    def methods(self, path: str) -> list[str]:
        """Return the methods that the document has for a path; none where it lacks the path."""
        return sorted({method for each, _ in self._matching(path) for method in each.operations})

    def nearest(self, path: str) -> list[str]:
        """Return the paths of the document that look most like one that it does not have."""
        known = [each.template for each in self._paths]
        return difflib.get_close_matches(path, known, n=2, cutoff=0.4)

    def _matching(self, path: str) -> Iterator[tuple[_Path, dict[str, str]]]:
        for each in self._paths:
            for candidate in _without_bases(path, each.bases):
                if found := each.pattern.fullmatch(_decoded(candidate)):
                    names = _VARIABLE.findall(each.template)
                    values = zip(names, found.groups(), strict=True)
                    yield each, {name: text.replace(_SLASH, "/") for name, text in values}
                    break


def _decoded(path: str) -> str:
    """Return an encoded path as its segments mean it; a slash within one stays apart."""
    return "/".join(unquote(segment).replace("/", _SLASH) for segment in path.split("/"))


@lru_cache(maxsize=8192)
def template_pattern(template: str) -> re.Pattern[str]:
    """Return the expression that a path matches as a whole; its groups are the parameters."""
    pieces = re.split(r"(\{[^{}]*\})", template)
    texts = ("([^/]+?)" if _VARIABLE.fullmatch(p) else re.escape(unquote(p)) for p in pieces)
    return re.compile("".join(texts), re.DOTALL)


def specificity(template: str) -> tuple[int, ...]:
    """Return how specific a template is, the smallest first: text, then mixed, then a variable."""

    def rank(segment: str) -> int:
        if not _VARIABLE.search(segment):
            return 0
        return 1 if _VARIABLE.sub("", segment) else 2

    return tuple(rank(segment) for segment in template.split("/"))


def _bases(document: Document, item: Located) -> Iterator[re.Pattern[str]]:
    for owner in (*(item.at(method) for method in METHODS), item, document.root):
        servers = owner.node.get("servers") if isinstance(owner.node, Mapping) else None
        for server in servers if isinstance(servers, list) else ():
            if isinstance(server, Mapping):
                yield _base(server)


def _base(server: Mapping[str, Any]) -> re.Pattern[str]:
    variables = server.get("variables") or {}

    def values(found: re.Match[str]) -> str:
        options = variables.get(found[1]) or {}
        allowed = options.get("enum") or [options.get("default", "")]
        return "\0(?:" + "|".join(re.escape(str(value)) for value in allowed) + ")\0"

    marked = _VARIABLE.sub(values, str(server.get("url", "/")))
    path = re.sub(r"^[a-zA-Z][\w+.-]*://[^/]*|^//[^/]*", "", marked)
    pieces = path.rstrip("/").split("\0")
    return re.compile("".join(p if p.startswith("(?:") else re.escape(p) for p in pieces))


def _without_bases(path: str, bases: tuple[re.Pattern[str], ...]) -> Iterator[str]:
    for base in bases:
        found = base.match(path)
        if found and path[found.end() :][:1] in ("", "/"):
            yield path[found.end() :] or "/"
    yield path
