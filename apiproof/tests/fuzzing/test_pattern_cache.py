"""Cached strategies for patterns: what is drawn stays the same, what is built is built once."""

import re
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal import regex as hypothesis_regex
from schemathesis import Config
from schemathesis.generation.hypothesis import canonical_strategy_cache
from schemathesis.generation.modes import GenerationMode
from schemathesis.openapi import from_dict

from apiproof.fuzzing.pattern_cache import SEAM, cached_patterns
from tests.fuzzing.documents import posting

OLD = tuple(int(part) for part in version("hypothesis").split(".")[:2]) < (6, 160)
pytestmark = pytest.mark.skipif(OLD, reason="this Hypothesis builds strategies otherwise")

PATTERNS = (
    r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}\Z",
    r"^\d{4}-\d{2}-\d{2}$",
    r"(?i)(ab|cd)+(?P<q>['\"]).*(?P=q)",
    r"^[^\x00-\x1f]*[A-Z][^\x00-\x1f]*\Z",
    r"[λ-ωЖ-я¡-¬®-ͷ]{2,5}",
    r"^(?!admin)\w+$",
)


def drawn(
    make: Callable[[], st.SearchStrategy[Any]], number: int, examples: int = 30
) -> list[object]:
    """What one seed draws; the strategy is made anew for each draw, as Schemathesis makes it."""
    values: list[object] = []

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 3).flatmap(lambda _: make()))
    def test(value: object) -> None:
        values.append(value)

    test()
    return values


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The patterns that Hypothesis builds strategies of."""
    patterns: list[str] = []
    original = getattr(hypothesis_regex, SEAM)

    def counted(regex: re.Pattern[str], **options: Any) -> Any:
        patterns.append(regex.pattern)
        return original(regex, **options)

    monkeypatch.setattr(hypothesis_regex, SEAM, counted)
    return patterns


def test_the_seam_is_where_the_cache_expects_it() -> None:
    assert callable(getattr(hypothesis_regex, SEAM))
    original = getattr(hypothesis_regex, SEAM)
    with cached_patterns():
        assert getattr(hypothesis_regex, SEAM) is not original
    assert getattr(hypothesis_regex, SEAM) is original


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("number", [0, 7, 2026])
def test_the_same_seed_draws_the_same(pattern: str, number: int) -> None:
    def make() -> st.SearchStrategy[str]:
        # A new alphabet each time, as Schemathesis makes it.
        alphabet = st.characters(codec="utf-8", exclude_characters="\x00")
        return st.from_regex(re.compile(pattern), alphabet=alphabet)

    without = drawn(make, number)
    with cached_patterns():
        first = drawn(make, number)
        second = drawn(make, number)  # nothing is left of the first
    assert first == without
    assert second == without
    assert len(set(map(str, without))) > 1


def test_a_pattern_is_built_once(built: list[str]) -> None:
    def make() -> st.SearchStrategy[str]:
        # Unequal expressions of the same alphabet: Hypothesis' own cache takes them for different.
        return st.from_regex(re.compile(PATTERNS[0]), alphabet=st.sampled_from(["a", "b"]))

    with cached_patterns():
        drawn(make, 0)
        drawn(make, 1)
    assert built == [PATTERNS[0]]


def test_alphabets_and_flags_are_kept_apart() -> None:
    def of(alphabet: str, flags: int = 0) -> Callable[[], st.SearchStrategy[str]]:
        regex = re.compile("[a-z]+", flags)
        return lambda: st.from_regex(regex, fullmatch=True, alphabet=st.sampled_from(alphabet))

    with cached_patterns():
        assert set("".join(map(str, drawn(of("abXY"), 0)))) == {"a", "b"}
        assert set("".join(map(str, drawn(of("cd"), 0)))) == {"c", "d"}
        assert "X" in "".join(map(str, drawn(of("abXY", re.IGNORECASE), 0)))
        assert drawn(lambda: st.from_regex(b"[a-b]+", fullmatch=True), 0)[0] in {b"a", b"b"}


def test_threads_share_it() -> None:
    found: dict[int, list[object]] = {}

    def draw(number: int) -> None:
        found[number] = drawn(lambda: st.from_regex(PATTERNS[1]), 5)

    with cached_patterns():
        threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 4
    assert all(values == found[0] for values in found.values())


def test_schemathesis_generates_the_same_cases(built: list[str]) -> None:
    schema = {
        "type": "object",
        "required": ["name", "day"],
        "properties": {
            "name": {"type": "string", "pattern": PATTERNS[0]},
            "day": {"type": "string", "pattern": PATTERNS[1]},
        },
    }

    def cases() -> list[object]:
        canonical_strategy_cache.clear()  # Schemathesis' own, for whole schemas
        loaded = from_dict(posting(schema), config=Config())  # none of a project
        strategy = loaded["/things"]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE)
        return [case.body for case in drawn(lambda: strategy, 3, 60)]  # type: ignore[attr-defined]

    without = cases()
    many = len(built)
    with cached_patterns():
        assert cases() == without
    assert 0 < len(built) - many < many
