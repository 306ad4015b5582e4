"""Reading an OpenAPI document: operations, what secures them, which one a request meant.

It must not know who asks: the coverage log, the access checks and the fuzzing all read through
here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apiproof.errors import UserError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class DocumentMissing(UserError):
    """There is no readable OpenAPI document."""


def load_document(path: Path) -> dict[str, Any]:
    """Read an OpenAPI document in JSON.

    Raises:
        DocumentMissing: There is none, or it is not one.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DocumentMissing(
            f"No OpenAPI document at {path}. Generate it, or name another with --openapi."
        ) from None
    except (OSError, ValueError) as error:
        raise DocumentMissing(f"{path} is not a readable JSON document: {error}.") from None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise DocumentMissing(f"{path} is not an OpenAPI document: it has no `paths` object.")
    return document


@dataclass(frozen=True)
class Operation:
    """One operation: its identity, its declared statuses and its alternatives of security."""

    operation_id: str
    method: str
    path: str
    statuses: tuple[str, ...]
    security: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
    definition: dict[str, Any]

    @property
    def label(self) -> str:
        """The operation as Schemathesis names it: `GET /randoms`."""
        return f"{self.method} {self.path}"

    @property
    def secured(self) -> bool:
        """Whether every alternative asks for a credential (OpenAPI 3.1, Security Requirement)."""
        return bool(self.security) and all(self.security)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the first alternative, in the document's order."""
        first = self.security[0] if self.security else ()
        return tuple(scope for _, scopes in first for scope in scopes)


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Yield the document's operations in its own order."""
    default = document.get("security", [])
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            definition = item.get(method)
            if definition is None:
                continue
            yield Operation(
                operation_id=definition.get("operationId", f"{method.upper()} {path}"),
                method=method.upper(),
                path=path,
                statuses=tuple(str(status) for status in definition.get("responses", {})),
                security=_alternatives(definition.get("security", default)),
                definition=definition,
            )


def _alternatives(
    security: list[dict[str, list[str]]],
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]:
    return tuple(
        tuple((scheme, tuple(scopes)) for scheme, scopes in requirement.items())
        for requirement in security
    )


def resolve_ref(document: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Return the object that a reference within the document (`#/components/...`) names.

    Args:
        document: The whole document.
        reference: A JSON Pointer as a URI fragment (RFC 6901, 6); one that leads nowhere names {}.
    """
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        node = node.get(name, {}) if isinstance(node, Mapping) else {}
    return dict(node)


class Router:
    """Finds the operation that a request meant.

    A path that is there without parameters hides the templated ones (OpenAPI 3.1.1, 4.8.8.1).
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._concrete: dict[str, dict[str, Operation]] = {}
        self._templated: list[tuple[re.Pattern[str], Operation]] = []
        for operation in sorted(operations(document), key=lambda each: each.path.count("{")):
            if "{" in operation.path:
                self._templated.append((_pattern(operation.path), operation))
            else:
                self._concrete.setdefault(operation.path, {})[operation.method] = operation

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation for a method and a decoded path, or None."""
        if path in self._concrete:
            return self._concrete[path].get(method)
        return next(
            (
                operation
                for pattern, operation in self._templated
                if operation.method == method and pattern.fullmatch(path)
            ),
            None,
        )


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", path)
    return re.compile(
        "".join("[^/]+" if part[:1] == "{" else re.escape(part) for part in parts), re.DOTALL
    )
