"""Which operation of the new document answers the requests of the old one's, and what that changed.

A path is its template: renaming a parameter in it changes nothing on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.contract_diff.document.change import Place, Side
from apiproof.contract_diff.document.comparison import Comparison, Scene
from apiproof.contract_diff.document.document import METHODS, Document, join
from apiproof.contract_diff.document.parameters import compare_parameters
from apiproof.contract_diff.document.payloads import compare_request_body, compare_responses
from apiproof.contract_diff.document.security import compare_security

_NAMES = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with the path item it stands in."""

    method: str
    path: str
    node: Mapping[str, Any]
    pointer: str
    item: Mapping[str, Any]
    item_pointer: str

    @property
    def name(self) -> str:
        """Method and path as people write them."""
        return f"{self.method.upper()} {self.path}"

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it on the wire."""
        return self.method, template(self.path)

    @property
    def names(self) -> list[str]:
        """The names of its path parameters, in order."""
        return _NAMES.findall(self.path)


def template(path: str) -> str:
    """Return a path with its parameters' names taken out."""
    return _NAMES.sub("{}", path)


def matches(path: str, concrete: str) -> bool:
    """Return whether a request to `concrete` can reach the templated path."""
    parts = (re.escape(part) for part in _NAMES.split(path)[::2])
    return re.fullmatch("[^/]+".join(parts), concrete) is not None


def operations(document: Document, section: str = "paths") -> Iterator[Operation]:
    """Yield the operations of a document, references followed."""
    for path, raw in (document.raw.get(section) or {}).items():
        item, at = document.follow(raw, join("", section, path))
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield Operation(method, path, item[method], join(at, method), item, at)


def compare_operations(comparison: Comparison) -> None:
    """Pair the operations of both documents and compare each pair."""
    for section in ("paths", "webhooks"):
        old = {operation.key: operation for operation in operations(comparison.old, section)}
        new = {operation.key: operation for operation in operations(comparison.new, section)}
        for key, operation in old.items():
            if key in new:
                _compare(comparison, operation, new[key], sent=section == "webhooks")
            else:
                _removed(comparison, operation, new, section)
        for key, operation in new.items():
            if key not in old:
                _added(comparison, operation, old)


def _scene(operation: Operation, side: Side = Side.OPERATION) -> Scene:
    return Scene(operation.name, side, Place("operation"), operation.name)


def _removed(
    comparison: Comparison,
    operation: Operation,
    new: Mapping[tuple[str, str], Operation],
    section: str,
) -> None:
    thing = "operation" if section == "paths" else "webhook"
    sentence = f"{operation.name} was removed"
    for other in new.values():
        if other.method == operation.method and matches(other.path, operation.path):
            sentence += f"; its requests now reach {other.name}"
            break
    near = join("", section, operation.path)
    gone = operation.path not in (comparison.new.raw.get(section) or {})
    comparison.add(
        _scene(operation), f"{thing}-removed", sentence + ".",
        old=operation.pointer, new=None if gone else near, breaking=True,
    )  # fmt: skip


def _added(
    comparison: Comparison, operation: Operation, old: Mapping[tuple[str, str], Operation]
) -> None:
    sentence = f"{operation.name} was added"
    for other in old.values():
        if other.method == operation.method and matches(other.path, operation.path):
            sentence += f"; it answers what {other.name} answered under that path"
            break
    scene = _scene(operation)
    comparison.add(
        scene, "operation-added", sentence + ".", old=None, new=operation.pointer, breaking=False
    )


def _compare(comparison: Comparison, old: Operation, new: Operation, *, sent: bool) -> None:
    """Compare two operations; `sent` ones (webhooks) are requests that the service makes."""
    _annotations(comparison, old, new)
    request = Scene(old.name, Side.REQUEST, Place("operation"), old.name, inbound=not sent)
    response = Scene(old.name, Side.RESPONSE, Place("operation"), old.name, inbound=sent)
    compare_parameters(comparison, request, old, new)
    compare_request_body(comparison, request, old, new)
    compare_responses(comparison, response, old, new)
    if not sent:
        compare_security(comparison, _scene(old, Side.SECURITY), old, new)


def _annotations(comparison: Comparison, old: Operation, new: Operation) -> None:
    scene = _scene(old)
    if new.node.get("deprecated") is True and old.node.get("deprecated") is not True:
        comparison.add(
            scene, "operation-deprecated", f"{old.name} is now deprecated.",
            old=old.pointer, new=join(new.pointer, "deprecated"), breaking=False,
        )  # fmt: skip
    before, after = old.node.get("operationId"), new.node.get("operationId")
    if before and before != after:
        comparison.add(
            scene, "operation-id-changed",
            f"{old.name} changed its operationId from {before} to {after}: regenerated clients "
            "call it by another name.",
            old=join(old.pointer, "operationId"),
            new=join(new.pointer, "operationId") if after else new.pointer, breaking=False,
        )  # fmt: skip
