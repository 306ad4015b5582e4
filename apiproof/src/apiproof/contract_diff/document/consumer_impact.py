"""Which consumers a breaking change breaks, by what their pacts send and read.

A change *breaks* an interaction when what it sends is refused or what it reads goes away; it
*touches* one that uses the thing while its example survives. The rest is nobody's loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apiproof.contract_diff.document.branches import SchemaSite
from apiproof.contract_diff.document.changes import Change, Place, Side
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import admits, readings
from apiproof.openapi.media_types import covers, essence
from apiproof.openapi.references import Document, DocumentError
from apiproof.openapi.responses import matching_status
from apiproof.pacts.reading import PactFile
from apiproof.pacts.reading.calls import Call, at_path, calls

BREAKS, TOUCHES = "breaks", "touches"
_GONE = ("-removed", "-read-only", "-write-only", "-refused", "-location-changed")
_DEMANDS = ("-became-required", "-property-added", "-parameter-added", "-body-added")


@dataclass(frozen=True, slots=True)
class Reliance:
    """One interaction that relies on what changed."""

    consumer: str
    interaction: str
    effect: str


@dataclass(frozen=True, slots=True)
class Impact:
    """A breaking change with the interactions that rely on it."""

    change: Change
    reliances: tuple[Reliance, ...]

    @property
    def relied_on(self) -> bool:
        """Whether any consumer relies on what changed."""
        return bool(self.reliances)

    @property
    def breaks(self) -> tuple[Reliance, ...]:
        """The interactions that the new document no longer honours."""
        return tuple(r for r in self.reliances if r.effect == BREAKS)

    @property
    def touches(self) -> tuple[Reliance, ...]:
        """The interactions that use what changed while their examples survive."""
        return tuple(r for r in self.reliances if r.effect == TOUCHES)


def impact(
    changes: Iterable[Change],
    pacts: Iterable[PactFile],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> list[Impact]:
    """Name, for every breaking change, the interactions of the pacts that rely on it."""
    reached: dict[str, list[Call]] = {}
    for call in calls(Document(old), pacts):
        reached.setdefault(call.operation.label, []).append(call)
    probe = _Probe(Document(new))
    return [
        Impact(change, tuple(_reliances(change, reached, probe)))
        for change in changes
        if change.breaking
    ]


def _reliances(
    change: Change, reached: Mapping[str, list[Call]], probe: _Probe
) -> Iterator[Reliance]:
    """Yield each interaction that relies on a change once, with the worst that it does to it."""
    effects: dict[tuple[str, str], str] = {}
    every = [call for some in reached.values() for call in some]
    for occurrence in change.occurrences:
        for call in reached.get(occurrence.operation, ()) if occurrence.operation else every:
            effect = probe.effect(change, occurrence.place, call)
            key = (call.consumer, call.interaction.description)
            if effect is not None and effects.get(key) != BREAKS:
                effects[key] = effect
    for (consumer, interaction), effect in effects.items():
        yield Reliance(consumer, interaction, effect)


class _Probe:
    """Asks of one change and one interaction whether the one undoes the other."""

    def __init__(self, new: Document) -> None:
        self.new = new
        self.schemas = Schemas(new, "request")

    def effect(self, change: Change, place: Place, call: Call) -> str | None:
        """Return BREAKS, TOUCHES, or None when the interaction does not rely on it."""
        if change.side is Side.OPERATION:
            return BREAKS if change.rule.startswith("operation-removed") else TOUCHES
        if change.side is Side.SECURITY:
            return _security(change, call)
        if change.side is Side.REQUEST:
            # Who expects to be refused is not hurt by one more reason to be.
            refused = call.interaction.response.status in {400, 415, 422}
            return None if refused else self._request(change, place, call)
        return _response(change, place, call)

    def _request(self, change: Change, place: Place, call: Call) -> str | None:
        if place.part == "parameter":
            where, _, name = place.name.partition(":")
            sent: list[Any] = call.sent(where, name)
            if change.rule.endswith(_DEMANDS) and not place.path:
                return None if sent else BREAKS
            return self._refused(change, sent, text=True)
        media = call.interaction.request.content_type or "application/json"
        if place.media and not (call.body is not None and covers(place.media, media)):
            return None
        if place.part == "media-type" or change.rule == "request-body-removed":
            return BREAKS if call.body is not None else None
        if not place.path and change.rule.endswith(_DEMANDS):
            return BREAKS if call.body is None else None
        return self._property(change, place.path, call, text=not essence(media).endswith("json"))

    def _property(
        self, change: Change, path: tuple[str, ...], call: Call, *, text: bool
    ) -> str | None:
        if change.rule.endswith(_DEMANDS):
            holders = [h for h in at_path(call.body, path[:-1]) if isinstance(h, dict)]
            return BREAKS if any(path[-1] not in holder for holder in holders) else None
        return self._refused(change, list(at_path(call.body, path)), text=text)

    def _refused(self, change: Change, sent: Sequence[Any], *, text: bool) -> str | None:
        if not sent:
            return None
        if change.rule.endswith((*_GONE, "-serialization-changed")):
            return BREAKS
        kept = all(self._survives(change, value, text=text) for value in sent)
        return TOUCHES if kept else BREAKS

    def _survives(self, change: Change, value: Any, *, text: bool) -> bool:
        """Ask the keyword of the new document that narrowed, alone, whether it admits a value."""
        if change.new_pointer is None:
            return False
        parent, _, word = change.new_pointer.rpartition("/")
        try:
            node, whole = self.new.at(parent), self.new.at(change.new_pointer)
        except DocumentError:
            return False
        keyword = isinstance(node, Mapping) and (word == "type" or not isinstance(whole, Mapping))
        schema = {word: whole} if keyword else whole
        if keyword and "type" in node:
            schema["type"] = node["type"]
        site = SchemaSite(change.new_pointer, schema, tag="alone")
        return any(admits(self.schemas, (site,), v) for v in (readings(value) if text else [value]))


def _security(change: Change, call: Call) -> str | None:
    if call.interaction.response.status in {401, 403}:
        return None
    headers = {name.lower() for name in call.interaction.request.headers}
    if change.rule == "security-added":
        known = headers & {"authorization", "cookie"} or any("key" in name for name in headers)
        return TOUCHES if known else BREAKS
    if change.rule == "security-scope-added":
        named = [s.params["scopes"] for s in call.interaction.states if "scopes" in s.params]
        if not named:
            return TOUCHES
        held = {scope for some in named for scope in _listed(some)}
        return None if held.issuperset(change.values) else BREAKS
    return TOUCHES if change.rule in {"security-flow-removed", "security-url-changed"} else BREAKS


def _listed(scopes: Any) -> list[str]:
    return scopes.split() if isinstance(scopes, str) else list(map(str, scopes or ()))


def _response(change: Change, place: Place, call: Call) -> str | None:
    response = call.interaction.response
    if not _is_status(place.status, response.status, call.operation.statuses):
        return None
    if place.part == "status":
        return BREAKS
    gone = change.rule.endswith((*_GONE, "-became-optional", "-type-changed", "-became-nullable"))
    effect = BREAKS if gone or change.rule.endswith("-type-widened") else TOUCHES
    if place.part == "header":
        return effect if response.header(place.name) is not None else None
    media = response.content_type or "application/json"
    if call.answer is None or (place.media and not covers(place.media, media)):
        return None
    if place.part == "media-type":
        return BREAKS
    path = place.path[:-1] if change.rule.endswith("-closed-object") else place.path
    return effect if any(True for _ in at_path(call.answer, path)) else None


def _is_status(listed: str, status: int, declared: Iterable[str]) -> bool:
    """Whether an entry under `responses` speaks of a status: 404, 4XX or default."""
    if listed == "default":
        return matching_status(status, declared) in {"default", None}
    return listed.upper() in {str(status), f"{str(status)[0]}XX"}
