"""What is measured of each property, and when it is too much."""

from typing import Any

import pytest

from tests.property.conftest import judge


def statistics(**statuses: int) -> dict[str, Any]:
    cases = [{"status": name} for name, count in statuses.items() for _ in range(count)]
    return {"generate-phase": {"test-cases": cases, "duration-seconds": 0.5}}


def test_examples_discards_and_seconds_reach_the_report() -> None:
    """Planted: overruns, which are probes of Hypothesis's own, counted as discards."""
    noted: list[tuple[str, object]] = []
    judge(noted, statistics(valid=90, invalid=10, overrun=40))
    assert noted == [
        ("examples", 90),
        ("discarded", 10),
        ("seconds", 0.5),
    ]


def test_more_than_a_tenth_discarded_fails() -> None:
    """Planted: the comparison left out."""
    with pytest.raises(pytest.fail.Exception, match="11 of 100 examples were discarded"):
        judge([], statistics(valid=89, invalid=11))
