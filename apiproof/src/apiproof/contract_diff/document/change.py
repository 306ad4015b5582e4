"""What a difference between two OpenAPI documents is. Knows nothing of how one is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Whether a client that keeps to the old document can trip over the change."""

    BREAKING = "breaking"
    HARMLESS = "harmless"


class Side(StrEnum):
    """Which half of the exchange changed."""

    OPERATION = "operation"
    REQUEST = "request"
    RESPONSE = "response"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Place:
    """The thing that changed, as an interaction meets it.

    `part` is operation, parameter, body, header, status, media-type or security. `name` is the
    parameter or header ("query:limit"), `path` the way into its value ("*" is any item or key).
    """

    part: str
    name: str = ""
    status: str = ""
    media: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the rule it falls under, where it is in both documents, and one sentence.

    Pointers are RFC 6901; the one into a document that lacks the thing names its nearest ancestor
    there, or is None when nothing of it is left.
    """

    rule: str
    severity: Severity
    side: Side
    operation: str
    sentence: str
    old_pointer: str | None
    new_pointer: str | None
    place: Place = field(default=Place("operation"))
    values: tuple[Any, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether a client that keeps to the old document can trip over it."""
        return self.severity is Severity.BREAKING
