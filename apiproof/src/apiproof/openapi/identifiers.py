"""Parts of a document that are known by a URI: `$self`, `$id` and `$anchor`.

JSON Schema 2020-12 core, 8.2; OpenAPI 3.2.0, Appendix F. A reference that names one of them, or is
relative to one, is led to the place as a JSON pointer, so that only pointers are followed later.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urljoin

from apiproof.openapi.references import DATA_KEYWORDS, NAME_MAPS, join_pointer, value_at

_FILE: Final = re.compile(r"[#/]|\.(json|ya?ml)$")
"""What tells a reference in a discriminator's mapping from the name of a schema."""
Way = tuple[Any, str | int] | None
"""The way from a root to a node: the way to the one above, and the last step."""


class Part(NamedTuple):
    """A node with keywords, the way to it, and the URI that references in it are relative to."""

    node: dict[str, Any]
    way: Way
    base: str


def _parts(root: Any, location: str) -> Iterator[Part]:
    stack: list[tuple[Any, bool, Way, str]] = [(root, False, None, location)]
    while stack:
        node, is_names, way, base = stack.pop()
        if isinstance(node, list):
            stack.extend((child, False, (way, i), base) for i, child in enumerate(node))
            continue
        if not isinstance(node, dict):
            continue
        if not is_names:
            base = _joined(base, node.get("$id" if way else "$self"))
            yield Part(node, way, base)
        for key, child in node.items():
            if is_names or key not in DATA_KEYWORDS:
                stack.append((child, key in NAME_MAPS and not is_names, (way, key), base))


def _joined(base: str, identifier: Any) -> str:
    if not isinstance(identifier, str) or identifier.startswith("#"):
        return base
    try:
        return urljoin(base, identifier.partition("#")[0])
    except ValueError:  # it is no URI
        return base


def _pointer(way: Way) -> str:
    steps: list[str | int] = []
    while way is not None:
        way, step = way
        steps.append(step)
    return join_pointer("", *steps[::-1])


def _fragment(pointer: str) -> str:
    return pointer.replace("%", "%25")


def references_of(
    root: Any, location: str, no_texts: list[str]
) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """Yield the references of one file: what holds each, its key, its text, and its base URI.

    Args:
        root: The file, parsed.
        location: Its path or URL.
        no_texts: Takes the pointer of each `$ref` that is no text.
    """
    for node, way, base in _parts(root, location):
        if isinstance(node.get("$ref"), str):
            yield node, "$ref", node["$ref"], base
        elif "$ref" in node:
            no_texts.append(_pointer((way, "$ref")))
        discriminator = node.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if isinstance(mapping, dict):
            for name, target in mapping.items():
                if isinstance(target, str) and _FILE.search(target):
                    yield mapping, name, target, base


class Identifiers:
    """What the files of one document call their parts."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[Any, str]] = {}
        self._anchors: dict[tuple[str, str], str] = {}
        self._dynamic: dict[str, list[str]] = {}

    def register(self, root: Any, location: str, prefix: str) -> None:
        """Note what one file identifies.

        Args:
            root: The file, parsed.
            location: Its path or URL.
            prefix: The pointer at which it stands in the whole document.
        """
        for node, way, base in _parts(root, location):
            if base != location and isinstance(node.get("$id" if way else "$self"), str):
                self._places.setdefault(base, (node, prefix + _pointer(way)))
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(name := node.get(word), str):
                    self._anchors.setdefault((base, name), prefix + _pointer(way))
            if isinstance(name := node.get("$dynamicAnchor"), str):
                self._dynamic.setdefault(name, []).append(prefix + _pointer(way))

    def pointer(self, reference: str, base: str) -> str | None:
        """Return the pointer that a reference names, percent signs escaped as in a fragment.

        Args:
            reference: Its text.
            base: The URI that it is relative to.

        Returns:
            None where it names nothing that is identified: it may name a file, or, against the
            letter and yet often, a place in the document around its schema.
        """
        target, _, fragment = reference.partition("#")
        uri = _joined(base, target) if target else base
        found = self._anchors.get((uri, fragment))
        if found is None and uri in self._places:
            node, home = self._places[uri]
            inner = unquote(fragment)
            if not inner or (inner.startswith("/") and value_at(node, inner) is not None):
                found = home + inner
        return None if found is None else _fragment(found)

    def settle(self, root: Any, location: str) -> None:
        """Replace each `$dynamicRef` that can name one schema alone by `$ref`; take `$id`s out.

        References are relative to the whole document by now.
        """
        for node, _, base in _parts(root, location):
            reference = node.get("$dynamicRef")
            if isinstance(reference, str) and "$ref" not in node:
                only = self._only(reference, base)
                if only is not None:
                    node["$ref"] = f"#{only}"
                    del node["$dynamicRef"]
            if isinstance(node.get("$id"), str):
                del node["$id"]

    def _only(self, reference: str, base: str) -> str | None:
        places = self._dynamic.get(reference.rpartition("#")[2])
        if places is None:  # then it is a plain reference
            return self.pointer(reference, base)
        return _fragment(places[0]) if len(places) == 1 else None
