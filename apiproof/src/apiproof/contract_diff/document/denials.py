"""What `not` denies, said as plainly as it can be: `not` of `not`, of unions, of a property.

By De Morgan's laws, what denies a union denies each of its members, and what denies a denial
demands. Who denies that a property is there rules it out. Other schemas are denied as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from apiproof.contract_diff.document.branches import TYPES, SchemaSite
from apiproof.contract_diff.document.keywords import ANNOTATIONS
from apiproof.openapi.references import join_pointer

DEEPEST_WRAPPING = 20
"""How many schemas with nothing but others in them are looked through."""


class Demand(NamedTuple):
    """A schema that a value must fit, or must not where it is denied."""

    site: SchemaSite
    denied: bool


def denials(
    site: SchemaSite, follow: Callable[[SchemaSite], SchemaSite], depth: int = 0
) -> Iterator[Demand]:
    """Yield what the denial of a schema demands: all of it.

    Args:
        site: The schema that is denied.
        follow: Follows plain references.
        depth: How many schemas around it were looked through.
    """
    inner = follow(site)
    schema = inner.schema if isinstance(inner.schema, Mapping) else {}
    words = _words(schema)
    word = words.pop() if len(words) == 1 else ""
    if word == "not":
        yield Demand(SchemaSite(join_pointer(inner.pointer, word), schema[word]), denied=False)
        return
    if (ruled_out := _property(schema)) is not None:
        shape = {"type": list(TYPES), "properties": {ruled_out: False}}
        yield Demand(SchemaSite(inner.pointer, shape, tag="ruled out"), denied=False)
        return
    parts = schema[word] if word in {"allOf", "anyOf", "oneOf"} else ()
    if depth == DEEPEST_WRAPPING or not parts or (len(parts) > 1 and word != "anyOf"):
        yield Demand(site, denied=True)
        return
    for index, part in enumerate(parts):
        member = SchemaSite(join_pointer(inner.pointer, word, index), part)
        yield from denials(member, follow, depth + 1)


def _words(schema: Mapping[str, Any]) -> set[str]:
    return {word for word in schema if word not in ANNOTATIONS and not word.startswith("x-")}


def _property(schema: Mapping[str, Any]) -> str | None:
    """Return the property of objects that a schema demands, if it demands nothing else."""
    names = schema.get("required")
    alone = _words(schema) <= {"required", "type"} and schema.get("type", "object") == "object"
    return str(names[0]) if alone and isinstance(names, list) and len(names) == 1 else None
