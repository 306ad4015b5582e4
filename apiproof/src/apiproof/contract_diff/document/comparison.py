"""The state of one comparison: two documents, their schemas both ways, and the changes found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from apiproof.contract_diff.document.branch import Conjunction
from apiproof.contract_diff.document.change import Change, Place, Severity, Side
from apiproof.contract_diff.document.document import Document
from apiproof.contract_diff.document.escape import Escape
from apiproof.contract_diff.document.sameness import Sameness
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.subsumption import Subsumption
from apiproof.contract_diff.document.wording import path_text, rule_of, sentence_of


@dataclass(frozen=True, slots=True)
class Scene:
    """What is being compared: in which operation, on which side, called what.

    `inbound` says that the service reads the value, so that narrowing it breaks; `text` that it
    travels as text.
    """

    operation: str
    side: Side
    place: Place
    service: str
    inbound: bool = True
    text: bool = False

    @property
    def prefix(self) -> str:
        """How rule ids of this scene begin."""
        if self.place.part == "header":
            return "response-header"
        return f"{self.side}-parameter" if self.place.part == "parameter" else str(self.side)


class Comparison:
    """Two documents side by side; collects changes in the order they are found."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        self.changes: list[Change] = []
        self._told: set[tuple[str | None, ...]] = set()
        self._same = Sameness(old, new)
        self._judges: dict[tuple[bool, bool, bool], Subsumption] = {}

    @cached_property
    def _readers(self) -> dict[tuple[bool, bool], Schemas]:
        return {
            (old, inbound): Schemas(
                self.old if old else self.new, "request" if inbound else "response"
            )
            for old in (True, False)
            for inbound in (True, False)
        }

    def reader(self, *, old: bool, inbound: bool) -> Schemas:
        """Return the schemas of one document as they travel in one direction."""
        return self._readers[old, inbound]

    def judge(self, *, forward: bool, inbound: bool, text: bool) -> Subsumption:
        """Return the comparison of schemas from old to new (`forward`) or back."""
        key = (forward, inbound, text)
        if key not in self._judges:
            self._judges[key] = Subsumption(
                self.reader(old=forward, inbound=inbound),
                self.reader(old=not forward, inbound=inbound),
                forward=forward,
                losing=forward is inbound,
                text=text,
                same=self._same,
            )
        return self._judges[key]

    def add(  # noqa: PLR0913 - a change has this many facts
        self,
        scene: Scene,
        rule: str,
        sentence: str,
        *,
        old: str | None,
        new: str | None,
        breaking: bool,
        values: Iterable[str] = (),
    ) -> None:
        """Record a change; `rule` is taken as it is."""
        severity = Severity.BREAKING if breaking else Severity.HARMLESS
        change = Change(
            rule,
            severity,
            scene.side,
            scene.operation,
            sentence,
            old,
            new,
            scene.place,
            tuple(values),
        )
        self._tell(change)

    def _tell(self, change: Change) -> None:
        pointers = (change.old_pointer, change.new_pointer)
        facts = (change.rule, change.operation, change.sentence, *pointers)
        if facts not in self._told:
            self._told.add(facts)
            self.changes.append(change)

    def schemas(self, scene: Scene, old: Conjunction, new: Conjunction) -> None:
        """Compare two schemas: what harms is breaking, the rest is told as harmless."""
        harms = self._escapes(scene, old, new, losing=True)
        gains = self._escapes(scene, old, new, losing=False)
        harmed = {(escape.kind, escape.path) for escape in harms}
        gained = {(escape.kind, escape.path) for escape in gains}
        for escape in harms:
            both = (escape.kind, escape.path) in gained
            self._record(scene, escape, narrowed=scene.inbound, losing=True, both=both)
        for escape in gains:
            if (escape.kind, escape.path) not in harmed:
                self._record(scene, escape, narrowed=not scene.inbound, losing=False, both=False)

    def _escapes(
        self, scene: Scene, old: Conjunction, new: Conjunction, *, losing: bool
    ) -> tuple[Escape, ...]:
        forward = scene.inbound is losing
        judge = self.judge(forward=forward, inbound=scene.inbound, text=scene.text)
        return judge.escapes(*((old, new) if forward else (new, old)))

    def _record(
        self, scene: Scene, escape: Escape, *, narrowed: bool, losing: bool, both: bool
    ) -> None:
        rule = f"{scene.prefix}-{rule_of(escape, narrowed=narrowed, both=both)}"
        way = path_text(escape.path)
        inside = scene.service[:1].lower() + scene.service[1:]
        service = f"`{way}` in {inside}" if way else scene.service
        old, new = (escape.sub, escape.sup) if narrowed else (escape.sup, escape.sub)
        values = escape.sub_value if isinstance(escape.sub_value, list) else ()
        change = Change(
            rule,
            Severity.BREAKING if losing else Severity.HARMLESS,
            scene.side,
            scene.operation,
            sentence_of(service, escape, narrowed=narrowed),
            old,
            new,
            replace(scene.place, path=escape.path),
            tuple(values),
        )
        self._tell(change)

    def sorted(self) -> list[Change]:
        """Return the changes, breaking ones first, otherwise as found."""
        return sorted(self.changes, key=lambda change: not change.breaking)
