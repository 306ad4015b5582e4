"""Tokens: whatever is changed in one, it opens nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.service import Account
from apiproof.strategies.reach import premise
from tests.property.api_driver import ApiDriver
from tests.property.tokens import (
    CHANGES,
    EDITS,
    HOUR,
    Change,
    Edit,
    FromNow,
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
    edited = edit.of(account.access_token)
    said, _, signature = account.access_token.rpartition(".")
    premise("only the signature is changed", edited.startswith(f"{said}."), share=0.1)
    premise("only what is signed is changed", edited.endswith(f".{signature}"), share=0.1)
    _is_shut(env, gate, edited)


@pytest.mark.parametrize("ending", ["=", "==", "A", "."])
def test_a_token_has_one_spelling_only(env: Environment, account: Account, ending: str) -> None:
    """The regression of what the property above found: base64url with padding was taken."""
    _is_shut(env, ("GET", "/users/me"), account.access_token + ending)


@given(change=CHANGES, gate=ANY_GATE)
def test_a_claim_that_nobody_signed_shuts_the_gate(
    env: Environment, account: Account, change: Change, gate: tuple[str, str]
) -> None:
    """Planted: the signature not verified."""
    premise("a stranger signs it", change.by_stranger, share=0.1)
    premise("the old signature stays", not change.by_stranger, share=0.1)
    premise("the header is changed", change.part == "header", share=0.1)
    premise("a claim is changed", change.part == "claims", share=0.1)
    _is_shut(env, gate, change.of(account.access_token))


@given(claims=wrong_claims(), gate=ANY_GATE)
@example(claims={"exp": None}, gate=GATES[0])
# Each claim is drawn seldom, and its time more seldom still.
@example(claims={"exp": FromNow(0)}, gate=GATES[5])
@example(claims={"nbf": FromNow(HOUR)}, gate=GATES[5])
@example(claims={"iat": FromNow(HOUR)}, gate=GATES[0])
@example(claims={"token_use": "id"}, gate=GATES[0])
@example(claims={"iss": "https://cognito-idp.us-east-1.amazonaws.com/other"}, gate=GATES[0])
@example(claims={"client_id": "other"}, gate=GATES[0])
@example(claims={"sub": "\x00"}, gate=GATES[0])
def test_a_claim_of_another_pool_client_use_or_time_shuts_the_gate(
    env: Environment, account: Account, claims: dict[str, object], gate: tuple[str, str]
) -> None:
    """Planted, one by one: issuer, client, use, expiry and begin of validity not compared."""
    for claim in ("exp", "nbf", "iat"):
        premise(f"{claim} is a wrong time", isinstance(claims.get(claim), FromNow), share=0.01)
    for claim in ("iss", "client_id"):
        premise(f"{claim} is wrong", claim in claims, share=0.01)
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
