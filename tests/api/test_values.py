import re
import unicodedata
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.types import INT4_MAX, INT4_MIN, Email, Int4, NewPassword, Username, case_key

USERNAME = TypeAdapter(Username)
PASSWORD = TypeAdapter(NewPassword)
EMAIL = TypeAdapter(Email)


def schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    document = adapter.json_schema()
    definitions = document.pop("$defs", {})
    return next(iter(definitions.values())) if "$ref" in document else document


def accepted(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def test_usernames_are_all_that_cognito_admits_and_nothing_else() -> None:
    pattern = re.compile(schema(USERNAME)["pattern"])
    wrong = [
        hex(point)
        for point in range(0x110000)
        if bool(pattern.search(chr(point))) != (unicodedata.category(chr(point))[0] in "LMSNP")
    ]
    # Later Unicode versions assign more; nothing is ever taken back.
    assert [point for point in wrong if pattern.search(chr(int(point, 16)))] == []
    assert len(wrong) == 0 or unicodedata.unidata_version != "14.0.0"


@given(st.text(min_size=1, max_size=6))
def test_the_service_and_a_validator_read_a_username_alike(text: str) -> None:
    validator = jsonschema_rs.validator_for(schema(USERNAME))
    assert accepted(USERNAME, text) == validator.is_valid(text)
    assert accepted(USERNAME, text) == all(unicodedata.category(c)[0] in "LMSNP" for c in text)


@given(st.text(alphabet="aA1! \x00é", min_size=6, max_size=12))
def test_the_service_and_a_validator_read_a_password_alike(text: str) -> None:
    validator = jsonschema_rs.validator_for(schema(PASSWORD))
    assert accepted(PASSWORD, text) == validator.is_valid(text)


@given(
    st.one_of(
        st.emails(),
        st.from_regex(schema(EMAIL)["pattern"], fullmatch=True),
        st.text(alphabet="a.@-", max_size=12),
    )
)
def test_the_service_and_a_validator_read_an_address_alike(text: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema(EMAIL), validate_formats=True)
    assert accepted(EMAIL, text) == validator.is_valid(text)


@pytest.mark.parametrize(
    ("lacking", "password"),
    [
        ("a lower case letter", "AAAA1111!!"),
        ("an upper case letter", "aaaa1111!!"),
        ("a digit", "aaaaAAAA!!"),
        ("a symbol", "aaaaAAAA11"),
    ],
)
def test_a_refused_password_is_told_what_it_lacks(lacking: str, password: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PASSWORD.validate_python(password)
    assert [error["msg"] for error in caught.value.errors()] == [f"Password needs {lacking}"]


@pytest.mark.parametrize("value", [INT4_MIN, INT4_MAX, 0, 1.0, 1e5])
def test_whole_numbers_of_four_bytes_are_integers(value: float) -> None:
    assert TypeAdapter(Int4).validate_python(value) == value


@pytest.mark.parametrize(
    "value", [INT4_MIN - 1, INT4_MAX + 1, 1.5, True, "1", None, [], float("nan"), 1e308, 10**400]
)
def test_all_else_is_no_integer(value: Any) -> None:
    assert not accepted(TypeAdapter(Int4), value)


@given(st.text())
def test_a_key_ignores_case(text: str) -> None:
    assert case_key(case_key(text)) == case_key(text)
    assert len(case_key(text)) <= 3 * len(text)
