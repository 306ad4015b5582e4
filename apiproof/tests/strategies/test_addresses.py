"""Addresses: what can be drawn, and what never is."""

from collections.abc import Callable

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from apiproof.strategies import emails, same_addresses, tagged_addresses
from tests.strategies.search import drawn


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
def test_the_same_address_differs_by_case_alone(data: st.DataObject, email: str) -> None:
    other = data.draw(same_addresses(email))
    assert other.lower() == email.lower()
    assert other.isascii()


@pytest.mark.parametrize("other", ["ADA@EXAMPLE.COM", "ada@example.com"])
def test_spellings_of_an_address_are_drawn(other: str) -> None:
    assert drawn(same_addresses("ada@example.com"), lambda found: found == other) == other


@given(st.data(), emails())
def test_a_tagged_address_is_valid_and_another_one(data: st.DataObject, email: str) -> None:
    other = data.draw(tagged_addresses(email))
    assert validate_email(other, check_deliverability=False).ascii_email
    assert other.lower() != email.lower()
    assert "+" in other.rpartition("@")[0]
