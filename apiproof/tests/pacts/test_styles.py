"""V2, V3 and V4 files in the styles of four libraries: passed, and failed in the right place."""

import dataclasses

import pytest

from tests.pacts.conftest import Verify
from tests.pacts.shop import Shop
from tests.pacts.styles import STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_pact_of_any_style_passes(verify: Verify, style: str) -> None:
    verification = verify(STYLES[style]())
    [pact] = verification.pacts
    assert [result.mismatches for result in pact.interactions] == [(), ()]
    assert verification.exit_code == 0
    assert verification.verified == 2
    assert pact.version == int(style.split("-v")[1][0])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "broken",
    [
        ("id", "seven", "$.body.id"),
        ("code", "12-AB", "$.body.code"),
        ("lines", [], "$.body.lines"),
        ("lines", [{"sku": "a", "count": "1"}], "$.body.lines[0].count"),
    ],
)
def test_a_broken_body_is_caught_in_any_style(
    verify: Verify, shop: Shop, style: str, broken: tuple[str, object, str]
) -> None:
    place, value, path = broken
    shop.answer = dataclasses.replace(shop.answer, body={**shop.answer.body, place: value})
    result = verify(STYLES[style]()).pacts[0].interactions[0]
    assert [each.path for each in result.mismatches] == [path]


@pytest.mark.parametrize("style", STYLES)
def test_a_broken_header_is_caught_in_any_style(verify: Verify, shop: Shop, style: str) -> None:
    shop.answer = dataclasses.replace(shop.answer, headers={"location": "elsewhere"})
    [mismatch] = verify(STYLES[style]()).pacts[0].interactions[0].mismatches
    assert mismatch.path == "$.headers['Location']"
    assert "matches regex" in mismatch.rule


@pytest.mark.parametrize("style", [style for style in STYLES if "v2" not in style])
def test_a_query_reaches_the_provider_as_the_consumer_sends_it(verify: Verify, style: str) -> None:
    exchange = verify(STYLES[style]()).pacts[0].interactions[1].exchange
    assert exchange is not None
    assert exchange.target in {"/orders?limit=5&tag=a+b&tag=c", "/orders?limit=5&tag=a%20b&tag=c"}
    assert exchange.token_replaced
