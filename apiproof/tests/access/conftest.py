"""What all tests of the access probe have in common."""

import pytest

from apiproof.jwt import guessing


@pytest.fixture(autouse=True)
def _few_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guess short numbers only: a million of them for each token was a fifth of these tests' time.

    Whether all are tried is tested in tests/jwt/test_guessing.py.
    """
    monkeypatch.setattr(guessing, "DIGITS", 3)
