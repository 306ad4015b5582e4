"""Measures every property: how many examples, how many discarded, how long; too many fail it.

The numbers travel as properties of the test's report, so that they reach `--junitxml` also from
parallel workers; `tests/bench/properties.py` makes a table of them.
"""

from collections.abc import Generator
from typing import Any

import pytest
from hypothesis.statistics import collector

from tests.every_answer import every_answer_is_whole
from tests.leftovers import nothing_is_left

__all__ = ["every_answer_is_whole", "nothing_is_left"]  # fixtures

# Of all examples, those that `assume` and filters may throw away.
MOST_DISCARDED = 0.10


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Listen to Hypothesis's statistics beside its own plugin, and judge them."""
    listen: Any = collector.value
    found: list[dict[str, Any]] = []

    def both(statistics: dict[str, Any]) -> None:
        found.append(statistics)
        if listen is not None:
            listen(statistics)

    with collector.with_value(both):  # type: ignore[arg-type]  # it is typed by its default
        result = yield
    for statistics in found:
        judge(item.user_properties, statistics)
    return result


def judge(noted: list[tuple[str, object]], statistics: dict[str, Any]) -> None:
    """Note what was measured, and fail a test that threw too much away."""
    phase = statistics.get("generate-phase", {})
    cases = phase.get("test-cases", [])
    # Hypothesis itself probes for small examples that then overrun: they are no discards of ours.
    discarded = sum(case["status"] == "invalid" for case in cases)
    kept = sum(case["status"] == "valid" for case in cases)
    noted += [
        ("examples", kept),
        ("discarded", discarded),
        ("seconds", round(phase.get("duration-seconds", 0.0), 3)),
    ]
    if discarded > MOST_DISCARDED * (kept + discarded):
        pytest.fail(
            f"{discarded} of {kept + discarded} examples were discarded, more than "
            f"{MOST_DISCARDED:.0%}: draw what is wanted instead of filtering.",
            pytrace=False,
        )
