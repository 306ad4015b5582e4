"""Behaviours: conformance tests that say what the real Cognito does, and how that is known.

A behaviour is a test like any other; `support.py` runs the same functions against plain moto too,
and writes the table. Sources: M the botocore service model, D the AWS developer guide or API
reference, I captured in public issues, R recall, unchecked.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Behaviour:
    """A row of SUPPORT.md.

    Attributes:
        claim: what is shown.
        real: what Cognito answers.
        sources: M, D, I, R.
        vital: whether sign-up, login, verification, reset or logout depend on it.
    """

    claim: str
    real: str
    sources: str
    vital: bool = False


def behaviour(
    claim: str, real: str, sources: str, *, vital: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a row of a test."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        test.behaviour = Behaviour(claim, real, sources, vital=vital)  # type: ignore[attr-defined]  # functions take attributes
        return test

    return mark


class Otherwise(AssertionError):
    """The emulator behaved otherwise; the text is short enough for a table."""


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect an AWS error code."""
    try:
        yield
    except ClientError as error:
        seen = error.response["Error"]["Code"]
        if seen != code:
            raise Otherwise(seen) from error
    else:
        raise Otherwise("accepted")


def require_refusal(code: str, call: Callable[[], object]) -> str:
    """Expect an AWS error code; gives the text."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise Otherwise(str(error.response["Error"]["Code"])) from error
        return str(error.response["Error"]["Message"])
    raise Otherwise("accepted")


def require(holds: object, otherwise: str) -> None:
    """Expect something to hold; `otherwise` says in a few words what it means that it doesn't."""
    if not holds:
        raise Otherwise(otherwise)


def expect(actual: Any, expected: Any, otherwise: str) -> None:
    """Expect a value; `otherwise` says in a few words what it means that it isn't so."""
    if actual != expected:
        error = Otherwise(otherwise)
        error.add_note(f"expected {expected!r}, got {actual!r}")
        raise error
