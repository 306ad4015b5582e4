"""Whether a schema admits one given value, and which keyword refuses it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from apiproof.contract_diff.document.branches import (
    Conjunction,
    SchemaBranch,
    contradictory,
    identity,
    meet,
    size_kind,
    type_of,
)
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.openapi.validation import matches_pattern


def admits(schemas: Schemas, conjunction: Conjunction, value: Any) -> bool:
    """Return whether the schemas admit a JSON value; formats are taken on trust."""
    kind = type_of(value)
    return any(
        branch.type == kind and refusal(schemas, branch, value) is None
        for branch in schemas.branches(conjunction)
    )


def refusal(schemas: Schemas, branch: SchemaBranch, value: Any) -> str | None:
    """Return the kind of the first constraint that refuses a value of the branch's own type."""
    return next(_refusals(schemas, branch, value), None)


def _refusals(schemas: Schemas, branch: SchemaBranch, value: Any) -> Iterator[str]:
    if branch.values is not None and identity(value) not in schemas.identities(branch.values):
        yield "enum"
    if branch.type == "number":
        yield from _number(branch, Fraction(str(value)))
    elif branch.type == "string":
        yield from _sized(branch, len(value))
        if any(not matches_pattern(mark.value, value) for mark in branch.get("pattern")):
            yield "pattern"
    elif branch.type == "array":
        yield from _array(schemas, branch, value)
    elif branch.type == "object":
        yield from _object(schemas, branch, value)
    for keyword in ("not", "one-of"):
        if any(admits(schemas, (mark.value,), value) for mark in branch.get(keyword)):
            yield keyword


def _number(branch: SchemaBranch, value: Fraction) -> Iterator[str]:
    for mark in branch.get("multiple"):
        if (value / mark.value).denominator != 1:
            yield "type" if mark.value == 1 else "multiple-of"
    for limit, exclusive in (mark.value for mark in branch.get("lower")):
        if value < limit or (exclusive and value == limit):
            yield "minimum"
    for limit, exclusive in (mark.value for mark in branch.get("upper")):
        if value > limit or (exclusive and value == limit):
            yield "maximum"


def _sized(branch: SchemaBranch, size: int) -> Iterator[str]:
    if any(size < mark.value for mark in branch.get("least")):
        yield size_kind(branch.type, "least")
    if any(size > mark.value for mark in branch.get("most")):
        yield size_kind(branch.type, "most")


def _array(schemas: Schemas, branch: SchemaBranch, value: list[Any]) -> Iterator[str]:
    yield from _sized(branch, len(value))
    for row in branch.rows:
        for index, item in enumerate(value):
            site = row.prefix[index] if index < len(row.prefix) else row.rest
            if site is not None and not admits(schemas, (site,), item):
                yield "items"
    if branch.get("unique") and len(set(map(identity, value))) != len(value):
        yield "unique-items"
    for site, least in (mark.value for mark in branch.get("contains")):
        if sum(admits(schemas, (site,), item) for item in value) < least:
            yield "contains"
    for site, most in (mark.value for mark in branch.get("contains-most")):
        if sum(admits(schemas, (site,), item) for item in value) > most:
            yield "max-contains"


def _object(schemas: Schemas, branch: SchemaBranch, value: Mapping[str, Any]) -> Iterator[str]:
    yield from _sized(branch, len(value))
    if branch.required.keys() - value.keys():
        yield "required"
    for name, item in value.items():
        if not admits(schemas, property_of(branch, name), item):
            yield "property"
        if any(not admits(schemas, (mark.value,), name) for mark in branch.get("names")):
            yield "property-names"
    for name, need in (mark.value for mark in branch.get("dependent")):
        if name in value and need not in value:
            yield "dependent-required"


def declares(branch: SchemaBranch, name: str) -> bool:
    """Return whether any schema of the branch speaks of this property by name or pattern."""
    return _property(branch, name)[1]


def property_of(branch: SchemaBranch, name: str) -> Conjunction:
    """Return all schemas that a property's value must satisfy; none when it is free."""
    return _property(branch, name)[0]


def _property(branch: SchemaBranch, name: str) -> tuple[Conjunction, bool]:
    if name not in branch.properties:
        sites, declared = [], False
        for shape in branch.shapes:
            found = [site for text, site in shape.patterns.items() if matches_pattern(text, name)]
            if name in shape.properties:
                found.append(shape.properties[name])
            declared = declared or bool(found)
            if not found and shape.rest is not None:
                found.append(shape.rest)
            sites += found
        branch.properties[name] = tuple(dict.fromkeys(sites)), declared
    return branch.properties[name]


def others_of(branch: SchemaBranch) -> Conjunction:
    """Return the schemas for properties that no schema of the branch names."""
    return tuple(dict.fromkeys(s.rest for s in branch.shapes if s.rest is not None))


def finite(branch: SchemaBranch, most: int = 64) -> tuple[Any, ...] | None:
    """Return every value of a branch that has only a few, else None."""
    if branch.values is not None:
        return branch.values
    if branch.type in {"null", "boolean"}:
        return (None,) if branch.type == "null" else (True, False)
    lower, upper = branch.get("lower"), branch.get("upper")
    if branch.type != "number" or not (lower and upper):
        return None
    if not any(mark.value == 1 for mark in branch.get("multiple")):
        return None
    low = max(limit for limit, _ in (mark.value for mark in lower))
    high = min(limit for limit, _ in (mark.value for mark in upper))
    if high - low > most:
        return None
    span = range(int(low) - 1, int(high) + 2)
    return tuple(v for v in span if next(_number(branch, Fraction(v)), None) is None)


def readings(value: Any) -> list[Any]:
    """Return what a value may be read as once it is text, as in a URL or a form."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [value, str(value).lower()]
    if isinstance(value, int | float):
        return [value, str(value)]
    if not isinstance(value, str):
        return [value]
    found: list[Any] = [value]
    if value in {"true", "false"}:
        found.append(value == "true")
    if re.fullmatch(r"-?\d{1,18}", value):
        found.append(int(value))
    elif re.fullmatch(r"-?\d{1,18}\.\d{1,18}", value):
        found.append(float(value))
    return found


def few(schemas: Schemas, branch: SchemaBranch) -> tuple[Any, ...] | None:
    """Return the values of a branch if they can be listed, without those it refuses itself."""
    values = finite(branch)
    if values is None:
        return None
    return tuple(value for value in values if refusal(schemas, branch, value) is None)


def admitted(schemas: Schemas, branches: Sequence[SchemaBranch], value: Any, *, text: bool) -> bool:
    """Return whether one of the branches admits a value, in any of its readings if it is text.

    A branch with words that are not read admits nothing for sure.
    """
    return any(
        branch.type == type_of(reading)
        and not branch.get("condition")
        and refusal(schemas, branch, reading) is None
        for reading in (readings(value) if text else [value])
        for branch in branches
    )


def overlap(
    schemas: Schemas, others: Schemas, one: SchemaBranch, other: SchemaBranch, depth: int = 3
) -> str:
    """Return how two branches of one type may have a value in common.

    Args:
        schemas: Whose branch `one` is.
        others: Whose branch `other` is.
        one: A branch.
        other: Another of the same type.
        depth: How many properties inside each other are looked into.

    Returns:
        Empty where they cannot; "declared" where what both declare allows one; "undeclared" where
        it would need what one of them does not speak of, or where that cannot be told.
    """
    for here, branch, there, rival in (
        (schemas, one, others, other),
        (others, other, schemas, one),
    ):
        values = few(here, branch)
        if values is not None:
            common = any(refusal(there, rival, value) is None for value in values)
            return "declared" if common else ""
    if any(contradictory(both) for both in meet([one], [other])):
        return ""
    if one.type == "object":
        return _objects_overlap(schemas, others, one, other, depth)
    unsampled = {"pattern", "format", "row", "contains", "condition", "not", "one-of"}
    return "undeclared" if unsampled & one.marks.keys() & other.marks.keys() else "declared"


def _objects_overlap(
    schemas: Schemas, others: Schemas, one: SchemaBranch, other: SchemaBranch, depth: int
) -> str:
    found = "declared"
    for name in {**one.required, **other.required}:
        ours, theirs = property_of(one, name), property_of(other, name)
        branches, rivals = schemas.branches(ours), others.branches(theirs)
        if not branches or not rivals:
            return ""
        if ours and theirs and depth:
            pairs = [(b, r) for b in branches for r in rivals if b.type == r.type]
            if not any(overlap(schemas, others, b, r, depth - 1) for b, r in pairs):
                return ""
        if not declares(one, name) or not declares(other, name):
            found = "undeclared"
    return found
