"""Media types: which of those that a document offers a request or response means.

Source: RFC 9110, sections 8.3 and 12.5.1. A charset never decides; other parameters do only
where both sides state them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apiproof.pacts.reading.bodies import is_json_type

__all__ = ["MediaType", "acceptable", "is_json_type", "matching"]


@dataclass(frozen=True)
class MediaType:
    """A media type or range, in lower case."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()
    quality: float = 1.0

    @property
    def essence(self) -> str:
        """Type and subtype without parameters."""
        return f"{self.type}/{self.subtype}"

    def covers(self, other: "MediaType") -> bool:
        """Whether this range covers a type, or that range this type."""
        return (
            _fits(self.type, other.type)
            and _fits(self.subtype, other.subtype)
            and all(
                dict(other.parameters).get(name, value) == value for name, value in self.parameters
            )
        )


def _fits(one: str, other: str) -> bool:
    return one == other or "*" in (one, other)


def parse(text: str) -> MediaType:
    """A media type from a header or a key of the document; nonsense covers nothing but itself."""
    essence, *rest = (piece.strip() for piece in text.lower().split(";"))
    kind, _, subtype = essence.partition("/")
    pairs = [piece.partition("=")[::2] for piece in rest if "=" in piece]
    quality = next((value for name, value in pairs if name.strip() == "q"), "1")
    parameters = tuple(
        (name.strip(), value.strip().strip('"'))
        for name, value in pairs
        if name.strip() not in {"q", "charset", "boundary"}
    )
    return MediaType(kind, subtype, parameters, _number(quality))


def matching(wanted: str, offered: Iterable[str]) -> list[str]:
    """The offered types that cover a stated one, the most specific first."""
    asked = parse(wanted)
    found = [each for each in offered if parse(each).covers(asked)]
    return sorted(found, key=lambda each: each.count("*"))


def acceptable(accept: str, offered: Iterable[str]) -> list[str]:
    """The offered types that an Accept header allows, all of them where it is empty."""
    ranges = [parse(piece) for piece in accept.split(",") if piece.strip()]
    wanted = [each for each in ranges if each.quality > 0]
    if not ranges:
        return list(offered)
    return [each for each in offered if any(w.covers(parse(each)) for w in wanted)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
