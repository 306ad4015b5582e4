"""The labelled corpus: a base document, a patch, and what must be found."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from apiproof.contract_diff.document import Change, diff
from apiproof.openapi.document import parse_yaml

FOLDER = Path(__file__).parent / "corpus"
FILES = ("operations", "requests", "responses", "misses")
BASES = [
    parse_yaml(path.read_text("utf-8"), path.name)
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.stem not in FILES
]
"""The documents that the cases change."""


@dataclass(frozen=True)
class Case:
    """One change: its documents, its label, and the rule and pointer that name it."""

    id: str
    label: str
    old: dict[str, Any]
    new: dict[str, Any]
    rule: str | None
    pointer: str | None
    reason: str | None = None

    @property
    def breaking(self) -> bool:
        return self.label == "breaking"

    @cached_property  # several tests look at them
    def changes(self) -> list[Change]:
        """What the comparison finds."""
        return diff(self.old, self.new)


def cases() -> list[Case]:
    """Read every case of the corpus."""
    bases = {path.stem: path for path in FOLDER.glob("*.yaml") if path.stem not in FILES}
    read = {name: parse_yaml(path.read_text("utf-8"), path.name) for name, path in bases.items()}
    listed = [
        entry
        for name in FILES
        for entry in parse_yaml((FOLDER / f"{name}.yaml").read_text("utf-8"), name)
    ]
    return [_case(entry, read[entry.get("base", "base")]) for entry in listed]


def _case(entry: dict[str, Any], base: dict[str, Any]) -> Case:
    old = patched(base, entry.get("before", ()))
    new = patched(old, entry["patch"])
    return Case(
        entry["id"],
        entry["label"],
        old,
        new,
        entry.get("rule"),
        entry.get("pointer"),
        entry.get("reason"),
    )


def patched(document: dict[str, Any], patch: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Apply a JSON Patch (RFC 6902) to a copy of a document."""
    whole = copy.deepcopy(document)
    for step in patch:
        value = step.get("value")
        if step["op"] in {"move", "copy"}:
            value = copy.deepcopy(_at(whole, step["from"]))
        if step["op"] in {"move", "remove"}:
            _remove(whole, step["from"] if step["op"] == "move" else step["path"])
        if step["op"] != "remove":
            _put(whole, step["path"], copy.deepcopy(value), replace=step["op"] == "replace")
    return whole


def _tokens(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _step(node: Any, key: str) -> Any:
    return node[int(key)] if isinstance(node, list) else node[key]


def _at(node: Any, pointer: str) -> Any:
    for key in _tokens(pointer):
        node = _step(node, key)
    return node


def _remove(node: Any, pointer: str) -> None:
    *way, last = _tokens(pointer)
    for key in way:
        node = _step(node, key)
    del node[int(last) if isinstance(node, list) else last]


def _put(node: Any, pointer: str, value: Any, *, replace: bool) -> None:
    *way, last = _tokens(pointer)
    for key in way:
        node = _step(node, key)
    if not isinstance(node, list):
        if replace and last not in node:
            raise KeyError(pointer)
        node[last] = value
    elif replace:
        node[int(last)] = value
    else:
        node.insert(len(node) if last == "-" else int(last), value)


CASES_BY_ID = {case.id: case for case in cases()}
