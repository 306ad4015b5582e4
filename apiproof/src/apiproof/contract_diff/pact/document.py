"""An OpenAPI 3.0 or 3.1 document, read as what it promises: operations and resolved references.

It must not know pacts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from apiproof.contract_diff.pact.structure import flaw

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class DocumentUnusable(Exception):
    """A document that nothing can be compared with; one line that says where and what to do."""


class Located(NamedTuple):
    """A part of the document and its JSON pointer."""

    node: Any
    pointer: str

    def at(self, *keys: str | int) -> "Located":
        """A part below this one; None where it isn't there."""
        node = self.node
        for key in keys:
            if isinstance(node, Mapping):
                node = node.get(key, node.get(str(key)))
            elif isinstance(node, list) and str(key).isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                node = None
        return Located(node, join(self.pointer, *keys))


def join(pointer: str, *keys: str | int) -> str:
    """A JSON pointer with further steps, escaped as RFC 6901 says."""
    escaped = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return "/".join((pointer, *escaped))


def steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer in a URI fragment, unescaped."""
    parts = pointer.removeprefix("#").split("/")[1:]
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in parts]


class Document:
    """An OpenAPI document, its references resolvable.

    Raises:
        DocumentUnusable: it isn't OpenAPI 3.
    """

    def __init__(self, raw: Any) -> None:
        version = raw.get("openapi") if isinstance(raw, Mapping) else None
        if not isinstance(version, str) or not version.startswith("3."):
            stated = raw.get("swagger") if isinstance(raw, Mapping) else None
            got = f"Swagger {stated}" if stated else "no `openapi: 3.x` at its top"
            raise DocumentUnusable(f"not an OpenAPI 3 document ({got}); convert or name another.")
        paths = raw.get("paths")
        if not isinstance(paths, Mapping) or not paths:
            raise DocumentUnusable("the document has no paths at #/paths; name the provider's own.")
        found = flaw(raw)
        if found:
            raise DocumentUnusable(f"not built as OpenAPI 3 at {found}; repair it.")
        self.root = Located(raw, "#")
        self.is_30 = version.startswith("3.0")

    def resolve(self, part: Located) -> Located:
        """Follow a part's `$ref` until there is none.

        Raises:
            DocumentUnusable: the reference leads nowhere, in a circle, or out of the document.
        """
        seen: set[str] = set()
        while isinstance(part.node, Mapping) and isinstance(part.node.get("$ref"), str):
            ref = part.node["$ref"]
            if ref in seen:
                raise DocumentUnusable(f"{part.pointer}: the reference {ref} leads in a circle.")
            seen.add(ref)
            part = self.target(ref, part.pointer)
        return part

    def target(self, ref: str, source: str) -> Located:
        """What a reference points at; `source` is who refers."""
        if ref != "#" and not ref.startswith("#/"):
            raise DocumentUnusable(
                f"{source}: the reference {ref} leaves the document; bundle it into one file."
            )
        part = self.root
        for name in steps(ref):
            part = part.at(name)
        if part.node is None:
            raise DocumentUnusable(f"{source}: the reference {ref} leads nowhere; repair it.")
        return Located(part.node, ref)

    def nearest(self, pointer: Sequence[str | int]) -> str:
        """The JSON pointer of the deepest part that exists on the way to another."""
        part = self.root
        for step in pointer:
            inner = part.at(step)
            if inner.node is None:
                break
            part = inner
        return part.pointer

    def children(self, part: Located, *keys: str) -> Iterator[tuple[str, Located]]:
        """The named parts of a map below a part, references resolved."""
        group = part.at(*keys)
        for name in group.node if isinstance(group.node, Mapping) else ():
            yield name, self.resolve(group.at(name))
