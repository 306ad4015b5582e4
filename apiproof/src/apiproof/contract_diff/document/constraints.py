"""Why the values of one branch are not all admitted by another: numbers, strings, objects, arrays.

Two conventions of APIs soften the logic for objects: one that says nothing of a name does not
promise to accept anything under it, and a property that was declared and no longer is, is lost
even where objects are open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from apiproof.contract_diff.document.branches import (
    Conjunction,
    Constraint,
    SchemaBranch,
    SchemaSite,
    size_kind,
    step_of,
    strength,
)
from apiproof.contract_diff.document.counterexamples import Counterexample, Judge
from apiproof.contract_diff.document.regular_languages import includes
from apiproof.contract_diff.document.values import admits, declares, others_of, property_of

WIDER = {
    "float": {"double"},
    "date": set(),
    "email": {"idn-email"},
    "hostname": {"idn-hostname"},
    "uri": {"uri-reference", "iri", "iri-reference"},
    "url": {"uri", "uri-reference", "iri", "iri-reference"},
    "uri-reference": {"iri-reference"},
    "iri": {"iri-reference"},
}
"""Formats whose every value is also of the formats beside them (RFC 3986, 3987, 6531)."""


ANY_NAME = SchemaSite("", {"type": "string"}, "any name")


def number_counterexamples(sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    """Compare integrality, multiples and bounds."""
    step = step_of(sub)
    for mark in sup.get("multiple"):
        if step is None or (step / mark.value).denominator != 1:
            kind = "type" if mark.value == 1 else "multiple-of"
            own = next((m for m in sub.get("multiple") if m.value != 1), None)
            value: Any = "number" if kind == "type" else own and _plain(own.value)
            wanted: Any = "integer" if kind == "type" else _plain(mark.value)
            yield Counterexample(kind, _at(own, sub), mark.pointer, (), value, wanted)
    yield from _limit(sub, sup, "lower", step)
    yield from _limit(sub, sup, "upper", step)
    yield from _formats(sub, sup)


def string_counterexamples(sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    """Compare lengths, patterns and formats."""
    yield from size_counterexamples(sub, sup)
    own = sub.get("pattern")
    for mark in sup.get("pattern"):
        if any(includes(mark.value, other.value) for other in own) or includes(mark.value, ""):
            continue
        first = own[0] if own else None
        yield Counterexample(
            "pattern", _at(first, sub), mark.pointer, (), first and first.value, mark.value
        )
    yield from _formats(sub, sup)


def size_counterexamples(
    sub: SchemaBranch, sup: SchemaBranch, *, least_of: int = 0, most_of: int | None = None
) -> Iterator[Counterexample]:
    """Compare sizes; `least_of` and `most_of` are what other keywords imply for `sub`."""
    least, most = _tightest(sub, "least", max), _tightest(sub, "most", min)
    for mark in sup.get("least"):
        implied = max(least.value if least else 0, least_of) >= mark.value
        if not implied and not _has_length(sub, f"{{{mark.value},}}"):
            yield _sized(size_kind(sub.type, "least"), sub, least, mark)
    for mark in sup.get("most"):
        if most_of is not None and most_of <= mark.value:
            continue
        implied = most is not None and most.value <= mark.value
        if not implied and not _has_length(sub, f"{{0,{mark.value}}}"):
            yield _sized(size_kind(sub.type, "most"), sub, most, mark)


def _has_length(sub: SchemaBranch, count: str) -> bool:
    """Return whether a string's own pattern leaves no other length."""
    sized = rf"^[\s\S]{count}$"
    return sub.type == "string" and any(includes(sized, m.value) for m in sub.get("pattern"))


def _sized(
    kind: str, sub: SchemaBranch, own: Constraint | None, mark: Constraint
) -> Counterexample:
    return Counterexample(kind, _at(own, sub), mark.pointer, (), own and own.value, mark.value)


def _at(mark: Constraint | None, branch: SchemaBranch) -> str:
    return mark.pointer if mark else branch.pointer


def _tightest(
    branch: SchemaBranch, name: str, pick: Callable[..., Constraint]
) -> Constraint | None:
    marks = branch.get(name)
    return pick(marks, key=lambda mark: mark.value) if marks else None


def _formats(sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    own = sub.get("format")
    for mark in sup.get("format"):
        if any(mark.value == o.value or mark.value in WIDER.get(o.value, ()) for o in own):
            continue
        first = own[0] if own else None
        yield Counterexample(
            "format", _at(first, sub), mark.pointer, (), first and first.value, mark.value
        )


def _limit(
    sub: SchemaBranch, sup: SchemaBranch, name: str, step: Fraction | None
) -> Iterator[Counterexample]:
    sign = 1 if name == "lower" else -1
    own = max(sub.get(name), key=lambda m: strength(m, sign, step), default=None)
    for mark in sup.get(name):
        if own is None or strength(own, sign, step) < strength(mark, sign, step):
            plain = "minimum" if name == "lower" else "maximum"
            kind = "format" if mark.pointer.endswith("/format") else plain
            yield Counterexample(
                kind, _at(own, sub), mark.pointer, (), own and _bound(own, name), _bound(mark, name)
            )


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _bound(mark: Constraint, name: str) -> str:
    limit, exclusive = mark.value
    sign = ">" if name == "lower" else "<"
    return f"{sign}{'' if exclusive else '='} {_plain(limit)}"


def unread_counterexamples(sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    """Compare what is known by its words alone."""
    own = {mark.value for mark in sub.get("condition")}
    for mark in sup.get("condition"):
        if mark.value not in own:
            yield Counterexample("condition", sub.pointer, mark.pointer)


def object_counterexamples(
    judge: Judge, sub: SchemaBranch, sup: SchemaBranch
) -> Iterator[Counterexample]:
    """Compare properties by name, then the rest, sizes and dependencies."""
    reported = set()
    names = [name for shape in sub.shapes + sup.shapes for name in shape.properties]
    for name in dict.fromkeys(names):
        for escape in _property(judge, sub, sup, name):
            yield escape
            if escape.path == (name,) and escape.kind.startswith("property-"):
                reported.add(name)
    old = sub if judge.forward else sup
    for name, pointer in sup.required.items():
        if name not in sub.required and name not in reported:
            kind = "required" if declares(old, name) else "required-new"
            yield Counterexample(kind, _place(sub, name), pointer, (name,))
    yield from _others(judge, sub, sup)
    yield from _patterns(judge, sub, sup)
    closed = bool(others_of(sub)) and not judge.sub.branches(others_of(sub))
    most = len(set(names)) if closed and not any(s.patterns for s in sub.shapes) else None
    yield from size_counterexamples(sub, sup, least_of=len(sub.required), most_of=most)
    yield from _names(judge, sub, sup)
    yield from _dependencies(judge, sub, sup)


def _place(branch: SchemaBranch, name: str) -> str:
    """Return the pointer of a property where it is declared, else of the object."""
    for shape in branch.shapes:
        site = shape.properties.get(name) or shape.hidden.get(name)
        if site is not None:
            return site.pointer
    return branch.shapes[0].pointer if branch.shapes else branch.pointer


def _property(
    judge: Judge, sub: SchemaBranch, sup: SchemaBranch, name: str
) -> Iterator[Counterexample]:
    one, other = property_of(sub, name), property_of(sup, name)
    possible = bool(judge.sub.branches(one)), bool(judge.sup.branches(other))
    known = declares(sub, name) and possible[0], declares(sup, name) and possible[1]
    was, stays = known if judge.forward else known[::-1]
    later = (sup if judge.forward else sub), (other if judge.forward else one)
    if judge.logical:
        was = stays = False
    if judge.losing and was and not stays and not (later[1] and all(possible)):
        hidden = any(name in shape.hidden for shape in later[0].shapes)
        kind = "property-hidden" if hidden else "property-removed"
        yield Counterexample(kind, _place(sub, name), _place(sup, name), (name,))
    elif not judge.losing and stays and not was:
        yield Counterexample("property-added", _place(sub, name), _place(sup, name), (name,))
    elif possible[0] and not possible[1]:
        ruled_out = any(name in shape.properties for shape in sup.shapes)
        if known[0] or judge.logical or ruled_out:
            kind = "property-unknown" if known[0] else "property-ruled-out"
            yield Counterexample(kind, _place(sub, name), _place(sup, name), (name,))
    elif one or known[0] or judge.logical:
        yield from judge.below(name, one, other)


def _others(judge: Judge, sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    one, other = others_of(sub), others_of(sup)
    if not other or (one and not judge.sub.branches(one)):
        return
    if one and judge.sup.branches(other):
        yield from judge.below("*", one, other)
    elif not judge.holds(one, other):
        at = next((shape.pointer for shape in sub.shapes), sub.pointer)
        yield Counterexample("additional-properties", at, other[0].pointer, ("*",))


def _patterns(judge: Judge, sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    rules = [rule for shape in sup.shapes for rule in shape.patterns.items()]
    for text, site in rules:
        own = tuple(shape.patterns[text] for shape in sub.shapes if text in shape.patterns)
        if own:
            yield from judge.below("*", own, (site,))
        elif not judge.holds(others_of(sub), (site,)):
            yield Counterexample("pattern-properties", sub.pointer, site.pointer, ("*",))


def _names(judge: Judge, sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    others = others_of(sub)
    patterned = any(shape.patterns for shape in sub.shapes)
    closed = bool(others) and not patterned and not judge.sub.branches(others)
    listed = [name for shape in sub.shapes for name in shape.properties]
    own = tuple(mark.value for mark in sub.get("names"))
    for mark in sup.get("names"):
        site: SchemaSite = mark.value
        if closed and all(admits(judge.sup, (site,), name) for name in listed):
            continue
        if not judge.holds(own or (ANY_NAME,), (site,)):
            yield Counterexample("property-names", sub.pointer, mark.pointer)


def _dependencies(judge: Judge, sub: SchemaBranch, sup: SchemaBranch) -> Iterator[Counterexample]:
    own = {mark.value for mark in sub.get("dependent")}
    for mark in sup.get("dependent"):
        name, need = mark.value
        possible = bool(judge.sub.branches(property_of(sub, name)))
        if mark.value not in own and need not in sub.required and possible:
            yield Counterexample("dependent-required", sub.pointer, mark.pointer, (name,))


def array_counterexamples(
    judge: Judge, sub: SchemaBranch, sup: SchemaBranch
) -> Iterator[Counterexample]:
    """Compare items place by place, then sizes, uniqueness and `contains`."""
    most = min((mark.value for mark in sub.get("most")), default=None)
    places = max((len(row.prefix) for row in sub.rows + sup.rows), default=0)
    for place in range(places + 1):
        one, other = item_of(sub, place), item_of(sup, place)
        if (most is not None and place >= most) or not judge.sub.branches(one):
            most = min(place, place if most is None else most)
            break
        if not judge.sup.branches(other):
            if not any(mark.value <= place for mark in sup.get("most")):
                yield Counterexample("max-items", sub.pointer, other[0].pointer, (), None, place)
            break
        yield from judge.below("*" if place == places else str(place), one, other)
    counted = max((least for _, least in (mark.value for mark in sub.get("contains"))), default=0)
    yield from size_counterexamples(sub, sup, least_of=counted, most_of=most)
    unique = sup.get("unique")
    if unique and not sub.get("unique") and (most is None or most > 1):
        yield Counterexample("unique-items", sub.pointer, unique[0].pointer)
    for mark in sup.get("contains"):
        if not _contains(judge, sub, *mark.value):
            yield Counterexample("contains", sub.pointer, mark.pointer)
    for mark in sup.get("contains-most"):
        if not _contains_at_most(judge, sub, most, *mark.value):
            yield Counterexample("max-contains", sub.pointer, mark.pointer)


def item_of(branch: SchemaBranch, place: int) -> Conjunction:
    """Return all schemas that the item at a place must satisfy; none when it is free."""
    sites = (row.prefix[place] if place < len(row.prefix) else row.rest for row in branch.rows)
    return tuple(dict.fromkeys(site for site in sites if site is not None))


def _contains(judge: Judge, sub: SchemaBranch, site: SchemaSite, least: int) -> bool:
    own = [mark.value for mark in sub.get("contains")]
    if any(count >= least and judge.holds((other,), (site,)) for other, count in own):
        return True
    sure = max((mark.value for mark in sub.get("least")), default=0)
    places = max((len(row.prefix) for row in sub.rows), default=0)
    every = (item_of(sub, place) for place in range(places + 1))
    return sure >= least and all(judge.holds(items, (site,)) for items in every)


def _contains_at_most(
    judge: Judge, sub: SchemaBranch, longest: int | None, site: SchemaSite, most: int
) -> bool:
    if longest is not None and longest <= most:
        return True
    own = [mark.value for mark in sub.get("contains-most")]
    return any(count <= most and judge.includes_back(site, other) for other, count in own)
