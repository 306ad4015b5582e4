"""Passwords by policy, and each way to break it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.cognito import CognitoError, PasswordPolicy
from apiproof.cognito.validation import check_password
from apiproof.strategies import Broken, broken_passwords, passwords, rules
from tests.strategies.search import drawn

POLICIES = st.builds(
    PasswordPolicy,
    minimum_length=st.integers(6, 99),
    require_lowercase=st.booleans(),
    require_uppercase=st.booleans(),
    require_numbers=st.booleans(),
    require_symbols=st.booleans(),
)
COMPLAINTS = {
    "too-short": "not long enough",
    "too-long": "too long",
    "leading-space": "leading or trailing space",
    "trailing-space": "leading or trailing space",
    "no-lowercase": "lowercase",
    "no-uppercase": "uppercase",
    "no-number": "numeric",
    "no-symbol": "symbol",
}


@given(st.data(), POLICIES)
def test_every_password_obeys_its_policy(data: st.DataObject, policy: PasswordPolicy) -> None:
    check_password(policy.parameters(), data.draw(passwords(policy)))


@given(st.data(), POLICIES)
def test_every_broken_password_breaks_the_rule_that_it_names(
    data: st.DataObject, policy: PasswordPolicy
) -> None:
    broken = data.draw(broken_passwords(policy))
    assert broken.rule in rules(policy)
    with pytest.raises(CognitoError, match=COMPLAINTS[broken.rule]):
        check_password(policy.parameters(), broken.password)


@given(broken_passwords())
def test_a_broken_password_breaks_no_other_rule(broken: Broken) -> None:
    body_fixers: dict[str, Callable[[str], str]] = {
        "too-short": lambda text: text + "aA1!" * 3,
        "too-long": lambda text: "aA1!" + text[:252],
        "leading-space": lambda text: text.lstrip(),
        "trailing-space": lambda text: text.rstrip(),
    }
    mend: Callable[[str], str] = body_fixers.get(broken.rule, lambda text: text[:252] + "aA1!")
    check_password(PasswordPolicy().parameters(), mend(broken.password))


def test_rules_are_those_of_the_policy() -> None:
    lax = PasswordPolicy(6, *[False] * 4)
    assert rules(lax) == ("too-short", "too-long", "leading-space", "trailing-space")
    assert set(rules(PasswordPolicy())) == set(COMPLAINTS)


@pytest.mark.parametrize("rule", rules(PasswordPolicy()))
def test_every_rule_is_broken_on_request(rule: str) -> None:
    assert drawn(broken_passwords(rule=rule), lambda _: True).rule == rule


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda text: len(text) == 8, id="shortest"),
        pytest.param(lambda text: len(text) == 256, id="longest"),
        pytest.param(lambda text: " " in text, id="space-inside"),
        pytest.param(lambda text: not text.isascii(), id="beyond-ascii"),
        pytest.param(lambda text: '"' in text, id="quote"),
        pytest.param(lambda text: "\\" in text, id="backslash"),
    ],
)
def test_unusual_passwords_are_drawn(wanted: Callable[[str], bool]) -> None:
    assert wanted(drawn(passwords(), wanted))


def test_a_space_may_be_the_only_symbol() -> None:
    symbols = set("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-")
    assert " " in drawn(passwords(), lambda text: not symbols & set(text))


def test_the_empty_password_is_among_the_short_ones() -> None:
    found = drawn(broken_passwords(rule="too-short"), lambda broken: not broken.password)
    assert found.password == ""
