"""Pacts in which anything may stand anywhere: one line that names the place, or a comparison."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apiproof.pacts.reading import PactError, parse_pact
from tests.contract_diff.pact.corpus_cases import CORPUS, comparison

FILES = sorted(CORPUS.glob("good/*.json"))
Place = tuple[str | int, ...]
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "\x00", "$.x", "[", "(", "//", "\u00e9", "a" * 5000,
    [], [None], [[]], {}, {"": 1}, {"a": None}, {"match": "regex", "regex": "("},
    {"match": "type", "min": "x"}, {"matchers": [None]}, {"matchers": {}}, {"contentType": 5},
    {"content": "x", "contentType": 5}, {"content": 5, "encoded": "base64"},
    {"json_class": "Pact::Term"}, {"json_class": "Pact::Term", "data": []},
    {"json_class": "Pact::ArrayLike", "min": 10**9, "contents": {}},
]  # fmt: skip


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    children = value.items() if isinstance(value, dict) else ()
    for key, child in enumerate(value) if isinstance(value, list) else children:
        yield from places(child, (*place, key))


def replaced(document: Any, place: Place, value: Any) -> Any:
    """The document with something else at a place, or without it."""
    whole = copy.deepcopy(document)
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    if value is replaced:
        del inner[place[-1]]
    else:
        inner[place[-1]] = copy.deepcopy(value)
    return whole


@given(st.data())
def test_whatever_stands_in_a_pact_is_compared_or_refused_in_one_line(data: st.DataObject) -> None:
    document = json.loads(data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8"))
    odd = st.sampled_from([*ODD, replaced])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(document))))
        document = replaced(document, place, data.draw(odd))
    refused = ""
    try:
        pact = parse_pact(document, "mutated.json")
    except PactError as why:
        refused = str(why)
    else:
        for name in ("shop", "zoo", "randomizer"):
            comparison(name).findings(pact)
    assert refused == "" or re.match(r"mutated\.json: .+$", refused)
