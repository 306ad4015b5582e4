"""Which operation makes the object that a path parameter names, and what its id is.

Read from the document alone: OpenAPI links first, then the shape of paths (POST /x makes
/x/{id}). It must not know identities.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.access.exchange import Answer
from apiproof.openapi.document import Operation

_IDS = ("id", "uuid", "guid", "key", "slug", "sub", "code", "number", "name")


@dataclass(frozen=True)
class Creator:
    """An operation that makes an object, and where its answer says the id (empty: look for it)."""

    operation: Operation
    expression: str = ""


def prefix_of(path: str, parameter: str) -> str:
    """Return the part of a path before a parameter: `/x/{id}/y` and `id` give `/x`."""
    return path.partition("/{" + parameter + "}")[0]


def last_word(path: str) -> str:
    """Return a path's last literal segment."""
    words = [part for part in path.split("/") if part and not part.startswith("{")]
    return words[-1] if words else ""


def singular(word: str) -> str:
    """Return a plural English noun's singular, roughly."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + one
    return word


class Creators:
    """Finds the creators of a document's objects."""

    def __init__(self, operations: list[Operation]) -> None:
        self._operations = operations

    def of_parameter(self, operation: Operation, parameter: str) -> list[Creator]:
        """Return the creators of what a path parameter names, best first."""
        prefix = prefix_of(operation.path, parameter)
        posts = [found for found in self._operations if found.method == "POST"]
        exact = [found for found in posts if found.path == prefix]
        alike = [
            found
            for found in posts
            if found.path != prefix
            and last_word(found.path) == last_word(prefix)
            and not found.path.endswith("}")
        ]
        found = [Creator(found) for found in [*exact, *alike] if found != operation]
        return [*self._linked(operation, parameter), *found]

    def of_field(self, name: str) -> list[Creator]:
        """Return the creators of what a body field or a query parameter such as `x_id` names."""
        stem = re.sub(r"(_id|Id|_uuid)$", "", name)
        if stem == name or not stem:
            return []
        word = re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
        return [
            Creator(found)
            for found in self._operations
            if found.method == "POST"
            and not found.path.endswith("}")
            and singular(last_word(found.path)).replace("-", "_") == word
        ]

    def of_list(self, listing: Operation) -> list[Creator]:
        """Return the creators of what a list shows."""
        word = last_word(listing.path)
        return [
            Creator(found)
            for found in self._operations
            if found.method == "POST"
            and last_word(found.path) == word
            and not found.path.endswith("}")
        ]

    def _linked(self, operation: Operation, parameter: str) -> Iterator[Creator]:
        for source in self._operations:
            for response in source.definition.get("responses", {}).values():
                for link in (response.get("links") or {}).values():
                    given = link.get("parameters", {})
                    expression = given.get(parameter) or given.get(f"path.{parameter}")
                    if link.get("operationId") == operation.operation_id and expression:
                        yield Creator(source, str(expression))


def created_id(creator: Creator, answer: Answer, template: str, parameter: str) -> Any:
    """Read the id of a new object from the answer that made it; None when it does not say.

    Args:
        creator: What made it.
        answer: Its answer.
        template: The path of the object, up to and with the parameter.
        parameter: The parameter's name.
    """
    if creator.expression:
        return _evaluated(creator.expression, answer)
    body = answer.json
    if isinstance(body, Mapping):
        holders = [body, *(part for part in body.values() if isinstance(part, Mapping))]
        for holder in holders:
            for name in _names(template, parameter):
                if isinstance(holder.get(name), str | int) and holder[name] != "":
                    return holder[name]
    return _from_location(answer, template)


def _names(template: str, parameter: str) -> list[str]:
    word = singular(last_word(template)).replace("-", "_")
    tail = re.sub(rf"^{word}[_-]?", "", parameter, flags=re.IGNORECASE)
    return list(dict.fromkeys([parameter, f"{word}_id", f"{word}Id", tail, *_IDS]))


def _from_location(answer: Answer, template: str) -> str | None:
    pattern = re.sub(r"\\\{[^}]*\\\}", "([^/?#]+)", re.escape(template))
    found = re.search(f"{pattern}/?$", answer.headers.get("location", ""))
    return found.groups()[-1] if found else None


def _evaluated(expression: str, answer: Answer) -> Any:
    """Evaluate a runtime expression on a response (OpenAPI 3.1, Runtime Expressions)."""
    if expression.startswith("$response.header."):
        return answer.headers.get(expression.removeprefix("$response.header.").lower())
    node = answer.json
    for part in expression.partition("#")[2].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, Mapping) else None
    return node
