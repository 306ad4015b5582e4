"""Strategies that know this API: bounds of random numbers as its document admits them, and so on.

What any project could use is in `apiproof.strategies`.
"""

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from apiproof.strategies import passwords
from apiproof.strategies import signups as pool_signups
from tests.service import SERVICE


def few(share: float) -> settings:
    """Set how many examples a dear test gets, as a share of what the profile gives."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))


_FIRST = string.ascii_letters + string.digits
_LATER = _FIRST + "._@+-"
_LONGEST = 128


def _spelt(first: str, rest: str) -> str:
    return first + rest


_ENDS = st.text(_LATER, max_size=12)
# Short ones, all signs in turn, and names of the greatest length.
USERNAMES = st.one_of(
    st.builds(_spelt, st.sampled_from(_FIRST), _ENDS),
    st.sampled_from(["a", "0", "A.b_c@d+e-", "a" * _LONGEST, "Z" + "-" * (_LONGEST - 1)]),
)
USERS = pool_signups(names=USERNAMES)

_BROKEN_CHARACTER = st.one_of(
    # What really comes, by pasting and by attack, and letters that lower to ASCII ones.
    st.sampled_from([" ", "\x00", "\n", "/", "'", '"', "%", "\u212a", "\u017f", "\xa0", "\u200b"]),
    st.characters(exclude_characters=_LATER, exclude_categories=["Cs"]),
)
BROKEN_USERNAMES = st.one_of(
    st.just(""),
    st.builds(str.__mul__, st.sampled_from(_FIRST), st.integers(_LONGEST + 1, 2 * _LONGEST)),
    st.builds(_spelt, st.sampled_from("._@+-"), _ENDS),
    st.builds("{}{}{}".format, st.sampled_from(_FIRST), _BROKEN_CHARACTER, _ENDS),
    st.uuids().map(str) | st.uuids().map(lambda name: str(name).upper()),
)


@st.composite
def spellings(draw: st.DrawFn, name: str) -> str:
    """Draw the same name with other capitals."""
    return "".join(draw(st.sampled_from([c.lower(), c.upper()])) for c in name)


@st.composite
def lookalike_names(draw: st.DrawFn, name: str) -> str:
    """Draw a name that looks like another, or nearly, and is another user's."""
    found = [
        name[0] + name[1:].replace(one, other, 1)
        for pair in (("0", "O"), ("1", "l"), ("5", "S"), (".", "_"), ("-", "_"), ("@", "a"))
        for one, other in (pair, pair[::-1])
        if one in name[1:]
    ]
    longer = [name + "_", name + ".", name + "0"] if len(name) < _LONGEST else [name[:-1]]
    others = [other for other in [*found, *longer] if other.lower() != name.lower()]
    return draw(st.sampled_from(others))


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
# Half of them contradict each other.
ANY_ORDER = BOUNDS | BOUNDS.filter(lambda pair: pair[0] < pair[1]).map(lambda pair: pair[::-1])
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


@st.composite
def bounds_beyond(draw: st.DrawFn, *, both: bool) -> tuple[tuple[int, int], dict[str, int]]:
    """Draw bounds and a change past them: of both, so that every number is outside, or of one.

    Args:
        draw: Hypothesis' own.
        both: False for a change of one bound alone, which contradicts the one that stays.
    """
    widest = _schema("RandomCreate")["properties"]["min_value"]
    least, most = widest["minimum"], widest["maximum"]
    inside = st.integers(-20, 20) | st.integers(least + 1, most - 1)
    low, high = sorted((draw(inside), draw(inside)))
    is_above = draw(st.booleans())
    beyond = st.integers(high + 1, most) if is_above else st.integers(least, low - 1)
    if not both:
        return (low, high), {"min_value" if is_above else "max_value": draw(beyond)}
    lower, upper = sorted((draw(beyond), draw(beyond)))
    return (low, high), {"min_value": lower, "max_value": upper}


# Each kind alike often, whatever a derandomized run begins with.
CHANGES = st.sampled_from(
    [
        st.tuples(BOUNDS, UPDATES),
        wider_bounds(),
        bounds_beyond(both=True),
        bounds_beyond(both=False),
    ]
).flatmap(lambda kind: kind)

# What the document says of bounds that contradict each other.
CONTRADICTORY = 409
IDS = st.integers(1, 2**31 - 1)

_NAMES = st.text(
    st.characters(categories=["L", "M", "S", "N", "P"]) | st.just(" "), min_size=1, max_size=253
)
# Spaces at the ends are part of a name.
FULL_NAMES = st.none() | _NAMES | _NAMES.map(" {} ".format)
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
