"""What is left for `unevaluatedProperties` and `unevaluatedItems` (JSON Schema 2020-12, 11).

They see everything that is composed beside them: properties, patterns, places, what `contains`
matched; nothing is left where `additionalProperties` or `items` spoke of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from apiproof.contract_diff.document.branches import (
    Constraint,
    Row,
    SchemaBranch,
    SchemaSite,
    Shape,
)
from apiproof.openapi.references import join_pointer

ANYTHING: Final = SchemaSite(pointer="", schema=True)
UNEVALUATED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})


def closed_over(
    branches: Iterable[SchemaBranch], site: SchemaSite, layers: Sequence[SchemaSite]
) -> tuple[SchemaBranch, ...]:
    """Apply both keywords of a schema.

    Args:
        branches: The schema's, with everything composed but these keywords.
        site: The schema.
        layers: The schema, and all that it refers to or is composed of by `allOf`.
    """
    parts = [each.schema for each in layers if isinstance(each.schema, Mapping)]
    words = {word for part in parts for word in part}
    counted = [part["contains"] for part in parts if "contains" in part]
    objects = "unevaluatedProperties" in site.schema and "additionalProperties" not in words
    arrays = "unevaluatedItems" in site.schema and "items" not in words
    return tuple(
        _object(branch, site)
        if branch.type == "object" and objects
        else _array(branch, site, counted)
        if branch.type == "array" and arrays
        else branch
        for branch in branches
    )


def _object(branch: SchemaBranch, site: SchemaSite) -> SchemaBranch:
    if any(shape.rest is not None for shape in branch.shapes):
        return branch
    pointer = join_pointer(site.pointer, "unevaluatedProperties")
    known = dict.fromkeys((n for shape in branch.shapes for n in shape.properties), ANYTHING)
    patterns = dict.fromkeys((t for shape in branch.shapes for t in shape.patterns), ANYTHING)
    rest = SchemaSite(pointer, site.schema["unevaluatedProperties"])
    mark = Constraint(Shape(known, patterns, rest, site.pointer), pointer)
    return replace(branch, marks={**branch.marks, "shape": (*branch.get("shape"), mark)})


def _array(branch: SchemaBranch, site: SchemaSite, counted: Sequence[object]) -> SchemaBranch:
    if any(row.rest is not None for row in branch.rows):
        return branch
    pointer = join_pointer(site.pointer, "unevaluatedItems")
    known = max((len(row.prefix) for row in branch.rows), default=0)
    rest = SchemaSite(pointer, site.schema["unevaluatedItems"])
    if counted:
        rest = SchemaSite(pointer, {"anyOf": [rest.schema, *counted]}, tag="contains")
    row = Constraint(Row((ANYTHING,) * known, rest), pointer)
    marks = {**branch.marks, "row": (*branch.get("row"), row)}
    if rest.schema is False:
        marks["most"] = (*branch.get("most"), Constraint(known, pointer))
    return replace(branch, marks=marks)
