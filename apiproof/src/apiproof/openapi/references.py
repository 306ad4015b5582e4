"""One OpenAPI 3 document in memory: places in it, and the references between them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import jsonpointer

from apiproof.errors import UserError

NAME_MAPS: Final = frozenset(
    {
        "properties", "patternProperties", "schemas", "$defs", "definitions", "dependentSchemas",
        "responses", "parameters", "requestBodies", "headers", "securitySchemes", "links",
        "callbacks", "pathItems", "paths", "webhooks", "content", "encoding", "mapping",
        "dependentRequired", "variables", "scopes",
    }
)  # fmt: skip
"""Keywords whose value is a map from names, which are no keywords."""
DATA_KEYWORDS: Final = frozenset({"example", "examples", "default", "enum", "const", "x-example"})
"""Keywords whose value is data, in which nothing is a keyword."""
_DEPTH: Final = 8  # how many references, and `allOf` of `allOf`, are followed


EXTERNAL: Final = "x-external"
"""Where `load_document` puts the files that a document refers to: by the path as it is referred."""


class DocumentError(UserError):
    """No OpenAPI 3 document that can be worked with; one line that says where and what to do."""


class DocumentMissing(DocumentError):
    """There is no document where one was looked for."""


class DanglingReference(DocumentError):
    """A reference leads nowhere."""


class Located(NamedTuple):
    """A part of a document and its JSON pointer (RFC 6901); the whole document's is empty."""

    node: Any
    pointer: str

    def at(self, *keys: str | int) -> "Located":
        """Return a part below, references not followed; its node is None if it is missing."""
        node = self.node
        for key in keys:
            if isinstance(node, Mapping):
                node = node.get(str(key))
            elif isinstance(node, list) and str(key).isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                node = None
        return Located(node, join_pointer(self.pointer, *keys))

    @property
    def fragment(self) -> str:
        """The pointer as a reference to it says it: `#/paths/~1users`."""
        return f"#{self.pointer}"

    @property
    def place(self) -> str:
        """The pointer as people read it, see `shown_place`."""
        return shown_place(self.pointer)


def join_pointer(pointer: str, *steps: str | int) -> str:
    """Return a JSON pointer extended by keys or indexes, escaped."""
    return pointer + "".join(f"/{jsonpointer.escape(str(step))}" for step in steps)


def pointer_steps(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer, unescaped."""
    return list(jsonpointer.JsonPointer(pointer).parts)


def steps_to_extension(steps: Sequence[str]) -> int:
    """Return how many of a pointer's steps lead to the extension (`x-...`) it is in; 0: none."""
    is_names = False
    for number, step in enumerate(steps):
        if step.startswith("x-") and not is_names and step != EXTERNAL:
            return number + 1
        is_names = step in {*NAME_MAPS, EXTERNAL} and not is_names
    return 0


def shown_place(pointer: str) -> str:
    """Return a place as people read it: `#/paths/~1users`, or `parts/user.yaml#/User`."""
    if not pointer.startswith(f"/{EXTERNAL}/"):
        return f"#{pointer}"
    file, _, rest = pointer.removeprefix(f"/{EXTERNAL}/").partition("/")
    return f"{jsonpointer.unescape(file)}#{rest and f'/{rest}'}"


def value_at(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) leads to in a value; None where it leads nowhere."""
    try:
        return jsonpointer.resolve_pointer(value, pointer, None)
    except jsonpointer.JsonPointerException:  # it is no pointer
        return None


class Document:
    """One document and its references; it never changes what it was given.

    Args:
        raw: The document, as JSON says it.
        name: What messages call it.
    """

    def __init__(self, raw: Mapping[str, Any], name: str = "the document") -> None:
        if not isinstance(raw, Mapping):
            raise DocumentError(f"{name}: expected an OpenAPI object, got {type(raw).__name__}.")
        self.raw = raw
        self.name = name
        self.version = str(raw.get("openapi", ""))
        self.is_30 = self.version.startswith("3.0")
        self.root = Located(raw, "")
        self._targets: dict[str, Located] = {}

    def require_openapi_3(self) -> "Document":
        """Return this document if it is OpenAPI 3.0, 3.1 or 3.2 and has paths, or webhooks.

        Raises:
            DocumentError: It is something else.
        """
        if not self.version.startswith(("3.0", "3.1", "3.2")):
            stated = self.raw.get("swagger")
            got = f"Swagger {stated}" if stated else f"openapi: {self.version or 'missing'}"
            raise DocumentError(
                f"{self.name}: expected an OpenAPI document of version 3.0, 3.1 or 3.2, got {got}; "
                "convert it, or name another."
            )
        for section in ("paths", "webhooks", "components"):
            if not isinstance(self.raw.get(section, {}), Mapping):
                raise DocumentError(f"{self.name}: #/{section} is not an object; repair it.")
        if self.is_30 and "paths" not in self.raw:
            raise DocumentError(f"{self.name}: there are no paths at #/paths; name another.")
        return self

    def at(self, pointer: str) -> Any:
        """Return what a JSON pointer names.

        Raises:
            DanglingReference: Nothing is there.
        """
        node: Any = self.raw  # walked here: the library's error holds the whole document as text
        try:
            for step in pointer_steps(pointer):
                node = node[int(step)] if isinstance(node, list) else node[step]
        except (jsonpointer.JsonPointerException, LookupError, ValueError, TypeError):
            text = f"{self.name}: the reference {shown_place(pointer)} leads nowhere; repair it."
            raise DanglingReference(text) from None
        return node

    def target_pointer(self, reference: str) -> str:
        """Return the pointer that a reference within the document names.

        Raises:
            DocumentError: It leaves the document.
            DanglingReference: It names an anchor that is not there.
        """
        if not reference.startswith("#"):
            raise DocumentError(
                f"{self.name}: the reference {reference} leaves the document; load it from its "
                "file, or bundle it into one."
            )
        fragment = unquote(reference[1:])
        if not fragment or fragment.startswith("/"):
            return fragment
        if fragment not in self._anchors:
            raise DanglingReference(
                f"{self.name}: the reference {reference} leads nowhere; repair it."
            )
        return self._anchors[fragment]

    def target(self, reference: str) -> Located:
        """Return what a reference within the document names, its own reference not followed."""
        if reference not in self._targets:
            pointer = self.target_pointer(reference)
            self._targets[reference] = Located(self.at(pointer), pointer)
        return self._targets[reference]

    def dynamic_targets(self, reference: str) -> list[Located]:
        """Return all that a `$dynamicRef` may name, by the way that leads to it.

        It is one where it does what `$ref` does (JSON Schema 2020-12 core, 8.2.3.2).
        """
        if "#/" in reference:
            return [self.target(reference)]
        named = self.places_of_anchor(unquote(reference.rpartition("#")[2]))
        return [Located(self.at(at), at) for at in named] or [self.target(reference)]

    def resolve(self, part: Located) -> Located:
        """Follow a part's `$ref` until there is none.

        Raises:
            DocumentError: It leads nowhere, in a circle, or out of the document.
        """
        seen: set[str] = set()
        while isinstance(part.node, Mapping) and isinstance(ref := part.node.get("$ref"), str):
            if ref in seen:
                raise DocumentError(
                    f"{self.name}: {part.place}: {ref} leads in a circle; repair it."
                )
            seen.add(ref)
            part = self.target(ref)
        return part

    def child(self, part: Located, *keys: str | int) -> Located:
        """Step down by keys and follow references on the way; the node is None where it ends."""
        for key in keys:
            part = self.resolve(part.at(key))
        return part

    def children(self, part: Located, *keys: str | int) -> Iterator[tuple[str, Located]]:
        """Yield the named parts of a map below a part, references followed."""
        group = self.child(part, *keys)
        for name in group.node if isinstance(group.node, Mapping) else ():
            yield str(name), self.child(group, name)

    def nearest(self, steps: Sequence[str | int]) -> str:
        """Return the pointer of the deepest part that exists on the way to another."""
        part = self.root
        for step in steps:
            inner = part.at(step)
            if inner.node is None:
                break
            part = inner
        return part.pointer

    def places_of_anchor(self, name: str) -> Sequence[str]:
        """Return the pointers of all schemas that have a `$dynamicAnchor` of one name."""
        return self._dynamic_anchors.get(name, ())

    @cached_property
    def _anchors(self) -> dict[str, str]:
        every = [*self._named("$anchor"), *self._named("$dynamicAnchor")]
        return dict(reversed(every))

    @cached_property
    def _dynamic_anchors(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, pointer in self._named("$dynamicAnchor"):
            found.setdefault(name, []).append(pointer)
        return found

    def _named(self, word: str) -> Iterator[tuple[str, str]]:
        """Yield every name that a keyword gives, and the pointer of what it names."""
        stack = [self.root]
        while stack:
            part = stack.pop()
            if isinstance(part.node, Mapping) and isinstance(name := part.node.get(word), str):
                yield name, part.pointer
            if isinstance(part.node, Mapping | list):
                keys = part.node if isinstance(part.node, Mapping) else range(len(part.node))
                stack.extend(part.at(key) for key in keys)


def as_document(document: Document | Mapping[str, Any]) -> Document:
    """Return a document as it is, or wrap one that is given as parsed JSON."""
    return document if isinstance(document, Document) else Document(document)


def references(node: Any) -> Iterator[str]:
    """Yield every `$ref` and `$dynamicRef`, and what discriminators name, under a node."""
    queue = [node]
    while queue:
        here = queue.pop()
        if isinstance(here, Mapping):
            for word in ("$ref", "$dynamicRef"):
                if isinstance(ref := here.get(word), str):
                    yield ref
            discriminator = here.get("discriminator")
            mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
            yield from map(str, mapping.values()) if isinstance(mapping, Mapping) else ()
            queue += here.values()
        elif isinstance(here, list):
            queue += here


def resolve_ref(document: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Return the object that a reference (`#/components/...`) names in a document.

    Raises:
        DocumentError: It leads nowhere or out of the document.
    """
    return dict(Document(document).target(reference).node)


def flattened(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Follow `$ref` and merge `allOf`; the first alternative of `anyOf` and `oneOf` counts.

    Raises:
        DocumentError: A reference leads nowhere or out of the document.
    """
    found: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
    for _ in range(_DEPTH):
        if "$ref" in found:
            target = resolve_ref(document, str(found.pop("$ref")))
            found = {**target, **found}
        elif "allOf" in found:
            found = _merged([found, *(flattened(document, part) for part in found.pop("allOf"))])
        elif branches := found.pop("anyOf", None) or found.pop("oneOf", None):
            chosen = [flattened(document, branch) for branch in branches]
            solid = [branch for branch in chosen if branch.get("type") != "null"]
            found = _merged([found, (solid or chosen)[0]])
        else:
            break
    return found


def _merged(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for schema in schemas:
        for name, value in schema.items():
            if name == "properties":
                merged[name] = {**merged.get(name, {}), **value}
            elif name == "required":
                merged[name] = [*merged.get(name, []), *value]
            else:
                merged.setdefault(name, value)
    return merged
