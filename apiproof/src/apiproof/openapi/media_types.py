"""Media types: which of those that a document names a request or a response means.

Source: RFC 9110, 8.3 and 12.5.1. Parameters, a charset among them, decide only where both sides
state them.
"""

from collections.abc import Iterable
from dataclasses import dataclass


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
        return f"{self.type}/{self.subtype}" if self.subtype else self.type

    def overlaps(self, other: "MediaType") -> bool:
        """Tell whether this range covers a type, or that range this type."""
        return (
            _fits(self.type, other.type)
            and _fits(self.subtype, other.subtype)
            and all(
                dict(other.parameters).get(name, value) == value for name, value in self.parameters
            )
        )


def _fits(one: str, other: str) -> bool:
    return one == other or "*" in (one, other)


def parse_media_type(text: str) -> MediaType:
    """Read a media type from a header or a document; nonsense covers nothing but itself."""
    essence, *rest = (piece.strip() for piece in text.lower().split(";"))
    kind, _, subtype = essence.partition("/")
    pairs = [piece.partition("=")[::2] for piece in rest if "=" in piece]
    quality = next((value for name, value in pairs if name.strip() == "q"), "1")
    parameters = tuple(
        (name.strip(), "utf-8" if value == "utf8" else value)
        for name, quoted in pairs
        if name.strip() not in {"q", "boundary"} and (value := quoted.strip().strip('"'))
    )
    return MediaType(kind, subtype, parameters, _number(quality))


def essence(text: str) -> str:
    """Return a media type without its parameters, in lower case (RFC 9110, 8.3.1)."""
    return text.partition(";")[0].strip().lower()


def is_json(text: str) -> bool:
    """Tell whether a media type is JSON: `application/json`, `text/json`, `*/*+json`."""
    kind = essence(text)
    return kind in {"application/json", "text/json"} or kind.endswith("+json")


def is_xml(text: str) -> bool:
    """Tell whether a media type is XML (RFC 7303)."""
    kind = essence(text)
    return kind in {"application/xml", "text/xml"} or kind.endswith("+xml")


def covers(pattern: str, media: str) -> bool:
    """Tell whether a range such as `application/*` takes in a media type, parameters aside."""
    wide, narrow = essence(pattern), essence(media)
    if wide in {narrow, "*/*", "*"}:
        return True
    return wide.endswith("/*") and narrow.startswith(wide[:-1])


def most_specific(media: str, declared: Iterable[str]) -> str | None:
    """Return the declared media type that speaks of a stated one, or None."""
    found = [other for other in declared if covers(other, media)]
    exact = [o for o in found if o == media] or [o for o in found if "*" not in o]
    return next(iter(exact + sorted(found, key=len, reverse=True)), None)


def matching(wanted: str, declared: Iterable[str]) -> list[str]:
    """Return the declared types that a stated one may mean, the most specific first."""
    asked = parse_media_type(wanted)
    found = [each for each in declared if parse_media_type(each).overlaps(asked)]
    return sorted(found, key=lambda each: each.count("*"))


def same_accept(one: str, other: str) -> bool:
    """Tell whether two Accept headers mean the same, however they are spaced and capitalized."""
    mine, yours = ([parse_media_type(each) for each in text.split(",")] for text in (one, other))
    return mine == yours and all(each.subtype for each in mine)


def acceptable(accept: str, declared: Iterable[str]) -> list[str]:
    """Return the declared types that an Accept header allows, all of them where it is empty."""
    ranges = [parse_media_type(piece) for piece in accept.split(",") if piece.strip()]
    wanted = [each for each in ranges if each.quality > 0]
    if not ranges:
        return list(declared)
    return [e for e in declared if any(w.overlaps(parse_media_type(e)) for w in wanted)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
