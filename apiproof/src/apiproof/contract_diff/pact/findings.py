"""What a comparison finds: findings about a pact, made of problems found deeper down."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from apiproof.openapi.references import Document, Located
from apiproof.openapi.validation import SchemaValidator
from apiproof.pacts.reading.expressions import show
from apiproof.redaction import is_secret, redact_value

_SHOWN: Final = 60


class PactSeverity(StrEnum):
    """An error breaks the consumer; a warning may, depending on the provider's state.

    What could not be compared is neither, and is never called passed.
    """

    ERROR = "error"
    WARNING = "warning"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class PactFinding:
    """One thing that the pact expects and the document does not promise.

    Attributes:
        rule: the id of the rule, kebab-case.
        severity: whether it breaks the consumer for certain.
        consumer: who expects it.
        interaction: the description of the interaction.
        where: the JSON path in the pact file.
        pointer: the JSON pointer in the OpenAPI document.
        message: one sentence, expected against got.
        file: the pact's.
    """

    rule: str
    severity: PactSeverity
    consumer: str
    interaction: str
    where: str
    pointer: str
    message: str
    file: str

    def as_dict(self) -> dict[str, str]:
        """The finding as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Problem:
    """A finding before it knows its interaction; `place` is under the interaction."""

    rule: str
    place: str
    pointer: str
    message: str
    severity: PactSeverity = PactSeverity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether it breaks the consumer for certain."""
        return self.severity is PactSeverity.ERROR

    def below(self, place: str) -> "Problem":
        """The same problem, its place seen from further up."""
        return replace(self, place=place + self.place)


def shown(value: Any, place: str = "") -> str:
    """A value as a sentence shows it: short, and hidden where its place names a secret."""
    if is_secret(place):
        return "a value not shown here"
    text = json.dumps(redact_value(value), ensure_ascii=False, default=lambda _: "(bytes)")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def listed(names: Any, most: int = 8) -> str:
    """Names in a sentence, the first few of them, `nothing` for none."""
    names = [str(name) for name in names]
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest if names else "nothing"


def schema_problems(
    validator: SchemaValidator, schema: Located, value: Any, rule: str, place: str = ""
) -> Iterator[Problem]:
    """Yield what is wrong with a value under a schema of the document."""
    for error in validator.errors(schema, value):
        where = place + show(error.place)
        got = shown(error.value, where)
        yield Problem(rule, where, error.pointer, f"{error.expected}, got {got}")


_SAYS_NOTHING: Final = frozenset(
    {"type", "format", "title", "description", "contentMediaType", "example", "examples"}
)


def takes_octets(document: Document, schema: Located) -> bool:
    """Whether a schema says no more of a body than that it is there: text or binary."""
    node = document.resolve(schema).node
    if not isinstance(node, Mapping) or node.get("type", "string") != "string":
        return False
    return node.keys() <= _SAYS_NOTHING


def not_compared(place: str, pointer: str, why: str) -> Problem:
    """Return what says that a part of an interaction was not looked at."""
    return Problem("not-compared", place, pointer, why, PactSeverity.NOT_COMPARED)
