"""Numbers, strings and sizes: why the values of one branch are not all admitted by another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any

from apiproof.contract_diff.document.branch import Branch, Mark, size_kind
from apiproof.contract_diff.document.escape import Escape
from apiproof.contract_diff.document.patterns import includes

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


def number_escapes(sub: Branch, sup: Branch) -> Iterator[Escape]:
    """Compare integrality, multiples and bounds."""
    step = _step(sub)
    for mark in sup.get("multiple"):
        if step is None or (step / mark.value).denominator != 1:
            kind = "type" if mark.value == 1 else "multiple-of"
            own = next((m for m in sub.get("multiple") if m.value != 1), None)
            value: Any = "number" if kind == "type" else own and _plain(own.value)
            wanted: Any = "integer" if kind == "type" else _plain(mark.value)
            yield Escape(kind, _at(own, sub), mark.pointer, (), value, wanted)
    yield from _limit(sub, sup, "lower", step)
    yield from _limit(sub, sup, "upper", step)
    yield from _formats(sub, sup)


def string_escapes(sub: Branch, sup: Branch) -> Iterator[Escape]:
    """Compare lengths, patterns and formats."""
    yield from size_escapes(sub, sup)
    own = sub.get("pattern")
    for mark in sup.get("pattern"):
        if any(includes(mark.value, other.value) for other in own) or includes(mark.value, ""):
            continue
        first = own[0] if own else None
        yield Escape(
            "pattern", _at(first, sub), mark.pointer, (), first and first.value, mark.value
        )
    yield from _formats(sub, sup)


def size_escapes(
    sub: Branch, sup: Branch, *, least_of: int = 0, most_of: int | None = None
) -> Iterator[Escape]:
    """Compare sizes; `least_of` and `most_of` are what other keywords imply for `sub`."""
    least, most = _tightest(sub, "least", max), _tightest(sub, "most", min)
    for mark in sup.get("least"):
        if max(least.value if least else 0, least_of) < mark.value:
            yield _sized(size_kind(sub.type, "least"), sub, least, mark)
    for mark in sup.get("most"):
        if most_of is not None and most_of <= mark.value:
            continue
        if most is None or most.value > mark.value:
            yield _sized(size_kind(sub.type, "most"), sub, most, mark)


def _sized(kind: str, sub: Branch, own: Mark | None, mark: Mark) -> Escape:
    return Escape(kind, _at(own, sub), mark.pointer, (), own and own.value, mark.value)


def _at(mark: Mark | None, branch: Branch) -> str:
    return mark.pointer if mark else branch.pointer


def _tightest(branch: Branch, name: str, pick: Callable[..., Mark]) -> Mark | None:
    marks = branch.get(name)
    return pick(marks, key=lambda mark: mark.value) if marks else None


def _formats(sub: Branch, sup: Branch) -> Iterator[Escape]:
    own = sub.get("format")
    for mark in sup.get("format"):
        if any(mark.value == o.value or mark.value in WIDER.get(o.value, ()) for o in own):
            continue
        first = own[0] if own else None
        yield Escape("format", _at(first, sub), mark.pointer, (), first and first.value, mark.value)


def _step(branch: Branch) -> Fraction | None:
    """Return the number of which every value is a multiple."""
    steps = [mark.value for mark in branch.get("multiple")]
    if not steps:
        return None
    return Fraction(lcm(*(s.numerator for s in steps)), gcd(*(s.denominator for s in steps)))


def _limit(sub: Branch, sup: Branch, name: str, step: Fraction | None) -> Iterator[Escape]:
    sign = 1 if name == "lower" else -1
    own = max(sub.get(name), key=lambda m: _strength(m, sign, step), default=None)
    for mark in sup.get(name):
        if own is None or _strength(own, sign, step) < _strength(mark, sign, step):
            plain = "minimum" if name == "lower" else "maximum"
            kind = "format" if mark.pointer.endswith("/format") else plain
            yield Escape(
                kind, _at(own, sub), mark.pointer, (), own and _bound(own, name), _bound(mark, name)
            )


def _strength(mark: Mark, sign: int, step: Fraction | None) -> tuple[Fraction, bool]:
    """Order bounds by how much they refuse; with whole numbers > 0 is >= 1."""
    limit, exclusive = mark.value
    if step is None or step.denominator != 1:
        return limit * sign, exclusive
    whole = ceil(limit) if sign > 0 else floor(limit)
    if exclusive and whole == limit:
        whole += sign
    return Fraction(whole * sign), False


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _bound(mark: Mark, name: str) -> str:
    limit, exclusive = mark.value
    sign = ">" if name == "lower" else "<"
    return f"{sign}{'' if exclusive else '='} {_plain(limit)}"
