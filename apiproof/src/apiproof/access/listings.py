"""Lists: nobody's list holds what somebody else made, on no page and under no filter.

It must not know single objects. Source: OWASP API1:2023.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.exchange import Answer, Request
from apiproof.access.identities import Person
from apiproof.access.matrix import Cell, Finding, judged, untried
from apiproof.access.ownership import CHECK, SHARED
from apiproof.access.scene import Made, Scene, Unexercised
from apiproof.access.staging import Stage
from apiproof.jwt import NotMade
from apiproof.openapi.document import Operation

ITEMS = 2  # that each of the two makes
PAGES = 6
_LIMITS = ("limit", "page_size", "size", "per_page", "pageSize", "perPage", "count", "top")
_OFFSETS = ("offset", "skip", "start")
_NUMBERS = ("page", "page_number", "pageNumber")
_OWNER_FILTERS = ("owner", "owner_id", "user", "user_id", "sub", "username", "email", "created_by")


class Listings:
    """Looks for one user's objects in another's lists."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try one list.

        Raises:
            Unexercised: There is no request to replay.
        """
        creators = self._stage.creators.of_list(operation)
        listing = operation.method == "GET" and not operation.path.endswith("}")
        if not listing or not creators or not operation.secured or operation.definition.get(SHARED):
            return
        scene = self._stage.scene(operation, person=self._stage.newcomer())
        try:
            other = self._stage.identities.other(scene.person)
            theirs = [self._stage.make(creators[0], scene) for _ in range(ITEMS)]
            mine = self._stage.scene(operation, person=other)
            for _ in range(ITEMS - 1):
                self._stage.make(creators[0], mine)
        except (NotMade, Unexercised) as reason:
            yield untried(operation, "listing", str(reason)), []
            return
        shown = self._answers(scene.request, scene)
        if not any(_holds(answer, made) for answer in shown for made in theirs):
            yield untried(operation, "listing", "its owner's list does not show a new object"), []
            return
        requests = list(self._requests(mine.request, scene.person))
        if scene.made:  # a list inside an object of the owner's
            requests.append(scene.request)
        answers = [answer for request in requests for answer in self._answers(request, mine)]
        leaked = [answer for answer in answers if any(_holds(answer, made) for made in theirs)]
        note = "another user's list holds what somebody else made" if leaked else ""
        yield judged(operation, CHECK, "listing", leaked[:1] or answers[:1], note)

    def _requests(self, request: Request, owner: Person) -> Iterator[Request]:
        """Yield the plain list, and the list filtered by its owner where there is such a filter."""
        yield request
        for parameter in self._stage.contents.parameters(request.operation):
            name = str(parameter.get("name"))
            if parameter.get("in") == "query" and name.lower() in _OWNER_FILTERS:
                for value in owner.attributes.values():
                    yield _asking(request, {name: value})

    def _answers(self, request: Request, scene: Scene) -> Iterator[Answer]:
        """Yield the list as it comes, then page by page, one object each."""
        yield self._stage.caller.send(request, scene.presented)
        names = [
            str(parameter["name"])
            for parameter in self._stage.contents.parameters(request.operation)
            if parameter.get("in") == "query"
        ]
        limit = next((name for name in _LIMITS if name in names), None)
        place = next((name for name in (*_OFFSETS, *_NUMBERS) if name in names), None)
        if limit is None or place is None:
            return
        for number in range(PAGES):
            first = number + (place in _NUMBERS)
            page = _asking(request, {limit: 1, place: first})
            yield self._stage.caller.send(page, scene.presented)


def _asking(request: Request, query: dict[str, Any]) -> Request:
    content = request.content
    return replace(request, content=replace(content, query={**content.query, **query}))


def _holds(answer: Answer, made: Made) -> bool:
    """Whether a list holds an object: the same id, and nothing that contradicts."""
    whole = made.answer.json if isinstance(made.answer.json, Mapping) else {}
    return answer.ok and any(_is(item, made, whole) for item in _items(answer.json))


def _is(item: Mapping[str, Any], made: Made, whole: Mapping[str, Any]) -> bool:
    names = [made.parameter, "id", *(name for name in whole if whole[name] == made.value)]
    if not any(str(item.get(name)) == str(made.value) for name in names):
        return False
    return all(item[name] == whole[name] for name in item if name in whole)


def _items(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _items(part)
    elif isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _items(part)
