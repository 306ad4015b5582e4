"""Is every value admitted by one schema admitted by another? If not, why.

The answer is structural: each branch of the one has to fit a branch of the other. Every pair of
schemas is compared once, on the assumption that the pairs below it hold; where one of those turns
out not to, the pairs that lean on it are asked again (the greatest fixed point: a cycle holds
unless a finite path refutes it). `text` compares values as a URL, a header or a form carries them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.document.branches import (
    ARM,
    Conjunction,
    SchemaBranch,
    SchemaSite,
    of_every_type,
    pinned,
    sliced,
    unrestricted,
)
from apiproof.contract_diff.document.constraints import (
    array_counterexamples,
    item_of,
    number_counterexamples,
    object_counterexamples,
    string_counterexamples,
    unread_counterexamples,
)
from apiproof.contract_diff.document.counterexamples import (
    LINK,
    Counterexample,
    Pair,
    Reasons,
    misfit,
    refusing_pointer,
    refusing_value,
    type_name,
)
from apiproof.contract_diff.document.identical_schemas import IdenticalSchemas
from apiproof.contract_diff.document.kinship import is_claimed, is_masked, kin_of
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import admitted, few, overlap, property_of, refusal

FEW = 64
"""How many values a finite set may have to be taken apart value by value."""
DEEPEST_NOT = 6
"""How many `not` inside each other are looked into."""


class Inclusion:
    """One comparison between the schemas of two documents, in one direction."""

    def __init__(  # noqa: PLR0913 - two schemas and how to compare them
        self,
        sub: Schemas,
        sup: Schemas,
        *,
        forward: bool,
        losing: bool,
        text: bool = False,
        identical: IdenticalSchemas | None = None,
        logical: bool = False,
        depth: int = 0,
        asked: set[tuple[bool, SchemaSite, SchemaSite]] | None = None,
    ) -> None:
        self.sub, self.sup, self._identical = sub, sup, identical
        self.logical = logical
        self.forward, self.losing, self.text = forward, losing, text
        self._depth = depth
        self._asked = set() if asked is None else asked
        self._numbers: dict[Pair, int] = {}  # a pair is slow to look up, the rest is by number
        self._pairs: list[Pair] = []
        self._found: list[tuple[Counterexample, ...]] = []
        self._reasons = Reasons(self._found)
        self._users: list[dict[int, None]] = []
        self._new: list[int] = []
        self._stale: deque[int] = deque()  # first come, first asked: most flips are in by then
        self._waiting: set[int] = set()
        self._fits: dict[tuple[int, int], list[Counterexample]] = {}
        self._current: int | None = None
        self._back: Inclusion | None = None
        self._strict: Inclusion | None = None

    def counterexamples(self, one: Conjunction, other: Conjunction) -> tuple[Counterexample, ...]:
        """Return why values of `one` are not all admitted by `other`; empty if they are."""
        if self.includes(one, other):
            return ()
        return self._reasons.shortest(self._number(one, other))

    def includes(self, one: Conjunction, other: Conjunction) -> bool:
        """Return whether every value of `one` is admitted by `other`."""
        number = self._number(one, other)
        self._settle()
        return not self._found[number]

    def includes_branch(self, one: SchemaBranch, other: SchemaBranch) -> bool:
        """Return whether every value of a branch is admitted by one other branch."""
        while not self._misfits(one, other):
            if not self._new and not self._stale:
                return True
            self._settle()
        return False

    def _settle(self) -> None:
        """Compare what is waiting until no answer changes any more."""
        while self._new or self._stale:
            self._current = self._new.pop() if self._new else self._stale.popleft()
            self._waiting.discard(self._current)
            self._ask(self._current)
        self._current = None

    def holds(self, one: Conjunction, other: Conjunction) -> bool:
        """Return whether `one` is included in `other` as far as is known while comparing."""
        return not self._used(one, other)[1]

    def below(self, name: str, one: Conjunction, other: Conjunction) -> list[Counterexample]:
        """Return what leads on to a pair one step down, where that does not hold."""
        number, found = self._used(one, other)
        return [Counterexample(LINK, "", "", (name,), pair=number)] if found else []

    def _used(self, one: Conjunction, other: Conjunction) -> tuple[int, tuple[Counterexample, ...]]:
        """Return what is known of a pair, on which the one that is being compared now leans."""
        number = self._number(one, other)
        if self._current is not None:
            self._users[number][self._current] = None
        return number, self._found[number]

    def includes_back(self, one: SchemaSite, other: SchemaSite) -> bool:
        """Return whether every value of a schema of `sup` is admitted by one of `sub`."""
        pair = (self.forward, one, other)
        if pair in self._asked:
            return True  # a cycle, which holds unless a finite path refutes it
        if self._depth >= DEEPEST_NOT:
            return False
        if self._back is None:
            self._back = Inclusion(
                self.sup,
                self.sub,
                forward=not self.forward,
                losing=False,
                identical=self._identical,
                logical=True,
                depth=self._depth + 1,
                asked=self._asked,
            )
        self._asked.add(pair)
        try:
            return self._back.includes((one,), (other,))
        finally:
            self._asked.discard(pair)

    def _number(self, one: Conjunction, other: Conjunction) -> int:
        """Return the number of a pair; one that is new is compared by and by."""
        asked = (one, other)
        if asked not in self._numbers:
            pair = (self.sub.followed(one), self.sup.followed(other))
            if pair not in self._numbers:
                self._register(pair)
            self._numbers[asked] = self._numbers[pair]
        return self._numbers[asked]

    def _register(self, pair: Pair) -> None:
        number = self._numbers[pair] = len(self._pairs)
        self._pairs.append(pair)
        self._found.append(())
        self._users.append({})
        old_and_new = pair if self.forward else pair[::-1]
        if self._identical is None or not self._identical.same(*old_and_new):
            self._new.append(number)
            self._waiting.add(number)

    def _ask(self, number: int) -> None:
        was_refuted = bool(self._found[number])
        self._fits.clear()
        found = tuple(dict.fromkeys(self._compare(*self._pairs[number])))
        if found:
            self._found[number] = found
        if found and not was_refuted:
            for user in self._users[number]:
                if user not in self._waiting:
                    self._waiting.add(user)
                    self._stale.append(user)

    def _compare(self, one: Conjunction, other: Conjunction) -> list[Counterexample]:
        subs, sups = self.sub.branches(one), self.sup.branches(other)
        if of_every_type(sups) and all(map(unrestricted, sups)):
            return []  # no property is removed by a schema that says nothing
        if self.text:
            subs = tuple(b for b in subs if b.type != "null") or subs
        found: list[Counterexample] = []
        missing: list[SchemaBranch] = []
        for branch in subs:
            rivals = [rival for rival in sups if rival.type == branch.type]
            siblings = [other for other in subs if other.type == branch.type]
            kin = kin_of(branch, rivals, siblings)
            if self._fits_some(branch, rivals, sups, siblings, kin):
                continue
            if rivals:
                found += self._explain(branch, rivals, siblings, kin)
            else:
                missing.append(branch)
        return self._missing(missing, subs, (one, other)) + found

    def _fits_some(
        self,
        branch: SchemaBranch,
        rivals: list[SchemaBranch],
        sups: Sequence[SchemaBranch],
        siblings: Sequence[SchemaBranch] = (),
        kin: Sequence[SchemaBranch] = (),
    ) -> bool:
        for rival in [*kin, *(each for each in rivals if each not in kin)]:
            if (not self.logical and is_masked(branch, rival, kin)) or self.fits(branch, rival):
                continue
            if not is_claimed(rival, branch, siblings) or self._surely_fits(branch, rival):
                return True
        values = few(self.sub, branch)
        if values is not None:
            return all(admitted(self.sup, sups, value, text=self.text) for value in values)
        if self.text and self._fits_as_text(branch, sups):
            return True
        return len(rivals) > 1 and self._fits_in_parts(branch, rivals)

    def _fits_as_text(self, branch: SchemaBranch, sups: Sequence[SchemaBranch]) -> bool:
        """Whether what is written for a scalar reads as a string, or as a list of one."""
        if branch.type in {"array", "object"}:
            return False
        for rival in sups:
            if rival.type == "array" and all(m.value <= 1 for m in rival.get("least")):
                items = self.sup.branches(item_of(rival, 0))
                alike = [item for item in items if item.type == branch.type]
                if self._fits_some(branch, alike, items):
                    return True
            if rival.type == "string" and not rival.marks and rival.values is None:
                return True
        return False

    def _fits_in_parts(self, branch: SchemaBranch, rivals: list[SchemaBranch]) -> bool:
        """Split a branch so that each part may fit another rival."""
        return any(
            len(parts) > 1
            and all(any(not self._misfits(part, rival) for rival in some) for part in parts)
            for parts, some in self._splits(branch, rivals)
        )

    def _splits(
        self, branch: SchemaBranch, rivals: list[SchemaBranch]
    ) -> Iterator[tuple[list[SchemaBranch], list[SchemaBranch]]]:
        """Yield a branch cut where bounds lie; an object by each property that has few values.

        Beside the parts are the rivals that some part may fit: where an object misfits by another
        property, so do its parts.
        """
        if branch.type != "object":
            yield sliced(branch, rivals), rivals
        for name in branch.required:
            some = [
                rival
                for rival in rivals
                if all(each.path[:1] in {(), (name,)} for each in self.fits(branch, rival))
            ]
            if not some:
                continue
            kinds = self.sub.branches(property_of(branch, name))
            values = few(self.sub, kinds[0]) if len(kinds) == 1 else None
            if values is not None and len(values) <= FEW:
                yield [pinned(branch, name, value) for value in values], some

    def fits(self, one: SchemaBranch, other: SchemaBranch) -> list[Counterexample]:
        """Return why values of a branch are not all admitted by one other branch."""
        # Both live as long as their schemas: no made-up branch may come here.
        key = (id(one), id(other))
        if key not in self._fits:
            self._fits[key] = self._misfits(one, other)
        return self._fits[key]

    def _surely_fits(self, one: SchemaBranch, other: SchemaBranch) -> bool:
        """Whether a branch is included by logic alone, whatever APIs promise by convention."""
        if self.logical:
            return True  # `fits` was logic already
        if self._strict is None:
            self._strict = Inclusion(
                self.sub,
                self.sup,
                forward=self.forward,
                losing=False,
                text=self.text,
                identical=self._identical,
                logical=True,
                depth=self._depth,
                asked=self._asked,
            )
        return self._strict.includes_branch(one, other)

    def _misfits(self, one: SchemaBranch, other: SchemaBranch) -> list[Counterexample]:
        values = few(self.sub, one)
        if values is not None:
            return [*self._refused(one, other, values), *unread_counterexamples(one, other)]
        found: list[Counterexample] = []
        if other.values is not None:
            at, listed = other.values_pointer, list(other.values)
            found.append(Counterexample("enum", one.pointer, at, (), None, listed))
        if one.type == "number":
            found += number_counterexamples(one, other)
        elif one.type == "string":
            found += string_counterexamples(one, other)
        elif one.type == "array":
            found += array_counterexamples(self, one, other)
        elif one.type == "object":
            found += object_counterexamples(self, one, other)
        return [*found, *self._conditions(one, other)]

    def _refused(
        self, one: SchemaBranch, other: SchemaBranch, values: Iterable[Any]
    ) -> list[Counterexample]:
        refused: dict[str, list[Any]] = {}
        for value in values:
            kind = refusal(self.sup, other, value)
            if kind is not None:
                refused.setdefault(kind, []).append(value)
        at = one.values_pointer or one.pointer
        return [
            Counterexample(
                kind, at, refusing_pointer(other, kind), (), lost, refusing_value(other, kind)
            )
            for kind, lost in refused.items()
        ]

    def _conditions(self, one: SchemaBranch, other: SchemaBranch) -> Iterator[Counterexample]:
        yield from unread_counterexamples(one, other)
        denied = [mark.value for mark in (*one.get("not"), *one.get("one-of"))]
        for mark in (*other.get("not"), *other.get("one-of")):
            site: SchemaSite = mark.value
            kind = "one-of" if mark in other.get("one-of") else "not"
            rivals = [b for b in self.sup.branches((site,)) if b.type == one.type]
            meeting = [overlap(self.sub, self.sup, one, rival) for rival in rivals]
            if any(meeting) and not any(self.includes_back(site, each) for each in denied):
                surely = kind == "not" or ("declared" in meeting and not one.get("one-of"))
                yield Counterexample(
                    kind if surely else "one-of-undeclared", one.pointer, mark.pointer
                )

    def _explain(
        self,
        branch: SchemaBranch,
        rivals: list[SchemaBranch],
        siblings: Sequence[SchemaBranch],
        kin: Sequence[SchemaBranch],
    ) -> list[Counterexample]:
        """Return the counterexamples to the rival that was most likely meant."""
        values, misfits = few(self.sub, branch), self.fits
        if values is not None and len(rivals) > 1:
            left = tuple(
                value for value in values if not admitted(self.sup, rivals, value, text=self.text)
            )
            branch, misfits = replace(branch, values=left), self._misfits
        if not kin and not branch.label.startswith(ARM) and rivals[0].label.startswith(ARM):
            return [Counterexample("condition", branch.pointer, rivals[0].pointer)]
        best = min((misfits(branch, rival) for rival in kin or rivals), key=misfit)
        alone = len(siblings) == 1 and len(rivals) == 1
        if best and (kin or alone or values is not None or len(siblings) <= len(rivals)):
            return best
        return [Counterexample("variant", branch.pointer, rivals[0].pointer, (), branch.label)]

    def _missing(
        self,
        missing: list[SchemaBranch],
        subs: Sequence[SchemaBranch],
        pair: tuple[Conjunction, Conjunction],
    ) -> list[Counterexample]:
        """Return what types are admitted that the other schema has no branch for."""
        sup = self.sup.home(pair[1], "type")
        null = next((branch for branch in missing if branch.type == "null"), None)
        types = {branch.type: type_name(branch) for branch in missing if branch.type != "null"}
        found = []
        if null is not None and (
            not types or (len(subs) > len(missing) and not of_every_type(subs))
        ):
            at = null.pointer
            at = self.sub.home(pair[0], "type") if at == self.sub.home(pair[0]) else at
            found.append(Counterexample("null", at, sup))
        if types:
            wanted = [type_name(branch) for branch in self.sup.branches(pair[1])]
            names = ["anything"] if of_every_type(subs) else list(dict.fromkeys(types.values()))
            at = self.sub.home(pair[0], "type")
            found.append(Counterexample("type", at, sup, (), names, list(dict.fromkeys(wanted))))
        return found
