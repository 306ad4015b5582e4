"""Shards of a fuzzing run: parts that run in processes of their own and need nothing of each other.

Operations are dealt out by what their requests can vary in; the stateful phase, which walks from
operation to operation, is a shard of its own. One process does all: the stateful phase walks
further there, from what the other phases were answered. The same document gives the same shards
anywhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemathesis.config import OperationConfig
from schemathesis.filters import FilterSet
from schemathesis.specs.openapi.schemas import OpenApiSchema

from apiproof.errors import UserError
from apiproof.openapi.document import Operation, operations
from apiproof.openapi.references import Document, DocumentError, Located

SHARD_VARIABLE: Final = "APIPROOF_SHARD"
STATEFUL: Final = "stateful"
_SHAPE: Final = re.compile(r"([1-9]\d*)/([1-9]\d*)", re.ASCII)
_EVERY_OPERATION: Final = 40  # what each costs beside the places where its requests can vary
_UNIT_PHASES: Final = ("examples", "coverage", "fuzzing")


class ShardUnknown(UserError):
    """What should name a shard does not."""


@dataclass(frozen=True)
class Shard:
    """A part of a run.

    Attributes:
        number: from 1; 0 is the stateful phase.
        count: how many parts the operations are dealt out to.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `2/4`, or `stateful`; `1/1` is everything.

        Raises:
            ShardUnknown: it is neither.
        """
        if text == STATEFUL:
            return cls(0, 1)
        if (match := _SHAPE.fullmatch(text)) and int(match[1]) <= int(match[2]):
            return cls(int(match[1]), int(match[2]))
        raise ShardUnknown(f"{text!r} is no shard: say 2/4 for the second of four, or {STATEFUL}.")

    @property
    def is_stateful(self) -> bool:
        """Whether it is the stateful phase."""
        return self.number == 0

    @property
    def is_everything(self) -> bool:
        """Whether it is a run that is not shared out."""
        return self.number == self.count == 1

    def __str__(self) -> str:
        return STATEFUL if self.is_stateful else f"{self.number}/{self.count}"


def shards(count: int) -> list[Shard]:
    """All parts of a run, first what cannot be divided: begun last, the others would wait for it.

    Args:
        count: how many the operations are dealt out to.
    """
    if count == 1:
        return [Shard(1, 1)]
    return [Shard(0, 1), *(Shard(number, count) for number in range(1, count + 1))]


def labels_of(shard: Shard, document: dict[str, Any]) -> frozenset[str]:
    """The labels (`GET /users`) of a shard's operations; the stateful phase answers for none.

    What works on the same objects stays together, because Schemathesis takes identifiers from the
    answers that it has seen. The heaviest are dealt out first, each to the part with least so far.
    """
    if shard.is_stateful:
        return frozenset()
    groups: dict[str, tuple[int, list[str]]] = {}
    for operation in operations(document):
        name = operation.path.partition("{")[0].rstrip("/")
        weight, labels = groups.get(name, (0, []))
        groups[name] = weight + _weight(operation), [*labels, operation.label]
    parts: list[tuple[int, list[str]]] = [(0, []) for _ in range(shard.count)]
    for weight, labels in sorted(groups.values(), reverse=True):
        least = min(range(shard.count), key=lambda number: parts[number][0])
        parts[least] = parts[least][0] + weight, parts[least][1] + labels
    return frozenset(parts[shard.number - 1][1])


def limit(schema: OpenApiSchema, shard: Shard) -> None:
    """Leave out of a Schemathesis run what is not a shard's, whatever else was chosen for it.

    Source: schemathesis 4.32, config/_operations.py: an operation's entry that is not enabled
    goes before all filters, those of the command line included.
    """
    if shard.is_everything:
        return
    phases = schema.config.phases
    if shard.is_stateful:
        for name in _UNIT_PHASES:
            phases.get_by_name(name=name).enabled = False
        return
    phases.stateful.enabled = False
    # A path is never shared: whoever has it also tries the methods that it does not declare.
    mine = {label.partition(" ")[2] for label in labels_of(shard, dict(schema.raw_schema))}
    others = FilterSet()
    others.include(lambda context: context.operation.path not in mine)
    schema.config.operations.operations.append(OperationConfig(filter_set=others, enabled=False))


def _weight(operation: Operation) -> int:
    """How much of a run an operation is likely to take: the places where its requests can vary."""
    parts = [parameter.schema for parameter in operation.parameters]
    if operation.request_body is not None:
        parts.append(operation.request_body)
    return _EVERY_OPERATION + sum(1 for _ in _places(operation.document, parts))


def _places(document: Document, parts: list[Located]) -> Iterator[Located]:
    """Each object below some parts, references followed once."""
    seen: set[str] = set()
    while parts:
        part = parts.pop()
        if not isinstance(part.node, Mapping | list) or part.pointer in seen:
            continue
        seen.add(part.pointer)
        if isinstance(part.node, Mapping):
            yield part
            try:
                target = document.resolve(part)
            except DocumentError:
                continue
            if target.pointer != part.pointer:
                parts.append(target)
                continue
        keys = range(len(part.node)) if isinstance(part.node, list) else part.node
        parts += [part.at(key) for key in keys]
