"""The operations of an OpenAPI document: parameters, bodies, responses and what secures them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from apiproof.openapi.references import Document, DocumentError, Located, as_document

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The methods that a Path Item Object names; `query` since OpenAPI 3.2."""
IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that mean nothing, in lower case (OpenAPI 3.1.1, Parameter Object, `name`)."""
SecurityRequirements = tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
"""Alternatives, each of schemes with their scopes, of which all are needed."""
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_ENCODED: Final = re.compile("%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, its reference followed."""

    name: str
    location: str
    part: Located

    @property
    def is_required(self) -> bool:
        """Whether a request without it is invalid."""
        return self.location == "path" or self.part.node.get("required") is True

    @property
    def style(self) -> str:
        """How arrays and objects are written (OpenAPI 3.1.1, Style Values)."""
        return str(self.part.node.get("style", _STYLES.get(self.location, "form")))

    @property
    def explodes(self) -> bool:
        """Whether each item or property stands by itself."""
        default = self.style in {"form", "deepObject", "cookie"}
        return bool(self.part.node.get("explode", default))

    @property
    def media_type(self) -> str | None:
        """The media type of a parameter that is described by `content`."""
        content = self.part.node.get("content")
        return next(iter(content), None) if isinstance(content, Mapping) else None

    @property
    def schema(self) -> Located:
        """Its schema, under `schema` or `content`; the node is None where there is none."""
        return schema_of(self.part)


def schema_of(part: Located) -> Located:
    """Return the schema of a parameter or header, under `schema` or in its first `content`."""
    own = part.at("schema")
    content = part.node.get("content")
    if own.node is None and isinstance(content, Mapping) and content:
        return part.at("content", next(iter(content)), "schema")
    return own


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        operation_id: The document's, or `GET /path`.
        method: As it is sent; in capitals, but for additional ones.
        path: The template, as the document writes it.
        statuses: The names of its responses: `200`, `4XX`, `default`.
        security: What secures it, its own or the document's.
        definition: The Operation Object.
        document: The whole document.
        part: The Operation Object and where it stands.
        item: The Path Item Object and where it stands.
        label: The operation as Schemathesis names it: `GET /randoms`.
        secured: Whether every alternative asks for a credential (OpenAPI 3.1, Security
            Requirement).
    """

    operation_id: str
    method: str
    path: str
    statuses: tuple[str, ...]
    security: SecurityRequirements
    definition: dict[str, Any] = field(hash=False)
    document: Document = field(repr=False, compare=False)
    part: Located = field(repr=False, compare=False)
    item: Located = field(repr=False, compare=False)
    label: str = field(init=False, repr=False, compare=False)
    secured: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.method} {self.path}")
        object.__setattr__(self, "secured", bool(self.security) and all(self.security))

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it on the wire: method, and path without its parameters' names."""
        return self.method, template_key(self.path)

    @property
    def path_parameters(self) -> list[str]:
        """The names in its path, in order."""
        return _VARIABLE.findall(self.path)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the first alternative, in the document's order."""
        first = self.security[0] if self.security else ()
        return tuple(scope for _, scopes in first for scope in scopes)

    @property
    def security_part(self) -> Located:
        """Its security requirements where they stand: its own, or the document's."""
        own = self.part.at("security")
        return own if own.node is not None else self.document.root.at("security")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters: its own, and those of its path that it does not redefine.

        Raises:
            DocumentError: One of them is no parameter.
        """
        found: dict[tuple[str, str], Parameter] = {}
        for owner in (self.item, self.part):
            listed = owner.node.get("parameters")
            for number in range(len(listed) if isinstance(listed, list) else 0):
                part = self.document.child(owner, "parameters", number)
                if not isinstance(part.node, Mapping) or not part.node.keys() >= {"name", "in"}:
                    raise DocumentError(
                        f"{self.document.name}: {part.place}: not a parameter; repair it."
                    )
                parameter = Parameter(str(part.node["name"]), str(part.node["in"]), part)
                found[parameter.location, parameter.name] = parameter
        return tuple(found.values())

    @cached_property
    def request_body(self) -> Located | None:
        """Its Request Body Object; None where it takes no body."""
        part = self.document.child(self.part, "requestBody")
        return part if isinstance(part.node, Mapping) else None

    @cached_property
    def responses(self) -> dict[str, Located]:
        """Its Response Objects by status, range (`4XX`) or `default`."""
        return {
            name: part
            for name, part in self.document.children(self.part, "responses")
            if not name.startswith("x-") and isinstance(part.node, Mapping)
        }


def operations(
    document: Document | Mapping[str, Any], section: str = "paths"
) -> Iterator[Operation]:
    """Yield a document's operations in its own order, references followed.

    Args:
        document: The document, or parsed JSON.
        section: `paths`, or `webhooks`.
    """
    whole = as_document(document)
    for path, item in whole.children(whole.root, section):
        if isinstance(item.node, Mapping) and not path.startswith("x-"):
            yield from operations_of_path(whole, path, item)


def callbacks(owner: Operation) -> Iterator[Operation]:
    """Yield the requests that the service makes after one of its operations was called."""
    whole = owner.document
    for name, callback in whole.children(owner.part, "callbacks"):
        for expression, item in whole.children(callback):
            if isinstance(item.node, Mapping) and not expression.startswith("x-"):
                path = f"{expression} (callback {name} of {owner.label})"
                yield from operations_of_path(whole, path, item)


def operations_of_path(document: Document, path: str, item: Located) -> Iterator[Operation]:
    """Yield the operations of one Path Item Object."""
    parts = [(method.upper(), item.at(method)) for method in METHODS if method in item.node]
    more = item.at("additionalOperations")  # since OpenAPI 3.2; methods are told apart by case
    parts += [(method, more.at(method)) for method in more.node or ()]
    for method, part in parts:
        if isinstance(part.node, Mapping):
            yield _operation(document, path, method, item, part)


def _operation(
    document: Document, path: str, method: str, item: Located, part: Located
) -> Operation:
    responses = part.node.get("responses")
    return Operation(
        operation_id=str(part.node.get("operationId", f"{method} {path}")),
        method=method,
        path=path,
        statuses=tuple(str(name) for name in responses) if isinstance(responses, Mapping) else (),
        security=_requirements(part.node.get("security", document.raw.get("security"))),
        definition=part.node,
        document=document,
        part=part,
        item=item,
    )


def _requirements(security: Any) -> SecurityRequirements:
    return tuple(
        tuple((str(scheme), tuple(scopes or ())) for scheme, scopes in requirement.items())
        for requirement in security or ()
        if isinstance(requirement, Mapping)
    )


def template_key(path: str) -> str:
    """Return a path with its parameters' names taken out: equal for paths that mean the same.

    What is percent-encoded without need means what it encodes (RFC 3986, 6.2.2).
    """
    return _ENCODED.sub(_plain, _VARIABLE.sub("{}", path))


def _plain(encoded: re.Match[str]) -> str:
    character = unquote(encoded[0])
    return character if re.fullmatch(r"[A-Za-z0-9._~-]", character) else encoded[0].upper()
