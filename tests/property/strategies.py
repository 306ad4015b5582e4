"""Strategies that know this API: bounds of random numbers as its document admits them, and so on.

What any project could use is in `apiproof.strategies`.
"""

from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from apiproof.strategies import passwords
from tests.service import SERVICE


def few(share: float) -> settings:
    """Set how many examples a dear test gets, as a share of what the profile gives."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))


def _schema(name: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = SERVICE.document()["components"]["schemas"][name]
    return document


def _integers(schema: str, member: str) -> st.SearchStrategy[int]:
    """Draw every integer that the document admits, its limits often."""
    declared = _schema(schema)["properties"][member]
    low, high = declared["minimum"], declared["maximum"]
    edges = st.sampled_from([low, low + 1, -1, 0, 1, high - 1, high])
    return st.one_of(st.integers(-20, 20), edges, st.integers(low, high))


LOW, HIGH = _integers("RandomCreate", "min_value"), _integers("RandomCreate", "max_value")
# Any two bounds, in the order that the document asks for in words.
BOUNDS = st.tuples(LOW, HIGH).map(lambda pair: (min(pair), max(pair)))
# What a PATCH may name: nothing, one bound, or both, in any order.
UPDATES = st.fixed_dictionaries({}, optional={"min_value": LOW, "max_value": HIGH})


@st.composite
def wider_bounds(draw: st.DrawFn) -> tuple[tuple[int, int], dict[str, int]]:
    """Draw bounds and a change that leaves every number between them where it is."""
    low, high = draw(BOUNDS)
    widest = _schema("RandomCreate")["properties"]["min_value"]
    wider = {
        "min_value": st.integers(widest["minimum"], low),
        "max_value": st.integers(high, widest["maximum"]),
    }
    names = draw(st.sampled_from([["min_value"], ["max_value"], ["min_value", "max_value"]]))
    return (low, high), {name: draw(wider[name]) for name in names}


# What the document says of bounds that contradict each other.
CONTRADICTORY = 409
IDS = st.integers(1, 2**31 - 1)

FULL_NAMES = st.none() | st.text(
    st.characters(categories=["L", "M", "S", "N", "P"]) | st.just(" "), min_size=1, max_size=255
)
NEW_PASSWORDS = passwords()

MALFORMED_EMAILS = st.sampled_from(
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@@example.com",
        "ada@.example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada @example.com",
        "ada@example.com ",
        "ada@example.com\n",
        "ada@-example.com",
        "ada@exam_ple.com",
        "ada@[127.0.0.1]",
        '"a da"@example.com',
        "ada\x00@example.com",
        "ada@example.com,eve@example.com",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 64 + ".com",
        "ada@" + ("a" * 60 + ".") * 5 + "com",
    ]
)
