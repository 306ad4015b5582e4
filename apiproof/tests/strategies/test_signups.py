"""Sign-ups: whole users whom a pool takes in."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.cognito import Cognito, PasswordPolicy, PoolSettings
from apiproof.strategies import Signup, signups
from tests.strategies.search import drawn

STRICT = PoolSettings(
    password_policy=PasswordPolicy(minimum_length=20, require_symbols=False), case_sensitive=True
)
BY_ADDRESS = PoolSettings(username_attributes=("email",))


@pytest.fixture(
    params=[PoolSettings(), STRICT, BY_ADDRESS], ids=["default", "strict", "by-address"]
)
def cognito(request: pytest.FixtureRequest) -> Iterator[Cognito]:
    with Cognito.start(request.param) as running:
        yield running


@given(data=st.data())
def test_every_user_is_taken_in_by_the_pool(cognito: Cognito, data: st.DataObject) -> None:
    user = data.draw(signups(cognito.settings))
    cognito.reset()
    assert cognito.create_user(user.username, user.email, user.password)


@given(signups(BY_ADDRESS))
def test_the_address_is_the_name_where_the_pool_says_so(user: Signup) -> None:
    assert user.username == user.email


@given(signups(unlike="-3"))
def test_name_and_address_are_kept_apart_together(user: Signup) -> None:
    assert user.username.endswith("-3")
    assert user.email.partition("@")[0].endswith("-3")


def test_the_body_holds_what_was_drawn() -> None:
    user = drawn(signups(), lambda _: True)
    assert user.body() == {
        "username": user.username,
        "email": user.email,
        "password": user.password,
    }
