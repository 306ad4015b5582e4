"""Which operation creates what a parameter names, the id of it, and ids that nothing has."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.access.http import Request, Response
from apiproof.openapi.document import Operation

_IDS = ("id", "uuid", "guid", "key", "slug", "sub", "code", "number", "name")


@dataclass(frozen=True)
class ResourceCreator:
    """An operation that makes an object, and where its answer says the id (empty: look for it)."""

    operation: Operation
    expression: str = ""


def prefix_of(path: str, parameter: str) -> str:
    """Return the part of a path before a parameter: `/x/{id}/y` and `id` give `/x`."""
    return path.partition("/{" + parameter + "}")[0]


def last_word(path: str) -> str:
    """Return a path's last literal segment."""
    words = [part for part in path.split("/") if part and not re.match(r"\{|v\d+$", part)]
    return words[-1] if words else ""


def singular(word: str) -> str:
    """Return a plural English noun's singular, roughly."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + one
    return word


def makes(operation: Operation) -> bool:
    """Whether an operation makes objects: a POST, or a PUT that is declared to answer 201."""
    if operation.method == "POST":
        return True
    return operation.method == "PUT" and "201" in operation.statuses


class ResourceCreators:
    """Finds the creators of a document's objects."""

    def __init__(self, operations: list[Operation]) -> None:
        self._operations = operations

    def for_path_parameter(self, operation: Operation, parameter: str) -> list[ResourceCreator]:
        """Return the creators of what a path parameter names, best first."""
        prefix = prefix_of(operation.path, parameter)
        posts = [found for found in self._operations if makes(found)]
        exact = [found for found in posts if found.path == prefix]
        alike = [
            found
            for found in posts
            if found.path != prefix
            and last_word(found.path) == last_word(prefix)
            and not found.path.endswith("}")
        ]
        found = [ResourceCreator(found) for found in [*exact, *alike] if found != operation]
        return [*self._linked(operation, parameter), *found]

    def for_field(self, name: str) -> list[ResourceCreator]:
        """Return the creators of what a body field or a query parameter such as `x_id` names."""
        stem = re.sub(r"(_id|Id|_uuid)$", "", name)
        if stem == name or not stem:
            return []
        word = re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
        return [
            ResourceCreator(found)
            for found in self._operations
            if makes(found)
            and not found.path.endswith("}")
            and singular(last_word(found.path)).replace("-", "_") == word
        ]

    def for_list(self, listing: Operation) -> list[ResourceCreator]:
        """Return the creators of what a list shows."""
        word = last_word(listing.path)
        return [
            ResourceCreator(found)
            for found in self._operations
            if makes(found) and last_word(found.path) == word and not found.path.endswith("}")
        ]

    def _linked(self, operation: Operation, parameter: str) -> Iterator[ResourceCreator]:
        for source in self._operations:
            for response in source.definition.get("responses", {}).values():
                for link in (response.get("links") or {}).values():
                    given = link.get("parameters", {})
                    expression = given.get(parameter) or given.get(f"path.{parameter}")
                    if link.get("operationId") == operation.operation_id and expression:
                        yield ResourceCreator(source, str(expression))


def created_id(
    creator: ResourceCreator,
    response: Response,
    template: str,
    parameter: str,
    request: Request | None = None,
) -> Any:
    """Read the id of a new object from the answer that made it; None when it does not say.

    Args:
        creator: What made it.
        response: Its answer.
        template: The path of the object, up to and with the parameter.
        parameter: The parameter's name.
        request: What made it: an object may be known by what the request called it.
    """
    if creator.expression:
        return _evaluated(creator.expression, response, request)
    body = response.json
    if isinstance(body, Mapping):
        holders = [body, *(part for part in body.values() if isinstance(part, Mapping))]
        for holder in holders:
            for name in _names(template, parameter):
                if isinstance(holder.get(name), str | int) and holder[name] != "":
                    return holder[name]
    if (found := _from_location(response, template)) is not None:
        return found
    said = request.content.body if request is not None else None
    if isinstance(said, Mapping):
        names = [parameter, *(name for name in said if parameter.endswith(f"_{name}"))]
        keys = [*names, "title", "slug", "name", "key", "code", "username"]
        return next((said[name] for name in keys if isinstance(said.get(name), str | int)), None)
    return None


def _names(template: str, parameter: str) -> list[str]:
    word = singular(last_word(template)).replace("-", "_")
    tail = re.sub(rf"^{word}[_-]?", "", parameter, flags=re.IGNORECASE)
    return list(dict.fromkeys([parameter, f"{word}_id", f"{word}Id", tail, *_IDS]))


def _from_location(response: Response, template: str) -> str | None:
    pattern = re.sub(r"\\\{[^}]*\\\}", "([^/?#]+)", re.escape(template))
    found = re.search(f"{pattern}/?$", response.headers.get("location", ""))
    return found.groups()[-1] if found else None


def _evaluated(expression: str, response: Response, request: Request | None) -> Any:
    """Evaluate a runtime expression (OpenAPI 3.1, Runtime Expressions)."""
    source, _, rest = expression.removeprefix("$").partition(".")
    place, _, name = rest.partition(".")
    if source == "request" and request is not None:
        content = request.content
        named = {"path": request.values, "query": content.query, "header": content.headers}
        if place in named:
            return named[place].get(name)
        return _at(content.body, rest)
    if place == "header":
        return response.headers.get(name.lower())
    return _at(response.json, rest)


def _at(node: Any, pointer: str) -> Any:
    for part in pointer.partition("#")[2].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FAR = 1_000_003


def nonexistent_id(value: Any, number: int = 0) -> Any:
    """Return an id that nothing has.

    Args:
        value: An id that something has: a number, a UUID or a text.
        number: Different numbers give different ids.
    """
    text = str(value)
    if text.isdigit():
        far = int(text) + _FAR + number
        return far if isinstance(value, int) else str(far)
    if _UUID.fullmatch(text):
        return str(uuid.uuid5(uuid.UUID(text), f"nonexistent id-{number}"))
    return "".join(_next(letter, number + 1) for letter in text)


def _next(letter: str, step: int) -> str:
    for first, count in (("a", 26), ("A", 26), ("0", 10)):
        place = ord(letter) - ord(first)
        if 0 <= place < count:
            return chr(ord(first) + (place + step) % count)
    return letter
