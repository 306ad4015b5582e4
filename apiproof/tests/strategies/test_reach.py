"""A property that hardly meets its premise fails, though every example passed."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiproof.strategies import reach

PROPERTY = """
from hypothesis import given, settings, strategies as st
from apiproof.strategies.reach import premise

@settings(max_examples={examples}, database=None, derandomize=True)
@given(number=st.integers(0, 99))
def test_claim(number):
    if premise("the number is small", number < {below}, share=0.2):
        assert number >= 0
"""


@pytest.mark.parametrize(
    ("examples", "below", "code"),
    [(40, 60, 0), (40, 1, 1), (40, 0, 1), (4, 0, 0)],
    ids=["often", "rarely", "never", "too few examples to tell"],
)
def test_the_share_of_examples_that_meet_a_premise_is_judged(
    tmp_path: Path, examples: int, below: int, code: int
) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(PROPERTY.format(examples=examples, below=below), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("'the number is small' held in" in done.stdout) is bool(code)


@settings(max_examples=20)
@given(met=st.booleans())
def test_a_premise_says_whether_it_is_met(*, met: bool) -> None:
    assert reach.premise("met", met, share=0) is met
