"""A property that hardly meets its premise fails, though every example passed."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from apiproof.strategies import reach

CLAIMS = {  # examples, the number below which one is small, whether that is too rare
    "often": (40, 60, False),
    "rarely": (40, 1, True),
    "never": (40, 0, True),
    "too_few_examples_to_tell": (4, 0, False),
}
HEAD = """
from hypothesis import given, settings, strategies as st
from apiproof.strategies.reach import premise
"""
PROPERTY = """
@settings(max_examples={examples}, database=None, derandomize=True)
@given(number=st.integers(0, 99))
def test_{name}(number):
    if premise("{name} small", number < {below}, share=0.2):
        assert number >= 0
"""


def test_the_share_of_examples_that_meet_a_premise_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    text = "".join(
        PROPERTY.format(name=name, examples=examples, below=below)
        for name, (examples, below, _) in CLAIMS.items()
    )
    path.write_text(HEAD + text, encoding="utf-8")
    options = ["-q", "-rA", "-p", "no:randomly", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pytest", *options, path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    for name, (_, _, is_rare) in CLAIMS.items():
        assert (f"FAILED test_it.py::test_{name}" in done.stdout) is is_rare, done.stdout
        assert (f"PASSED test_it.py::test_{name}" in done.stdout) is not is_rare, done.stdout
        assert (f"'{name} small' held in" in done.stdout) is is_rare, done.stdout


@settings(max_examples=20)
@given(met=st.booleans())
def test_a_premise_says_whether_it_is_met(*, met: bool) -> None:
    assert reach.premise("met", met, share=0) is met
