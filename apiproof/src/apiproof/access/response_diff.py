"""Whether two answers say the same, apart from what differs between any two answers.

Ids that were sent are blanked, and so is whatever differs between two answers that mean the same
(times, request ids). It must not know what the answers are about.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from apiproof.access.http import Response

_COUNT = re.compile(r"count|total|size|length|pages", re.IGNORECASE)
_REQUEST_IDS = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Return a JSON value's leaves by path."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {f"{path}{{}}": sorted(map(str, value))}
        for name, part in value.items():
            found |= flatten(part, f"{path}/{name}")
        return found
    if isinstance(value, list):
        found = {f"{path}[]": len(value)}
        for place, part in enumerate(value):
            found |= flatten(part, f"{path}/{place}")
        return found
    return {path: value}


def normalize(response: Response, ids: Iterable[Any]) -> dict[str, Any]:
    """Return what an answer says, without the ids that the request itself named."""
    body = response.json
    parts = {"text": response.text} if body is None else flatten(body)
    known = sorted({str(value) for value in ids}, key=len, reverse=True)

    def blank(value: Any) -> Any:
        if not isinstance(value, str | int) or isinstance(value, bool):
            return value
        text = str(value)
        for item in known:
            text = re.sub(rf"(?<!\w){re.escape(item)}(?!\w)", "{id}", text)
        return _REQUEST_IDS.sub("{uuid}", text)

    challenge = response.headers.get("www-authenticate", "")
    return {name: blank(value) for name, value in parts.items()} | {
        "status": response.status,
        "challenge": challenge,
    }


def diff(one: Mapping[str, Any], other: Mapping[str, Any], *, times: bool = True) -> set[str]:
    """Return the paths at which two essences differ.

    Args:
        one: An essence.
        other: Another.
        times: Whether a time that became another time counts.
    """
    return {
        name
        for name in {*one, *other}
        if one.get(name, _ABSENT) != other.get(name, _ABSENT)
        and (times or not (is_time(one.get(name)) and is_time(other.get(name))))
    }


def differ_as_counted(answers: Sequence[Response]) -> bool:
    """Whether answers, in their order, differ in how often they were asked for and in times alone.

    Whoever asked, a counter goes up by the same step with each of them; what is drawn anew for each
    does not.

    Args:
        answers: Four and more to the same request: of three, any two steps may be alike by chance.
    """
    parts = [normalize(one, ()) for one in answers]
    moved = {name for one in parts for name in diff(parts[0], one, times=False)}
    if not moved or any(one.json is None for one in answers):
        return not moved
    values = [flatten(one.json) for one in answers]
    return all(_counts([one.get(name) for one in values]) for name in moved)


def _counts(values: Sequence[Any]) -> bool:
    if any(not isinstance(one, int) or isinstance(one, bool) for one in values):
        return False
    steps = {after - before for before, after in pairwise(values)}
    return len(steps) == 1 and min(steps) > 0


def says_no_more(less: Any, more: Any) -> bool:
    """Whether a JSON value says nothing that another one does not: members and items may lack."""
    if less is None:
        return True
    if isinstance(less, Mapping) and isinstance(more, Mapping):
        return all(
            (_COUNT.search(str(name)) and _is_lower(part, more.get(name)))
            or says_no_more(part, more.get(name))
            for name, part in less.items()
        )
    if isinstance(less, list) and isinstance(more, list):
        return all(any(says_no_more(part, other) for other in more) for part in less)
    return bool(less == more) or (is_time(less) and is_time(more))


def _is_lower(count: Any, other: Any) -> bool:
    return isinstance(count, int) and isinstance(other, int) and count <= other


def is_time(value: Any) -> bool:
    """Whether a value is a date and a time."""
    return bool(re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", str(value)))


_ABSENT = object()
