"""Arrays: why the values of one branch are not all admitted by another."""

from __future__ import annotations

from collections.abc import Iterator

from apiproof.contract_diff.document.branch import Branch, Conjunction, Site
from apiproof.contract_diff.document.escape import Escape, Judge, hard, under
from apiproof.contract_diff.document.scalars import size_escapes


def array_escapes(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    """Compare items place by place, then sizes, uniqueness and `contains`."""
    most = min((mark.value for mark in sub.get("most")), default=None)
    places = max((len(row.prefix) for row in sub.rows + sup.rows), default=0)
    for place in range(places + 1):
        one, other = item_of(sub, place), item_of(sup, place)
        if (most is not None and place >= most) or not judge.sub.branches(one):
            most = min(place, place if most is None else most)
            break
        if not judge.sup.branches(other):
            if not any(mark.value <= place for mark in sup.get("most")):
                yield Escape("max-items", sub.pointer, other[0].pointer, (), None, place)
            break
        found = judge.escapes(one, other)
        yield from under("*" if place == places else str(place), found)
    yield from size_escapes(sub, sup, most_of=most)
    unique = sup.get("unique")
    if unique and not sub.get("unique") and (most is None or most > 1):
        yield Escape("unique-items", sub.pointer, unique[0].pointer)
    for mark in sup.get("contains"):
        if not _contains(judge, sub, *mark.value):
            yield Escape("contains", sub.pointer, mark.pointer)


def item_of(branch: Branch, place: int) -> Conjunction:
    """Return all schemas that the item at a place must satisfy; none when it is free."""
    sites = (row.prefix[place] if place < len(row.prefix) else row.rest for row in branch.rows)
    return tuple(dict.fromkeys(site for site in sites if site is not None))


def _contains(judge: Judge, sub: Branch, site: Site, least: int) -> bool:
    own = [mark.value for mark in sub.get("contains")]
    if any(count >= least and not hard(judge.escapes((other,), (site,))) for other, count in own):
        return True
    sure = max((mark.value for mark in sub.get("least")), default=0)
    places = max((len(row.prefix) for row in sub.rows), default=0)
    every = (item_of(sub, place) for place in range(places + 1))
    return sure >= least and not any(hard(judge.escapes(items, (site,))) for items in every)
