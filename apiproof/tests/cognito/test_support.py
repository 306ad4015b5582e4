import subprocess
import sys
from pathlib import Path

import pytest

from tests.cognito.support import COMMAND, cases

ROOT = Path(__file__).parents[2]


def test_support_table_is_what_the_tests_show() -> None:
    """In a process of its own: here an emulator may be answering for boto3 already."""
    run = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, *COMMAND.split()[1:], "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_behaviour_names_its_sources() -> None:
    for case in cases():
        sources = set(case.behaviour.sources.split(", "))
        assert sources, case.behaviour.claim
        assert sources <= {"M", "D", "I", "R"}, case.behaviour.claim


def test_every_claim_is_made_once() -> None:
    tests: dict[tuple[str, str], set[str]] = {}
    for case in cases():
        tests.setdefault((case.group, case.behaviour.claim), set()).add(case.test.__name__)
    doubled = {claim: names for claim, names in tests.items() if len(names) > 1}
    assert not doubled


@pytest.mark.parametrize("claim", ["a wrong sign-up code is refused", "refresh tokens expire"])
def test_vital_behaviours_are_among_them(claim: str) -> None:
    assert any(case.behaviour.claim == claim and case.behaviour.vital for case in cases())
