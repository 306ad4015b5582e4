"""Nothing is mostly filtered: what a strategy throws away costs every test that uses it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.statistics import collector
from hypothesis.strategies import SearchStrategy

from apiproof import strategies

ALL: dict[str, SearchStrategy[Any]] = {
    "broken_passwords": strategies.broken_passwords(),
    "broken_usernames": strategies.broken_usernames(),
    "emails": strategies.emails(),
    "hostile_bodies": strategies.hostile_bodies({"name": "ada", "age": 7}),
    "lookalikes": strategies.lookalikes("ada"),
    "passwords": strategies.passwords(),
    "same_addresses": strategies.same_addresses("ada@example.com"),
    "same_names": strategies.same_names("adakirk"),
    "signups": strategies.signups(),
    "tagged_addresses": strategies.tagged_addresses("ada@example.com"),
    "usernames": strategies.usernames(),
}


def test_every_public_strategy_is_measured() -> None:
    functions = {name for name in strategies.__all__ if name[0].islower()} - {
        "possible_faults",
        "rules",
    }
    assert functions == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_next_to_nothing_is_discarded(name: str) -> None:
    found: list[Any] = []

    @settings(max_examples=200)
    @given(ALL[name])
    def draw(_: Any) -> None:
        pass

    with collector.with_value(found.append):  # type: ignore[arg-type]  # it is typed by its default
        draw()
    cases = found[0]["generate-phase"]["test-cases"]
    discarded = sum(case["status"] == "invalid" for case in cases)
    assert len(cases) > 2
    assert discarded <= 0.05 * len(cases)
