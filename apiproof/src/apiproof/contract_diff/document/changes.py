"""What a difference between two OpenAPI documents is, and the comparison that collects them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from apiproof.contract_diff.document.annotations import Annotations
from apiproof.contract_diff.document.branches import Conjunction
from apiproof.contract_diff.document.counterexamples import Counterexample
from apiproof.contract_diff.document.identical_schemas import IdenticalSchemas
from apiproof.contract_diff.document.inclusion import Inclusion
from apiproof.contract_diff.document.messages import path_text, rule_of, sentence_of
from apiproof.contract_diff.document.rules import DEFAULT_POLICY, ChangeSeverity, Policy
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.openapi.references import Document
from apiproof.openapi.validation import Direction


class Side(StrEnum):
    """Which half of the exchange changed."""

    OPERATION = "operation"
    REQUEST = "request"
    RESPONSE = "response"
    SECURITY = "security"


class Place(NamedTuple):
    """The thing that changed, as an interaction meets it.

    `part` is operation, parameter, body, header, status, media-type or security. `name` is the
    parameter or header ("query:limit"), `path` the way into its value ("*" is any item or key).
    """

    part: str
    name: str = ""
    status: str = ""
    media: str = ""
    path: tuple[str, ...] = ()


class Occurrence(NamedTuple):
    """One operation that a change reaches, and where in it; big documents have a million."""

    operation: str
    place: Place


@dataclass(frozen=True, slots=True)
class Change:
    """One difference at one place of the documents, with every operation that it reaches.

    Pointers are RFC 6901; the one into a document that lacks the thing names its nearest ancestor
    there, or is None when nothing of it is left.
    """

    rule: str
    severity: ChangeSeverity
    side: Side
    sentence: str
    old_pointer: str | None
    new_pointer: str | None
    values: tuple[Any, ...] = ()
    occurrences: tuple[Occurrence, ...] = field(default=(Occurrence("", Place("operation")),))

    @property
    def breaking(self) -> bool:
        """Whether a client that keeps to the old document trips over it."""
        return self.severity is ChangeSeverity.ERROR

    @property
    def operation(self) -> str:
        """The first operation that it reaches: "POST /users"; empty if it is of the document."""
        return self.occurrences[0].operation

    @property
    def place(self) -> Place:
        """Where in the first operation it is."""
        return self.occurrences[0].place

    @property
    def operations(self) -> list[str]:
        """Every operation that it reaches, once."""
        return list(dict.fromkeys(each.operation for each in self.occurrences if each.operation))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being compared: in which operation, on which side, called what.

    `inbound` says that the service reads the value, so that narrowing it breaks; `text` that it
    travels as text.
    """

    operation: str
    side: Side
    place: Place
    name: str
    inbound: bool = True
    text: bool = False

    @property
    def prefix(self) -> str:
        """How rule ids of this subject begin."""
        if self.place.part == "header":
            return "response-header"
        return f"{self.side}-parameter" if self.place.part == "parameter" else str(self.side)


Places = dict[Occurrence, None]
"""Where a change was met, in order."""


class DocumentComparison:
    """Two documents side by side; collects changes in the order they are found."""

    def __init__(self, old: Document, new: Document, policy: Policy = DEFAULT_POLICY) -> None:
        self.old, self.new, self._policy = old, new, policy
        self._found: dict[
            tuple[str | None, ...], tuple[Change | None, Places]
        ] = {}  # None: ignored
        self._wordings: dict[tuple[str | bool, ...], tuple[str, str]] = {}
        self._known: dict[tuple[Subject, Conjunction, Conjunction], list[tuple[Places, Place]]] = {}
        self._identical = IdenticalSchemas(old, new)
        self._inclusions: dict[tuple[bool, bool, bool], Inclusion] = {}
        self._annotations: dict[bool, Annotations] = {}

    @cached_property
    def _readers(self) -> dict[tuple[bool, bool], Schemas]:
        ways: dict[bool, Direction] = {True: "request", False: "response"}
        return {
            (old, inbound): Schemas(self.old if old else self.new, ways[inbound])
            for old in (True, False)
            for inbound in (True, False)
        }

    def reader(self, *, old: bool, inbound: bool) -> Schemas:
        """Return the schemas of one document as they travel in one direction."""
        return self._readers[old, inbound]

    def inclusion(self, *, forward: bool, inbound: bool, text: bool) -> Inclusion:
        """Return the comparison of schemas from old to new (`forward`) or back."""
        key = (forward, inbound, text)
        if key not in self._inclusions:
            self._inclusions[key] = Inclusion(
                self.reader(old=forward, inbound=inbound),
                self.reader(old=not forward, inbound=inbound),
                forward=forward,
                losing=forward is inbound,
                text=text,
                identical=self._identical,
            )
        return self._inclusions[key]

    def add(  # noqa: PLR0913 - a change has this many facts
        self,
        subject: Subject,
        rule: str,
        sentence: str,
        *,
        old: str | None,
        new: str | None,
        breaking: bool,
        values: Iterable[Any] = (),
        detail: str | None = None,
    ) -> Places:
        """Record a change; `detail` tells changes at one place apart, else the sentence does.

        Returns:
            Where the change was met until now, the place of the subject included.
        """
        key = (rule, old, new, sentence if detail is None else detail)
        if key not in self._found:
            severity = self._policy.severity(rule, harmful=breaking)
            change = None  # ignored
            if severity is not None:
                change = Change(rule, severity, subject.side, sentence, old, new, tuple(values))
            self._found[key] = (change, {})
        places = self._found[key][1]
        places[Occurrence(subject.operation, subject.place)] = None
        return places

    def schemas(self, subject: Subject, old: Conjunction, new: Conjunction) -> None:
        """Compare two schemas: what harms is breaking, the rest is told as harmless."""
        before = self.reader(old=True, inbound=subject.inbound).followed(old)
        after = self.reader(old=False, inbound=subject.inbound).followed(new)
        key = (replace(subject, operation=""), before, after)
        if key in self._known:  # an answer that many operations share
            for places, place in self._known[key]:
                places[Occurrence(subject.operation, place)] = None
        else:
            self._known[key] = list(self._differences(subject, old, new))

    def _differences(
        self, subject: Subject, old: Conjunction, new: Conjunction
    ) -> Iterator[tuple[Places, Place]]:
        """Record what differs; yield where each change is collected, and its place here."""
        harms = self._counterexamples(subject, old, new, losing=True)
        gains = self._counterexamples(subject, old, new, losing=False)
        harmed = {(each.kind, each.path) for each in harms}
        gained = {(each.kind, each.path) for each in gains}
        for each in harms:
            both = (each.kind, each.path) in gained
            yield self._record(subject, each, narrowed=subject.inbound, losing=True, both=both)
        for each in gains:
            if (each.kind, each.path) not in harmed:
                narrowed = not subject.inbound
                yield self._record(subject, each, narrowed=narrowed, losing=False, both=False)
        yield from self._remark(subject, old, new)

    def _remark(
        self, subject: Subject, old: Conjunction, new: Conjunction
    ) -> Iterator[tuple[Places, Place]]:
        if subject.inbound not in self._annotations:
            self._annotations[subject.inbound] = Annotations(
                self.reader(old=True, inbound=subject.inbound),
                self.reader(old=False, inbound=subject.inbound),
                self._identical,
                sent=subject.inbound,
            )
        for remark in self._annotations[subject.inbound].remarks(old, new):
            place = subject.place._replace(path=remark.path)
            places = self.add(
                replace(subject, place=place),
                f"{subject.prefix}-{remark.rule}",
                f"{_named(subject, remark.path)} {remark.fact}.",
                old=remark.old,
                new=remark.new,
                breaking=remark.breaking,
                detail=remark.fact,
            )
            yield places, place

    def _counterexamples(
        self, subject: Subject, old: Conjunction, new: Conjunction, *, losing: bool
    ) -> tuple[Counterexample, ...]:
        forward = subject.inbound is losing
        inclusion = self.inclusion(forward=forward, inbound=subject.inbound, text=subject.text)
        return inclusion.counterexamples(*((old, new) if forward else (new, old)))

    def _record(
        self, subject: Subject, found: Counterexample, *, narrowed: bool, losing: bool, both: bool
    ) -> tuple[Places, Place]:
        old, new = (found.sub, found.sup) if narrowed else (found.sup, found.sub)
        words = (subject.prefix, found.kind, found.sub, found.sup, narrowed, both)
        if words not in self._wordings:
            rule = f"{subject.prefix}-{rule_of(found, narrowed=narrowed, both=both)}"
            self._wordings[words] = rule, sentence_of("", found, narrowed=narrowed)
        rule, detail = self._wordings[words]
        place = Place(*subject.place[:-1], found.path)
        if (known := self._found.get((rule, old, new, detail))) is not None:
            known[1][Occurrence(subject.operation, place)] = None
            return known[1], place
        places = self.add(
            replace(subject, place=place),
            rule,
            sentence_of(_named(subject, found.path), found, narrowed=narrowed),
            old=old,
            new=new,
            breaking=losing,
            values=found.sub_value if isinstance(found.sub_value, list) else (),
            detail=detail,
        )
        return places, place

    @property
    def ignored(self) -> int:
        """How many changes the policy leaves out."""
        return sum(change is None for change, _ in self._found.values())

    def sorted(self) -> list[Change]:
        """Return the changes, the most severe first, otherwise as found."""
        changes = [
            replace(change, occurrences=tuple(places))
            for change, places in self._found.values()
            if change is not None
        ]
        return sorted(changes, key=lambda change: change.severity.rank)


def _named(subject: Subject, path: tuple[str, ...]) -> str:
    way = path_text(path)
    inside = subject.name[:1].lower() + subject.name[1:]
    return f"`{way}` in {inside}" if way else subject.name
