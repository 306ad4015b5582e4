"""What schemas say beside their rules: deprecation, open enums, keywords that have no effect.

Both documents' schemas are walked side by side, by name; what is equal word for word is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.contract_diff.document.branches import Conjunction, Constraint, SchemaSite, identity
from apiproof.contract_diff.document.identical_schemas import IdenticalSchemas
from apiproof.contract_diff.document.keywords import FAMILIES, NAMED, canonical, types_of
from apiproof.contract_diff.document.messages import shown
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.sunset import (
    STABILITY,
    SUNSET,
    stability_change,
    sunset_change,
)
from apiproof.openapi.references import join_pointer

EXTENSIBLE = "x-extensible-enum"
"""Known values of an enum that may grow (Zalando's guidelines, rule 112)."""
DECIDING = frozenset({"enum", "const", "anyOf", "oneOf", "not", "if"})
"""Keywords beside which the types of a schema are not left to convention."""
Pair = tuple[SchemaSite, SchemaSite]


@dataclass(frozen=True, slots=True)
class Remark:
    """One difference in what schemas say: the end of its rule, a fact, and where it stands."""

    rule: str
    fact: str
    old: str
    new: str
    breaking: bool = False
    path: tuple[str, ...] = ()


@dataclass
class _Node:
    remarks: list[Remark]
    below: list[tuple[tuple[str, ...], Pair]]
    above: list[Pair] = field(default_factory=list)


class Annotations:
    """The schemas of two documents as they travel in one direction."""

    def __init__(
        self, old: Schemas, new: Schemas, identical: IdenticalSchemas, *, sent: bool
    ) -> None:
        self._old, self._new, self._identical, self._sent = old, new, identical, sent
        self._nodes: dict[Pair, _Node] = {}
        self._telling: set[Pair] = set()

    def remarks(self, old: Conjunction, new: Conjunction) -> Iterator[Remark]:
        """Yield the differences below two schemas, each with a shortest path to it."""
        if len(old) != 1 or len(new) != 1 or self._identical.same(old, new):
            return
        root = self._followed(old[0], new[0])
        self._explore(root)
        seen = {root}
        queue: list[tuple[tuple[str, ...], Pair]] = [((), root)]
        while queue:
            path, pair = queue.pop(0)
            for remark in self._nodes[pair].remarks:
                yield Remark(
                    remark.rule, remark.fact, remark.old, remark.new, remark.breaking, path
                )
            for step, below in self._nodes[pair].below:
                if below in self._telling and below not in seen:
                    seen.add(below)
                    queue.append(((*path, *step), below))

    def _explore(self, root: Pair) -> None:
        fresh, queue = [], [root]
        while queue:
            pair = queue.pop()
            if pair in self._nodes:
                continue
            below = [each for each in self._below(*pair) if not self._same(each[1])]
            self._nodes[pair] = _Node(list(self._compare(*pair)), below)
            fresh.append(pair)
            queue += [each for _, each in below]
        for pair in fresh:
            for _, each in self._nodes[pair].below:
                self._nodes[each].above.append(pair)
        telling = [p for p in fresh if self._nodes[p].remarks or self._leads_on(p)]
        while telling:
            pair = telling.pop()
            if pair not in self._telling:
                self._telling.add(pair)
                telling += self._nodes[pair].above

    def _leads_on(self, pair: Pair) -> bool:
        return any(each in self._telling for _, each in self._nodes[pair].below)

    def _followed(self, old: SchemaSite, new: SchemaSite) -> Pair:
        """Return what plain references lead to, so that each pair of schemas is met once."""
        return self._old.followed((old,))[0], self._new.followed((new,))[0]

    def _same(self, pair: Pair) -> bool:
        return self._identical.same((pair[0],), (pair[1],))

    def _below(self, old: SchemaSite, new: SchemaSite) -> Iterator[tuple[tuple[str, ...], Pair]]:
        others = dict(_parts(self._new, new))
        for key, site in _parts(self._old, old):
            if key in others:
                word, name = key
                steps = {"properties": (name,), "items": ("*",), "additionalProperties": ("*",)}
                yield steps.get(word, ()), self._followed(site, others[key])

    def _compare(self, old: SchemaSite, new: SchemaSite) -> Iterator[Remark]:
        def both(word: str) -> tuple[Constraint, Constraint]:
            found = self._old.find((old,), word), self._new.find((new,), word)
            return (
                found[0] or Constraint(None, old.pointer),
                found[1] or Constraint(None, new.pointer),
            )

        was, now = both("deprecated")
        if bool(was.value) is not bool(now.value):
            word, fact = ("deprecated", "now") if now.value else ("reactivated", "no longer")
            yield Remark(f"property-{word}", f"is {fact} deprecated", was.pointer, now.pointer)
        if now.value is True:
            yield from _remark("sunset", sunset_change, both(SUNSET))
        yield from _remark("stability", stability_change, both(STABILITY))
        yield from self._extensible(*both(EXTENSIBLE))
        yield from self._inside(*both("contentSchema"))
        yield from _unused(_unused_words(self._old, old), _unused_words(self._new, new))
        yield from self._typed(old, new)
        yield from _discriminating(_discriminator(self._old, old), _discriminator(self._new, new))

    def _typed(self, old: SchemaSite, new: SchemaSite) -> Iterator[Remark]:
        """Tell where a type that was only meant is demanded, or one that was is only meant.

        Keywords of one type mean that type by convention; by the letter they let all others be.
        """
        (was, implied), (now, meant) = _types(self._old, old), _types(self._new, new)
        if self._sent and implied and set(was) <= set(now) and not meant:
            fact = f"says now that it is {' or '.join(now)}, which was only meant"
            yield Remark("type-declared", fact, old.pointer, new.pointer)
        elif not self._sent and meant and set(now) <= set(was) and not implied:
            fact = f"no longer says that it is {' or '.join(was)}, which is only meant"
            yield Remark("type-undeclared", fact, old.pointer, new.pointer)

    def _inside(self, was: Constraint, now: Constraint) -> Iterator[Remark]:
        """Compare what texts hold; no validator looks, so how much it means cannot be told."""
        if was.value is None and now.value is None:
            return
        same = canonical(was.value) == canonical(now.value)
        if not same or not self._identical.below(was.value):
            fact = "holds other content"
            yield Remark("content-schema-changed", fact, was.pointer, now.pointer)

    def _extensible(self, was: Constraint, now: Constraint) -> Iterator[Remark]:
        if not isinstance(was.value, list) or not isinstance(now.value, list):
            return
        for word, values, others in (
            ("narrowed", was.value, now.value),
            ("widened", now.value, was.value),
        ):
            kept = set(map(identity, others))
            gone = [value for value in values if identity(value) not in kept]
            if gone:
                fact = f"{'no longer' if word == 'narrowed' else 'now also'} names {shown(gone)}"
                harms = self._sent and word == "narrowed"
                yield Remark(f"extensible-enum-{word}", fact, was.pointer, now.pointer, harms)


def _remark(what: str, change: Any, found: tuple[Constraint, Constraint]) -> Iterator[Remark]:
    was, now = found
    word, fact = change(was.value, now.value)
    if word:
        yield Remark(f"property-{what}-{word}", fact, was.pointer, now.pointer, word != "increased")


def _parts(schemas: Schemas, site: SchemaSite) -> Iterator[tuple[tuple[str, str], SchemaSite]]:
    """Yield the schemas inside one, by where they stand; variants by their reference or place."""
    for layer in schemas.layers(site):
        schema, at = layer.schema, layer.pointer
        if not isinstance(schema, Mapping):
            continue
        for name, part in (schema.get("properties") or {}).items():
            inner = SchemaSite(join_pointer(at, "properties", name), part)
            if not schemas.hides(inner):
                yield ("properties", name), inner
        for word in ("items", "additionalProperties"):
            if isinstance(schema.get(word), Mapping):
                yield (word, ""), SchemaSite(join_pointer(at, word), schema[word])
        for word in ("anyOf", "oneOf"):
            for index, part in enumerate(schema.get(word) or ()):
                ref = part.get("$ref") if isinstance(part, Mapping) else None
                name = ref if isinstance(ref, str) else str(index)
                yield ("variant", name), SchemaSite(join_pointer(at, word, index), part)


def _types(schemas: Schemas, site: SchemaSite) -> tuple[tuple[str, ...], bool]:
    """Return the types of a schema, none where others decide, and whether they are only meant."""
    meant: tuple[str, ...] = ()
    for layer in schemas.layers(site):
        schema = layer.schema
        if not isinstance(schema, Mapping) or DECIDING & schema.keys():
            return (), False
        if "type" in schema:
            return types_of(schema), False
        types = types_of(schema)
        meant = types if len(types) == 1 else meant
    return meant, bool(meant)


def _discriminator(schemas: Schemas, site: SchemaSite) -> Constraint | None:
    """Return the discriminator of a schema that others extend; of a union it is a rule."""
    for layer in schemas.layers(site):
        schema = layer.schema
        if isinstance(schema, Mapping) and not {"anyOf", "oneOf"} & schema.keys():
            found = schema.get("discriminator")
            if isinstance(found, Mapping):
                return Constraint(found, join_pointer(layer.pointer, "discriminator"))
    return None


def _discriminating(was: Constraint | None, now: Constraint | None) -> Iterator[Remark]:
    if was is None or now is None:
        return
    one, other = (str(each.value.get("propertyName")) for each in (was, now))
    if one != other:
        fact = f"is told apart by `{other}`, no longer by `{one}`"
        yield Remark("discriminator-changed", fact, was.pointer, now.pointer)
    before, after = (each.value.get("mapping") or {} for each in (was, now))
    for name in before:
        if _last(before[name]) != _last(after.get(name, name)):
            fact = f"names another schema `{name}`"
            yield Remark("discriminator-changed", fact, was.pointer, now.pointer)


def _last(reference: Any) -> str:
    return str(reference).rpartition("/")[2]


Unused = tuple[str, dict[str, Constraint]]
"""The types of a schema and the keywords in it that are for others."""


def _unused_words(schemas: Schemas, site: SchemaSite) -> Unused:
    found: dict[str, Constraint] = {}
    types_seen: list[str] = []
    for layer in schemas.layers(site):
        if not isinstance(layer.schema, Mapping) or "type" not in layer.schema:
            continue
        types = types_of(layer.schema)
        types_seen += types
        for family, words in FAMILIES.items():
            for word in sorted(words & layer.schema.keys()) if family not in types else ():
                found[word] = Constraint(layer.schema[word], join_pointer(layer.pointer, word))
        if "format" in layer.schema and not {"string", "number"} & set(types):
            mark = Constraint(layer.schema["format"], join_pointer(layer.pointer, "format"))
            found["format"] = mark
    return " or ".join(dict.fromkeys(types_seen)), found


def _unused(old: Unused, new: Unused) -> Iterator[Remark]:
    (types, was), (others, now) = old, new
    for word in {**was, **now} if types == others else ():
        one, other = was.get(word), now.get(word)
        before, after = (
            canonical(each.value, names=word in NAMED) if each else "" for each in (one, other)
        )
        if before != after:
            at, there = (each.pointer if each else "" for each in (one, other))
            fact = f"changed its {word}, which has no effect on {types}"
            yield Remark("unused-keyword-changed", fact, at or there, there or at)
