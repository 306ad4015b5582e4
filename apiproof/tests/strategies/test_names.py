"""Usernames: what can be drawn, and what never is."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from apiproof.cognito import PoolSettings
from apiproof.cognito.validation import matcher
from apiproof.strategies import broken_usernames, lookalikes, same_names, usernames
from apiproof.strategies.names import limits
from tests.strategies.search import drawn


def test_limits_are_those_of_the_service_model() -> None:
    assert limits() == (1, 128, ("L", "M", "S", "N", "P"))


@pytest.mark.parametrize("category", ["L", "M", "S", "N", "P"])
def test_names_of_every_class_are_drawn(category: str) -> None:
    name = drawn(
        usernames(), lambda name: all(unicodedata.category(c)[0] == category for c in name)
    )
    assert name


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda name: len(name) == 1, id="shortest"),
        pytest.param(lambda name: len(name) == 128, id="longest"),
        pytest.param(lambda name: any(unicodedata.combining(c) for c in name), id="combining"),
        pytest.param(lambda name: any(ord(c) > 0xFFFF for c in name), id="astral"),
        pytest.param(lambda name: len(name.lower()) != len(name), id="longer-in-lower-case"),
        pytest.param(lambda name: name != name.lower(), id="upper-case"),
        pytest.param(lambda name: unicodedata.normalize("NFC", name) != name, id="not-normal"),
    ],
)
def test_unusual_names_are_drawn(wanted: Callable[[str], bool]) -> None:
    assert wanted(drawn(usernames(), wanted))


@given(usernames())
def test_every_name_is_one_that_cognito_admits(name: str) -> None:
    admits = matcher(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
    assert admits is not None
    assert admits(name)
    assert 1 <= len(name) <= 128


@given(usernames(unlike="-7"))
def test_names_end_as_asked_and_stay_within_the_limits(name: str) -> None:
    assert name.endswith("-7")
    assert 2 <= len(name) <= 128


@given(broken_usernames())
def test_broken_names_are_none_that_cognito_admits(name: str) -> None:
    admits = matcher(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
    assert admits is not None
    assert not (admits(name) and len(name) <= 128)
    name.encode()  # none is broken only because it is no text


@pytest.mark.parametrize("fault", ["", " ", "\x00", "\u200b"])
def test_names_broken_in_each_way_are_drawn(fault: str) -> None:
    found = drawn(broken_usernames(), lambda name: fault in name if fault else name == "")
    assert fault in found


def test_a_name_that_is_too_long_is_drawn() -> None:
    assert len(drawn(broken_usernames(), lambda name: len(name) > 128)) > 128


@given(st.data(), usernames())
def test_same_names_are_the_same_to_the_pool(data: st.DataObject, name: str) -> None:
    assert data.draw(same_names(name)).lower() == name.lower()


@pytest.mark.parametrize("other", ["ADA", "Ada", "aDa"])
def test_case_variants_are_drawn(other: str) -> None:
    assert drawn(same_names("ada"), lambda name: name == other) == other


def test_the_kelvin_sign_is_drawn_for_a_k() -> None:
    assert drawn(same_names("k"), lambda name: name == "\u212a") == "\u212a"


def test_a_case_sensitive_pool_knows_no_other_name() -> None:
    settings = PoolSettings(case_sensitive=True)
    with pytest.raises(NoSuchExample):
        drawn(same_names("ada", settings), lambda name: name != "ada")


@given(st.data(), usernames())
def test_lookalikes_are_other_names_that_cognito_admits(data: st.DataObject, name: str) -> None:
    other = data.draw(lookalikes(name))
    admits = matcher(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
    assert admits is not None
    assert admits(other)
    assert 1 <= len(other) <= 128
    assert other.lower() != name.lower()


@pytest.mark.parametrize(
    ("name", "other"),
    [("ada", "\u0430da"), ("\u00e9", "e\u0301"), ("\ufb01n", "fin"), ("ada", "ada\u0301")],
)
def test_lookalikes_of_each_kind_are_drawn(name: str, other: str) -> None:
    assert drawn(lookalikes(name), lambda found: found == other) == other
