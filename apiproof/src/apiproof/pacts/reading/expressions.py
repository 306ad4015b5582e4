"""Path expressions of matching rules: `$.body.items[*]['a.b'].c` and what they point at.

Source: Pact specification 3, "Matching Rules Paths"; a subset of JSONPath with names,
indexes and stars.
"""

import re
from collections.abc import Sequence
from typing import Final

Step = str | int
"""A name, an index, or `*`: any of them."""

ANY: Final = "*"
_TOKEN = re.compile(
    r"""\.?\[ \s* (?: '(?P<single>[^']*)' | "(?P<double>[^"]*)" | (?P<index>\d+) | (?P<star>\*) )
    \s* \] | \.?(?P<name>[^.\[\]]+)""",
    re.VERBOSE,
)


def parse_expression(expression: str) -> tuple[Step, ...]:
    """The steps of an expression without its leading `$`; unreadable rests are left out."""
    rest = expression.strip().removeprefix("$")
    return tuple(_step(found) for found in _TOKEN.finditer(rest))


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    return next(
        (text for text in (found["single"], found["double"], found["name"]) if text is not None),
        ANY,
    )


def weight(expression: Sequence[Step], place: Sequence[Step]) -> int:
    """How specifically an expression points at a place, 0 where it doesn't.

    A named step weighs 2 and a star 1, multiplied over the steps, as the specification says;
    an expression shorter than the place points at all that lies below.
    """
    if len(expression) > len(place):
        return 0
    product = 1
    for wanted, actual in zip(expression, place, strict=False):
        if wanted == actual:
            product *= 2
        elif wanted != ANY:
            return 0
    return product


def show(steps: Sequence[Step]) -> str:
    """Steps as the tail of a JSON path: `.items[0]['a.b']`."""
    return "".join(_shown(step) for step in steps)


def _shown(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if step == ANY:
        return "[*]"
    return f".{step}" if re.fullmatch(r"[A-Za-z_][\w-]*", step) else f"['{step}']"
