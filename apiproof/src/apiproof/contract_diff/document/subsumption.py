"""Is every value admitted by one schema admitted by another? If not, why.

The answer is structural: each branch of the one has to fit a branch of the other. A cycle holds
unless a finite path refutes it. `text` compares values as a URL, a header or a form carries them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.document.arrays import array_escapes, item_of
from apiproof.contract_diff.document.branch import (
    Branch,
    Conjunction,
    Site,
    pinned,
)
from apiproof.contract_diff.document.escape import LINK, Escape, hard, some_paths, under_path
from apiproof.contract_diff.document.explanation import culprit, told, type_name, weight
from apiproof.contract_diff.document.objects import object_escapes
from apiproof.contract_diff.document.sameness import Sameness
from apiproof.contract_diff.document.scalars import number_escapes, string_escapes
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import admitted, few, overlap, property_of, refusal

FEW = 64
"""How many values a finite set may have to be taken apart value by value."""

DEEPEST = 24
"""How many schemas deep a comparison goes before it puts the rest off."""


class Subsumption:
    """One comparison between the schemas of two documents, in one direction."""

    def __init__(  # noqa: PLR0913 - two schemas and how to compare them
        self,
        sub: Schemas,
        sup: Schemas,
        *,
        forward: bool,
        losing: bool,
        text: bool = False,
        same: Sameness | None = None,
    ) -> None:
        self.sub, self.sup, self._same = sub, sup, same
        self.forward, self.losing, self.text = forward, losing, text
        self._memo: dict[tuple[Conjunction, Conjunction], tuple[Escape, ...]] = {}
        self._open: set[tuple[Conjunction, Conjunction]] = set()

    def escapes(self, one: Conjunction, other: Conjunction) -> tuple[Escape, ...]:
        """Return why values of `one` are not all admitted by `other`; empty if they are.

        Within a comparison the answer may hold links: to a pair still being compared, because the
        schemas are cyclic, or to one too deep to go into now. From outside all are followed.
        """
        key = (one, other)
        if self._open:
            return self._direct(key)
        found, done = list(self._direct(key)), {key}
        queue = [escape for escape in found if escape.kind == LINK]
        while queue:
            link = queue.pop(0)
            if link.sub_value not in done:
                done.add(link.sub_value)
                more = [
                    under_path(link.path, escape)
                    for escape in self._direct(link.sub_value)
                    if escape.kind != LINK or escape.sub_value not in done
                ]
                found += more
                queue += [escape for escape in more if escape.kind == LINK]
        return some_paths(hard(found))

    def _direct(self, key: tuple[Conjunction, Conjunction]) -> tuple[Escape, ...]:
        if key in self._memo:
            return self._memo[key]
        if key in self._open or len(self._open) > DEEPEST:
            return (Escape(LINK, _name(key[0]), _name(key[1]), (), key),)
        if self._same is not None and self._same.same(*(key if self.forward else key[::-1])):
            self._memo[key] = ()
            return ()
        self._open.add(key)
        found = some_paths(self._compare(*key))
        self._open.discard(key)
        self._memo[key] = tuple(e for e in found if e.kind != LINK or e.sub_value != key)
        return self._memo[key]

    def _compare(self, one: Conjunction, other: Conjunction) -> list[Escape]:
        subs, sups = self.sub.branches(one), self.sup.branches(other)
        if self.text:
            subs = tuple(b for b in subs if b.type != "null") or subs
        found: list[Escape] = []
        missing: list[Branch] = []
        for branch in subs:
            rivals = [rival for rival in sups if rival.type == branch.type]
            links = self._fit(branch, rivals, sups)
            if links is not None:
                found += links
            elif rivals:
                found += self._explain(branch, rivals, subs)
            else:
                missing.append(branch)
        return self._missing(missing, subs, (one, other)) + found

    def _fit(
        self, branch: Branch, rivals: list[Branch], sups: Sequence[Branch]
    ) -> list[Escape] | None:
        """Return None where the branch does not fit, else the links on which that depends."""
        for rival in rivals:
            found = self.fits(branch, rival)
            if not hard(found):
                return found
        values = few(self.sub, branch)
        if values is not None:
            return (
                []
                if all(admitted(self.sup, sups, value, text=self.text) for value in values)
                else None
            )
        if self.text and self._fits_as_text(branch, sups):
            return []
        return self._fit_in_parts(branch, rivals) if len(rivals) > 1 else None

    def _admitted(self, value: Any, sups: Sequence[Branch]) -> bool:
        return admitted(self.sup, sups, value, text=self.text)

    def _fits_as_text(self, branch: Branch, sups: Sequence[Branch]) -> bool:
        """Whether what is written for a scalar reads as a string, or as a list of one."""
        if branch.type in {"array", "object"}:
            return False
        for rival in sups:
            if rival.type == "array" and all(m.value <= 1 for m in rival.get("least")):
                items = self.sup.branches(item_of(rival, 0))
                alike = [item for item in items if item.type == branch.type]
                if self._fit(branch, alike, items) is not None:
                    return True
            if rival.type == "string" and not rival.marks and rival.values is None:
                return True
        return False

    def _fit_in_parts(self, branch: Branch, rivals: list[Branch]) -> list[Escape] | None:
        """Split an object by the values of a property that tells the rivals apart."""
        if branch.type != "object":
            return None
        for name in branch.required:
            kinds = self.sub.branches(property_of(branch, name))
            values = few(self.sub, kinds[0]) if len(kinds) == 1 else None
            if values is None or not 1 < len(values) <= FEW:
                continue
            parts = [pinned(branch, name, value) for value in values]
            best = [min((self.fits(part, r) for r in rivals), key=weight) for part in parts]
            if not any(hard(found) for found in best):
                return [link for found in best for link in found]
        return None

    def fits(self, one: Branch, other: Branch) -> list[Escape]:
        """Return why values of a branch are not all admitted by one other branch."""
        values = few(self.sub, one)
        if values is not None:
            return self._refused(one, other, values)
        found: list[Escape] = []
        if other.values is not None:
            found.append(
                Escape("enum", one.pointer, other.values_pointer, (), None, list(other.values))
            )
        if one.type == "number":
            found += number_escapes(one, other)
        elif one.type == "string":
            found += string_escapes(one, other)
        elif one.type == "array":
            found += array_escapes(self, one, other)
        elif one.type == "object":
            found += object_escapes(self, one, other)
        return found + self._conditions(one, other)

    def _refused(self, one: Branch, other: Branch, values: Iterable[Any]) -> list[Escape]:
        refused: dict[str, list[Any]] = {}
        for value in values:
            kind = refusal(self.sup, other, value)
            if kind is not None:
                refused.setdefault(kind, []).append(value)
        at = one.values_pointer or one.pointer
        return [
            Escape(kind, at, culprit(other, kind), (), lost, told(other, kind))
            for kind, lost in refused.items()
        ]

    def _conditions(self, one: Branch, other: Branch) -> list[Escape]:
        own = {mark.value for mark in one.get("condition")}
        found = [
            Escape("condition", one.pointer, mark.pointer)
            for mark in other.get("condition")
            if mark.value not in own
        ]
        denied = [mark.value for mark in one.get("not")]
        back = Subsumption(self.sup, self.sub, forward=not self.forward, losing=self.losing)
        for mark in other.get("not"):
            site: Site = mark.value
            refused = [b for b in self.sup.branches((site,)) if b.type == one.type]
            if not any(overlap(self.sub, one, other) for other in refused):
                continue
            if not any(not back.escapes((site,), (d,)) for d in denied):
                found.append(Escape("not", one.pointer, mark.pointer))
        return found

    def _explain(
        self, branch: Branch, rivals: list[Branch], subs: Sequence[Branch]
    ) -> list[Escape]:
        """Return the escapes to the rival that was most likely meant."""
        values = few(self.sub, branch)
        if values is not None and len(rivals) > 1:
            left = tuple(
                value for value in values if not admitted(self.sup, rivals, value, text=self.text)
            )
            branch = replace(branch, values=left, values_pointer=branch.values_pointer)
        kin = [rival for rival in rivals if branch.label and rival.label == branch.label]
        siblings = [other for other in subs if other.type == branch.type]
        best = min((self.fits(branch, rival) for rival in kin or rivals), key=weight)
        alone = len(siblings) == 1 and len(rivals) == 1
        if kin or alone or values is not None or len(siblings) <= len(rivals):
            return best
        return [Escape("variant", branch.pointer, rivals[0].pointer, (), branch.label)]

    def _missing(
        self, missing: list[Branch], subs: Sequence[Branch], pair: tuple[Conjunction, Conjunction]
    ) -> list[Escape]:
        sup = self.sup.home(pair[1], "type")
        types = {b.type: type_name(b) for b in missing if b.type != "null"}
        found = []
        if len(types) < len(missing) and (len(subs) > len(missing) or not types):
            null = next(branch for branch in missing if branch.type == "null")
            at = null.pointer
            at = self.sub.home(pair[0], "type") if at == self.sub.home(pair[0]) else at
            found.append(Escape("null", at, sup))
        if types:
            wanted = [type_name(b) for b in self.sup.branches(pair[1])]
            names = list(dict.fromkeys(types.values()))
            at = self.sub.home(pair[0], "type")
            found.append(Escape("type", at, sup, (), names, list(dict.fromkeys(wanted))))
        return found


def _name(schemas: Conjunction) -> str:
    return " ".join(site.pointer + site.tag for site in schemas)
