"""How often a property meets its premise: counted over its examples, and a failure below a share.

    @given(bounds=BOUNDS, update=UPDATES)
    def test_a_number_outside_the_new_bounds_is_drawn_anew(bounds, update):
        ...
        if premise("the number lies outside", not low <= num <= high, share=0.1):
            assert ...

A claim that is right and met by 1 in 100 examples passes whatever the code does: a run that is
derandomized may never see it. Each premise is also an `event` of `--hypothesis-show-statistics`.
The pytest plugin looks after each test that passed, once it has run `FEWEST` examples.
"""

from dataclasses import dataclass

from hypothesis import event
from hypothesis.control import currently_in_test_context

FEWEST = 8  # examples: of fewer no share can be told


@dataclass
class _Premise:
    share: float
    met: int = 0
    seen: int = 0


_premises: dict[str, _Premise] = {}


def premise(name: str, met: object, *, share: float) -> bool:
    """Count whether an example meets the premise of a claim, and say so.

    Args:
        name: what is so, in words.
        met: whether it is so in this example.
        share: of the examples that must meet it, from 0 to 1.
    """
    counted = _premises.setdefault(name, _Premise(share))
    counted.seen += 1
    counted.met += bool(met)
    if currently_in_test_context():
        event(f"{name}: {bool(met)}")
    return bool(met)


def begin() -> None:
    """Forget what was counted before."""
    _premises.clear()


def too_rare() -> list[str]:
    """Say which premises were met too seldom since `begin`."""
    return [
        f"{name!r} held in {counted.met} of {counted.seen} examples, and should in "
        f"{counted.share:.0%}: the claim behind it was hardly tried."
        for name, counted in _premises.items()
        if counted.seen >= FEWEST and counted.met < counted.share * counted.seen
    ]
