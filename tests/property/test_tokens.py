"""Tokens: whatever is changed in one, it opens nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.service import Account
from tests.property.api_driver import ApiDriver
from tests.property.tokens import (
    CHANGES,
    EDITS,
    Change,
    Edit,
    forgeries,
    resigned,
    wrong_claims,
)

GATES = [
    ("GET", "/users/me"),
    ("PATCH", "/users/me"),
    ("DELETE", "/users/me"),
    ("POST", "/users/logout"),
    ("POST", "/users/change_password"),
    ("GET", "/randoms"),
    ("POST", "/randoms"),
    ("GET", "/randoms/1"),
]
ANY_GATE = st.sampled_from(GATES)


@pytest.fixture
def account(env: Environment) -> Account:
    return env.new_account()


def _is_shut(env: Environment, gate: tuple[str, str], token: str | bytes) -> None:
    """Expect a 401 at a gate, and that whoever holds the genuine token is still in."""
    driver = ApiDriver(env)
    answer = driver.call(*gate, token=token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@given(edit=EDITS, gate=ANY_GATE)
def test_a_changed_character_anywhere_shuts_the_gate(
    env: Environment, account: Account, edit: Edit, gate: tuple[str, str]
) -> None:
    """Planted: the payload read unverified; signatures with padding taken (found in `api`)."""
    _is_shut(env, gate, edit.of(account.access_token))


@pytest.mark.parametrize("ending", ["=", "==", "A", "."])
def test_a_token_has_one_spelling_only(env: Environment, account: Account, ending: str) -> None:
    """The regression of what the property above found: base64url with padding was taken."""
    _is_shut(env, ("GET", "/users/me"), account.access_token + ending)


@given(change=CHANGES, gate=ANY_GATE)
def test_a_claim_that_nobody_signed_shuts_the_gate(
    env: Environment, account: Account, change: Change, gate: tuple[str, str]
) -> None:
    """Planted: the signature not verified."""
    _is_shut(env, gate, change.of(account.access_token))


@given(claims=wrong_claims(), gate=ANY_GATE)
@example(claims={"exp": None}, gate=GATES[0])
@example(claims={"sub": "\x00"}, gate=GATES[0])
def test_a_claim_of_another_pool_client_use_or_time_shuts_the_gate(
    env: Environment, account: Account, claims: dict[str, object], gate: tuple[str, str]
) -> None:
    """Planted, one by one: issuer, client, use, expiry and begin of validity not compared."""
    _is_shut(env, gate, resigned(env, account.access_token, claims))


def test_every_forgery_in_the_book_shuts_every_gate(env: Environment, account: Account) -> None:
    """Planted: the id token taken for an access token; a missing kid guessed."""
    forged = list(forgeries(env, account.username, account.access_token))
    assert {"hs256-public-key", "other-pool", "alg-none", "id-token", "unknown-kid"} <= {
        name for name, _ in forged
    }
    for number, (_, token) in enumerate(forged):
        _is_shut(env, GATES[number % len(GATES)], token)
    assert ApiDriver(env).me(account.access_token).status_code == 200
