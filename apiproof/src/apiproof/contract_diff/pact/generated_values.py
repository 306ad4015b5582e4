"""What generators put into a request: it is sent in the example's place, so it is what is judged.

Source: Pact specification 3 and 4, "Generators". What a provider state or a server's address will
put there nobody can tell; those generators stay with the request.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from apiproof.contract_diff.pact.matchers import date_sample
from apiproof.pacts.reading import Request, Step, parse_expression

_UUIDS: Final = {
    "simple": "0123456789abcdef0123456789abcdef",
    "upper-case-hyphenated": "01234567-89AB-4DEF-8123-456789ABCDEF",
    "URN": "urn:uuid:01234567-89ab-4def-8123-456789abcdef",
}
_UUID: Final = "01234567-89ab-4def-8123-456789abcdef"
_LONGEST: Final = 1000


def with_generated(request: Request) -> Request:
    """The request as it is sent, as far as its generators can be told."""
    if not request.generators:
        return request
    body = request.body
    content = copy.deepcopy(body.content) if body else None
    texts = {
        "header": {name: list(values) for name, values in request.headers.items()},
        "query": {name: list(values) for name, values in request.query.items()},
    }
    kept: dict[str, Any] = {}
    for category, entries in request.generators.items():
        where = "header" if category == "headers" else category
        for key, generator in entries.items() if isinstance(entries, Mapping) else ():
            value = _sample(generator)
            if value is not None and where == "body" and _is_inside(key):
                content = _put(content, parse_expression(key), value)
            elif value is not None and where in texts:
                _put_text(texts[where], key, str(value))
            else:
                kept.setdefault(category, {})[key] = generator
    return replace(
        request,
        headers={name: tuple(values) for name, values in texts["header"].items()},
        query={name: tuple(values) for name, values in texts["query"].items()},
        body=replace(body, content=content) if body and body.is_json else body,
        generators=kept,
    )


def _is_inside(key: str) -> bool:
    return bool(parse_expression(key))


def _sample(generator: Any) -> Any:  # noqa: PLR0911 - a table of kinds
    options = generator if isinstance(generator, Mapping) else {}
    match options.get("type"):
        case "RandomInt":
            return options.get("min", 0)
        case "RandomDecimal":
            return 1.5
        case "RandomBoolean":
            return True
        case "RandomString":
            return "a" * _length(options.get("size"), 20)
        case "RandomHexadecimal":
            return "a" * _length(options.get("digits"), 10)
        case "Uuid":
            return _UUIDS.get(str(options.get("format")), _UUID)
        case "Date" | "Time" | "DateTime" as kind:
            stated = options.get("format")
            return date_sample(str(stated) if stated else None, str(kind).lower())
    return None


def _length(stated: Any, default: int) -> int:
    return min(stated, _LONGEST) if isinstance(stated, int) and stated >= 0 else default


def _put(value: Any, place: Sequence[Step], new: Any) -> Any:
    """The value with something else at a place, a star being every item and every name."""
    if not place:
        return new
    head, rest = place[0], place[1:]
    if isinstance(value, list):
        chosen = range(len(value)) if head == "*" else [head] if isinstance(head, int) else []
        return [_put(item, rest, new) if n in chosen else item for n, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            name: _put(item, rest, new) if head in ("*", name) else item
            for name, item in value.items()
        }
    return value


def _put_text(texts: dict[str, list[str]], key: str, new: str) -> None:
    name, *rest = (key,) if not key.startswith("$") and "[" not in key else parse_expression(key)
    number = rest[0] if rest and isinstance(rest[0], int) else None
    for written, values in texts.items():
        if written.lower() == str(name).lower():
            texts[written] = [
                new if number in (None, place) else value for place, value in enumerate(values)
            ]
