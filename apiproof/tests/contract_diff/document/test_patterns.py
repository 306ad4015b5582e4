"""Inclusion of regular expressions, against Python's own engine on all short strings."""

from __future__ import annotations

import itertools
import re

import pytest

from apiproof.contract_diff.document.regular_languages import includes

PATTERNS = [
    "", "a", "^a", "a$", "^a$", "^a|b$", "^(a|b)$", "^[ab]+$", "^[^a]*$", "^(ab)*$",
    "^(?:ab){1,2}$", "^a?b*$", "^.{2}$", "^.{0,2}$", "^.{2,}$", r"^\w$", r"^\d*$", r"^[ab]\d$",
    "^$", "^(?:aa|bb)$", "^a+?b$",
]  # fmt: skip
SIZES = range(6)
STRINGS = ["".join(chars) for size in SIZES for chars in itertools.product("ab1-", repeat=size)]


@pytest.mark.parametrize("wider", PATTERNS)
def test_inclusion_is_what_matching_every_short_string_says(wider: str) -> None:
    for narrower in PATTERNS:
        matched = [text for text in STRINGS if re.search(narrower, text)]
        refused = [text for text in matched if not re.search(wider, text)]
        told = f"{narrower!r} within {wider!r}, against: {refused[:3]}"
        assert includes(wider, narrower) is (refused == []), told


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", r"\bword", "(", "a{2", "[b-a]", "x{9999}"])
def test_undecidable_pattern_includes_only_itself(pattern: str) -> None:
    assert includes(pattern, pattern)
    assert not includes(pattern, "^a$")
