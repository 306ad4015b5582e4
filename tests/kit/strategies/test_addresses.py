"""Addresses: what can be drawn, and what never is."""

from collections.abc import Callable

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.strategies.search import drawn
from understudy.strategies import email_variants, emails


@given(emails())
def test_every_address_is_one_that_a_validator_takes(email: str) -> None:
    assert validate_email(email, check_deliverability=False).ascii_email


@given(emails(unlike="-7"))
def test_addresses_end_as_asked_and_stay_within_the_limits(email: str) -> None:
    local, _, domain = email.rpartition("@")
    assert local.endswith("-7")
    assert len(local) <= 64
    assert len(email) <= 254
    assert domain.endswith(("example.com", "example.net", "example.org"))


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda email: "+" in email, id="tagged"),
        pytest.param(lambda email: email != email.lower(), id="upper-case"),
        pytest.param(lambda email: email.index("@") == 64, id="longest-local-part"),
        pytest.param(lambda email: max(map(len, email.split("."))) >= 63, id="longest-label"),
        pytest.param(lambda email: email.count(".") >= 4, id="many-labels"),
        pytest.param(lambda email: "'" in email, id="apostrophe"),
        pytest.param(lambda email: len(email) > 230, id="nearly-longest"),
    ],
)
def test_unusual_addresses_are_drawn(wanted: Callable[[str], bool]) -> None:
    assert wanted(drawn(emails(), wanted))


@given(st.data(), emails())
def test_variants_are_valid_and_say_whether_they_are_the_same(
    data: st.DataObject, email: str
) -> None:
    other, same = data.draw(email_variants(email))
    assert validate_email(other, check_deliverability=False).ascii_email
    assert (other.lower() == email.lower()) == same


@pytest.mark.parametrize("same", [True, False])
def test_both_kinds_of_variants_are_drawn(same: bool) -> None:  # noqa: FBT001 - a parameter
    found, _ = drawn(
        email_variants("ada@example.com"),
        lambda found: found[1] is same and found[0] != "ada@example.com",
    )
    assert ("+" in found) is not same
