"""Whose token is sent: the user's of the states, and never where that would hide a mistake."""

from typing import Any

import pytest

from apiproof.pacts.verify.recording_proxy import generates_authorization
from apiproof.pacts.verify.results import InteractionStatus
from tests.pacts.conftest import Verify
from tests.pacts.pacts import BEARER, interaction, pact
from tests.pacts.shop import Shop

ADA = ("a customer exists", {"name": "ada"})


def listing(*states: Any, status: int = 200, **request: Any) -> dict[str, Any]:
    return pact(interaction("list", "/orders", *states, status=status, request=request))


def sent(shop: Shop) -> str:
    [(_, _, bearer)] = shop.seen
    return bearer


def test_a_bearer_token_is_replaced_by_the_users(verify: Verify, shop: Shop) -> None:
    assert verify(listing(ADA, headers=BEARER)).exit_code == 0
    assert sent(shop) == "Bearer token-of-ada"


def test_the_last_user_named_is_the_caller(verify: Verify, shop: Shop) -> None:
    verify(listing(ADA, ("a customer exists", {"name": "grace"}), headers=BEARER))
    assert sent(shop) == "Bearer token-of-grace"


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_case_does_not_matter(verify: Verify, shop: Shop, name: str, scheme: str) -> None:
    verify(listing(ADA, headers={name: [f"{scheme} x"]}))
    assert sent(shop) == "Bearer token-of-ada"


def test_the_scopes_that_the_state_names_are_the_tokens(verify: Verify) -> None:
    limited: tuple[str, dict[str, list[str]]] = ("a customer exists", {"scopes": []})
    assert verify(listing(limited, headers=BEARER, status=403)).exit_code == 0
    [result] = verify(listing(limited, headers=BEARER)).pacts[0].interactions
    assert result.status is InteractionStatus.FAILED
    assert "scope" in result.hint


def test_a_missing_header_stays_missing(verify: Verify, shop: Shop) -> None:
    verification = verify(listing(ADA, status=401))
    exchange = verification.pacts[0].interactions[0].exchange
    assert verification.exit_code == 0
    assert sent(shop) == ""
    assert exchange is not None
    assert not exchange.token_replaced


def test_a_consumer_who_forgot_the_header_learns_it(verify: Verify) -> None:
    [result] = verify(listing(ADA)).pacts[0].interactions
    assert result.status is InteractionStatus.FAILED
    assert "no Authorization header" in result.hint


def test_another_scheme_is_left_alone(verify: Verify, shop: Shop) -> None:
    verify(listing(ADA, headers={"Authorization": ["Basic YTpi"]}, status=401))
    assert sent(shop) == "Basic YTpi"


@pytest.mark.parametrize(
    "states", [(ADA, "the access token is invalid"), ("the access token is invalid", ADA)]
)
def test_a_token_meant_to_be_invalid_is_sent_as_it_is(
    verify: Verify, shop: Shop, states: tuple[Any, ...]
) -> None:
    assert verify(listing(*states, headers=BEARER, status=401)).exit_code == 0
    assert sent(shop) == "Bearer anything"


def test_a_provider_that_takes_any_token_is_caught(verify: Verify) -> None:
    expected = listing(ADA, "the access token is invalid", headers=BEARER, status=200)
    assert verify(expected).exit_code == 1


def test_a_token_is_left_alone_where_no_state_names_a_user(verify: Verify, shop: Shop) -> None:
    [result] = verify(listing(headers=BEARER)).pacts[0].interactions
    assert sent(shop) == "Bearer anything"
    assert "No state of the interaction names a user" in result.hint


def test_the_header_that_a_consumer_generates_is_the_consumers(verify: Verify, shop: Shop) -> None:
    generator = {"type": "ProviderState", "expression": "Bearer ${access_token}"}
    verification = verify(
        listing(ADA, headers=BEARER, generators={"header": {"Authorization": generator}})
    )
    exchange = verification.pacts[0].interactions[0].exchange
    assert verification.exit_code == 0
    assert sent(shop) == "Bearer token-of-ada"
    assert exchange is not None
    assert not exchange.token_replaced


def test_a_mistake_in_a_generated_header_is_not_hidden(verify: Verify) -> None:
    generator = {"type": "ProviderState", "expression": "Bearer of ${access_token}"}
    generators = {"header": {"Authorization": generator}}
    assert verify(listing(ADA, headers=BEARER, generators=generators)).exit_code == 1


@pytest.mark.parametrize(
    ("generators", "expected"),
    [
        ({}, False),
        ({"header": {"Authorization": {}}}, True),
        ({"header": {"$.authorization[0]": {}}}, True),
        ({"headers": {"Authorization": {}}}, True),
        ({"header": {"X-Version": {}}}, False),
        ({"body": {"$.authorization": {}}}, False),
    ],
)
def test_generated_headers_are_known_by_name(generators: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert generates_authorization(generators) is expected
