"""An OpenAPI 3.0 or 3.1 document in memory: loading, pointers, references. Compares nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from apiproof.errors import UserError

Json = Any
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class DocumentUnusable(UserError):
    """The file or object is no OpenAPI 3.0 or 3.1 document that can be read; the text says why."""


class ReferenceDangling(DocumentUnusable):
    """A local $ref points at nothing."""


def token(part: str) -> str:
    """Escape one reference token (RFC 6901, section 3)."""
    return part.replace("~", "~0").replace("/", "~1")


def join(pointer: str, *parts: str | int) -> str:
    """Extend a JSON pointer by keys or indexes."""
    return pointer + "".join(f"/{token(str(part))}" for part in parts)


class Document:
    """One document with its references; never changes what it was given."""

    def __init__(self, raw: Mapping[str, Any], name: str = "the document") -> None:
        if not isinstance(raw, Mapping):
            raise DocumentUnusable(f"{name}: expected an OpenAPI object, got {type(raw).__name__}.")
        version = str(raw.get("openapi", ""))
        if not version.startswith(("3.0", "3.1")):
            found = f"openapi: {version}" if version else "no `openapi` field"
            raise DocumentUnusable(f"{name}: expected an OpenAPI 3.0 or 3.1 document, got {found}.")
        self.raw = raw
        self.name = name
        self.legacy = version.startswith("3.0")

    def at(self, pointer: str) -> Json:
        """Return what an RFC 6901 pointer names, or raise ReferenceDangling."""
        node: Json = self.raw
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise ReferenceDangling(
                    f"{self.name}: #{pointer} is referred to but not there."
                ) from None
        return node

    def target(self, ref: str) -> str | None:
        """Return the pointer that a local reference names; None when it leaves the document."""
        if not ref.startswith("#"):
            return None
        fragment = unquote(ref[1:])
        return fragment if fragment == "" or fragment.startswith("/") else None

    def follow(self, node: Json, pointer: str) -> tuple[Json, str]:
        """Resolve a chain of $refs on a non-schema object: its value and where it really is."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(ref := node.get("$ref"), str):
            target = self.target(ref)
            if target is None or target in seen:
                raise DocumentUnusable(
                    f"{self.name}: {ref} at #{pointer} cannot be followed; bundle the document."
                )
            seen.add(target)
            node, pointer = self.at(target), target
        return node, pointer

    def child(self, node: Json, pointer: str, *keys: str | int) -> tuple[Json, str]:
        """Step into a non-schema object by keys, following references; None where absent."""
        for key in keys:
            if isinstance(node, Mapping):
                node = node.get(str(key))
            elif isinstance(node, list) and isinstance(key, int) and key < len(node):
                node = node[key]
            else:
                node = None
            node, pointer = self.follow(node, join(pointer, key))
        return node, pointer


def load_document(path: str | Path) -> dict[str, Any]:
    """Read an OpenAPI document from a JSON or YAML file.

    Raises DocumentUnusable, with one line to show, for anything that is not such a file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise DocumentUnusable(f"{path}: cannot be read ({reason}).") from None
    try:
        raw = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError, RecursionError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DocumentUnusable(f"{path}: neither JSON nor YAML ({line}).") from None
    Document(raw, str(path))
    return dict(raw)
