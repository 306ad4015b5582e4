"""Which parts of a request a generator replaces before it is sent: their examples prove nothing.

Source: Pact specification 3, "Generators"; ProviderState generators take values from the
provider itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apiproof.pacts.reading import Request, Step, parse_expression

_CATEGORIES: Final = {"headers": "header"}


def is_replaced(request: Request, place: str) -> bool:
    """Whether the value at a place of the request, a JSON path under it, is generated."""
    if not request.generators:
        return False
    part, *rest = parse_expression(place.removeprefix(".request")) or ("",)
    entries = request.generators.get(_CATEGORIES.get(str(part), str(part)))
    if not isinstance(entries, Mapping):
        return False
    if part == "path":
        return bool(entries)
    if part == "body":
        location = request.body.location if request.body else "body"
        return any(_same(parse_expression(key), rest[location.count(".") :]) for key in entries)
    return any(key == rest[0] or _same(_name(key), rest[:1]) for key in entries) if rest else False


def _name(key: str) -> Sequence[Step]:
    return parse_expression(key)[:1]


def _same(expression: Sequence[Any], place: Sequence[Any]) -> bool:
    return len(expression) == len(place) and all(
        wanted in ("*", actual) for wanted, actual in zip(expression, place, strict=True)
    )
