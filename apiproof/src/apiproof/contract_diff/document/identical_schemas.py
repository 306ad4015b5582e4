"""Which schemas two documents share word for word, references included: these need no comparing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.document.branches import Conjunction
from apiproof.openapi.references import Document, DocumentError, references


def alike(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; to Python alone, true is 1."""
    if one != other:
        return False
    if isinstance(one, Mapping):
        return all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return all(map(alike, one, other))
    return isinstance(one, bool) is isinstance(other, bool)


class IdenticalSchemas:
    """Knows what changed between two documents, directly or behind a reference."""

    def __init__(self, old: Document, new: Document) -> None:
        self._comparable = old.is_30 is new.is_30
        self._refs: dict[int, tuple[Any, frozenset[str]]] = {}
        self._old, self._new = old, new
        self._changed = self._find_changed() if self._comparable else frozenset()

    def same(self, old: Conjunction, new: Conjunction) -> bool:
        """Return whether two conjunctions are equal in words and in all they refer to."""
        if not self._comparable or len(old) != len(new):
            return False
        return all(
            one.tag == other.tag
            and alike(one.schema, other.schema)
            and self._changed.isdisjoint(self._refs_of(one.schema))
            for one, other in zip(old, new, strict=True)
        )

    def below(self, schema: Any) -> bool:
        """Return whether all that a schema refers to is equal in both documents."""
        return self._comparable and self._changed.isdisjoint(self._refs_of(schema))

    def _refs_of(self, schema: Any) -> frozenset[str]:
        key = id(schema)  # kept beside them: one that was made up would not live as long
        if key not in self._refs:
            self._refs[key] = schema, frozenset(references(schema))
        return self._refs[key][1]

    def _find_changed(self) -> frozenset[str]:
        users: dict[str, set[str]] = {}
        queue = sorted(set(references(self._old.raw)) | set(references(self._new.raw)))
        changed = []
        for ref in queue:
            before, after = _target(self._old, ref), _target(self._new, ref)
            if before is None or not alike(before, after):
                changed.append(ref)
            for used in set(references(before)):
                users.setdefault(used, set()).add(ref)
        found = set(changed)
        while changed:
            for user in users.get(changed.pop(), ()):
                if user not in found:
                    found.add(user)
                    changed.append(user)
        return frozenset(found)


def _target(document: Document, ref: str) -> Any:
    """Return what a reference names, a list where several may be meant; None if it cannot be."""
    if not ref.startswith("#"):
        return None
    try:
        found = [target.node for target in document.dynamic_targets(ref)]
        return found[0] if len(found) == 1 else found
    except DocumentError:
        return None
