"""Passwords by a pool's policy, and each way to break it.

It knows a `PasswordPolicy` and what Cognito counts as which kind of character.

Source: AWS developer guide, "Password policies".
"""

import string
from dataclasses import dataclass

from hypothesis import strategies as st

from apiproof.cognito import PasswordPolicy
from apiproof.cognito.validation import SYMBOLS

LONGEST = 256
_SPACE = " "
_VISIBLE_SYMBOLS = "".join(sorted(SYMBOLS - {_SPACE}))
_CLASSES = {
    "no-lowercase": ("require_lowercase", string.ascii_lowercase),
    "no-uppercase": ("require_uppercase", string.ascii_uppercase),
    "no-number": ("require_numbers", string.digits),
    "no-symbol": ("require_symbols", _VISIBLE_SYMBOLS),
}


@dataclass(frozen=True)
class Broken:
    """A password that breaks exactly one rule, and the rule's name."""

    rule: str
    password: str


def rules(policy: PasswordPolicy) -> tuple[str, ...]:
    """Name every rule of a policy that a password can break."""
    classes = [rule for rule, (name, _) in _CLASSES.items() if getattr(policy, name)]
    return ("too-short", "too-long", "leading-space", "trailing-space", *classes)


def _required(policy: PasswordPolicy, without: str = "") -> list[str]:
    return [
        alphabet
        for rule, (name, alphabet) in _CLASSES.items()
        if getattr(policy, name) and rule != without
    ]


def _filler(without: str = "") -> st.SearchStrategy[str]:
    """Draw single characters: ASCII of the classes allowed, and letters that count as none."""
    allowed = "".join(alphabet for rule, (_, alphabet) in _CLASSES.items() if rule != without)
    # Letters, numbers and symbols beyond ASCII belong to no class of Cognito's.
    beyond = st.characters(min_codepoint=0xA1, categories=["L", "N", "S", "P"])
    return st.one_of(st.sampled_from(allowed), beyond)


@st.composite
def _shaped(
    draw: st.DrawFn, required: list[str], filler: st.SearchStrategy[str], length: tuple[int, int]
) -> str:
    """Draw a text of some length with a character of each required alphabet, in any order."""
    shortest, longest = length
    needed = [draw(st.sampled_from(alphabet)) for alphabet in required]
    size = draw(st.sampled_from([shortest, longest]) | st.integers(shortest, longest))
    size = max(size, len(needed))
    drawn = draw(st.lists(filler, min_size=1, max_size=min(12, max(size, 1))))
    padding = (drawn * size)[: size - len(needed)]
    return "".join(draw(st.permutations(needed + padding[:12])) + padding[12:])


@st.composite
def passwords(draw: st.DrawFn, policy: PasswordPolicy | None = None) -> str:  # noqa: D417 - draw is Hypothesis's
    """Draw passwords that a policy admits, from the shortest to the longest.

    A space inside counts as a symbol, and may be the only one.

    Args:
        policy: None for Cognito's default.
    """
    policy = policy or PasswordPolicy()
    spaced = draw(st.booleans())
    without = "no-symbol" if spaced else ""
    lengths = (max(policy.minimum_length, 1) - spaced, LONGEST - spaced)
    text = draw(_shaped(_required(policy, without), _filler(without), lengths))
    if not spaced or len(text) < 2:
        return text
    place = draw(st.integers(1, len(text) - 1))
    return text[:place] + _SPACE + text[place:]


@st.composite
def broken_passwords(  # noqa: D417 - draw is Hypothesis's
    draw: st.DrawFn, policy: PasswordPolicy | None = None, rule: str | None = None
) -> Broken:
    """Draw passwords that break exactly one rule of a policy, with the rule's name.

    Args:
        policy: None for Cognito's default.
        rule: one of `rules(policy)`; None for any.
    """
    policy = policy or PasswordPolicy()
    rule = rule or draw(st.sampled_from(rules(policy)))
    least = max(policy.minimum_length, 1)
    if rule == "too-short":
        return Broken(rule, draw(_too_short(policy)))
    if rule == "too-long":
        lengths = (LONGEST + 1, LONGEST + 64)
        return Broken(rule, draw(_shaped(_required(policy), _filler(), lengths)))
    if rule in {"leading-space", "trailing-space"}:
        text = draw(_shaped(_required(policy), _filler(), (least, LONGEST - 1)))
        return Broken(rule, _SPACE + text if rule == "leading-space" else text + _SPACE)
    return Broken(rule, draw(_shaped(_required(policy, rule), _filler(rule), (least, LONGEST))))


@st.composite
def _too_short(draw: st.DrawFn, policy: PasswordPolicy) -> str:
    """Draw a short text that keeps the other rules wherever there is room for that."""
    required = _required(policy)
    longest = policy.minimum_length - 1
    if longest < 1 or draw(st.integers(0, 9)) == 0:
        return ""
    return draw(_shaped(required[:longest], _filler(), (min(len(required), longest), longest)))
