"""Writes that say everything in the query: who signs up and in by it is known, and held by it."""

from typing import Any

import pytest

from apiproof.access import AccessReport
from apiproof.access.account_access import PRIVATE_PATH
from apiproof.access.checks import Impact
from apiproof.access.fields import PASSWORD_FIELD
from apiproof.access.identities_file import identities_file
from apiproof.access.objects import PRIVATE_FIELD
from tests.access.strangers import BEARER, assert_found, identities, probed
from tests.apps import markets
from tests.apps.markets import Market
from tests.apps.members import LENT


def _identities() -> dict[str, Any]:
    document = identities()
    said = {"usernameField": "username", "passwordField": "password", "sendIn": "query"}
    login = {"verb": "POST", "endpoint": "/login", "payloadUserPwd": said, "token": BEARER}
    return {**document, "authTemplate": {"loginEndpointAuth": login}}


def _probed(market: Market, **options: Any) -> AccessReport:
    return probed(markets.create_market(market), _identities(), **options)


def test_a_right_market_has_no_finding() -> None:
    market = Market()
    report = _probed(market)
    assert [finding.line for finding in report.findings] == []
    assert market.orders
    assert not set(market.orders) & {5001, 5002}  # those lent


def test_null_for_whoever_is_gone_shows_nothing() -> None:
    market = Market(is_mute=True)
    report = _probed(market, checks=("forged_tokens_rejected", "writes_are_readable"))
    assert {one.severity for one in report.findings} == {Impact.DEVIATION}
    assert {one.check for one in report.findings} == {"forged_tokens_rejected"}
    assert "answered 200" in {one.kind for one in report.findings}


@pytest.mark.parametrize("is_mute", [False, True])
def test_accounts_that_stay_are_counted_although_others_are_deleted_twice(*, is_mute: bool) -> None:
    market = Market(is_mute=is_mute)
    report = _probed(market)
    stayed = set(market.members.people) - set(LENT)
    assert stayed
    assert f"accounts: {len(stayed)} more that changed or that nobody signed in to" in (
        report.left_behind
    )


@pytest.mark.parametrize("flaw", markets.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = markets.FLAWS[flaw]
    market = Market(flaw)
    assert_found(_probed(market, checks=(expected.partition("/")[0],)), expected)
    assert [market.members.people[name].email for name in LENT] == [
        f"{name}@example.com" for name in LENT
    ]


def test_a_file_of_identities_says_that_a_login_is_in_the_query() -> None:
    text = identities_file(markets.create_market(Market()).openapi())
    assert "sendIn: query" in text
    assert "contentType" not in text
    assert "signed up with POST /register" in text


@pytest.mark.parametrize(
    "path",
    ["/users/{id}/orders", "/userOrders/{id}", "/bank-cards/{id}", "/files", "/orders/user/{id}"],
)
def test_what_is_private_by_its_path(path: str) -> None:
    assert PRIVATE_PATH.search(path)


@pytest.mark.parametrize("path", ["/profiles/{name}", "/borders/{id}", "/keynotes", "/monkeys"])
def test_a_word_within_another_is_not_private(path: str) -> None:
    assert not PRIVATE_PATH.search(path)


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        (
            PASSWORD_FIELD,
            ["password", "userPassword", "old_pass", "pass", "userPass", "hashed_password", "pin"],
            ["passenger", "passengerName", "passport", "compass", "passed", "is_passive"],
        ),
        (
            PRIVATE_FIELD,
            ["card_number", "creditcard", "userCard", "ssn", "private_notes", "accountBalance"],
            ["discarded", "businessName", "is_private", "isPrivate", "cardinality", "caliban"],
        ),
    ],
)
def test_words_of_members(pattern: Any, names: list[str], others: list[str]) -> None:
    assert [one for one in names if not pattern.search(one)] == []
    assert [one for one in others if pattern.search(one)] == []
