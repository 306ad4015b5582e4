"""Draws are fair over the whole of their bounds, and pages hold what was asked for."""

from collections import Counter
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.valid_requests import bearer, create

INT4 = 2**31


def draw(env: Environment, user: Account, low: int, high: int) -> int:
    body = {"min_value": low, "max_value": high}
    answer = env.client.request("POST", "/randoms", json=body, headers=bearer(user.access_token))
    assert answer.status_code == 201
    return int(answer.json()["num"])


# What cannot be divided by three is not drawn fairly by a remainder.
RANGES = {"three numbers": (-1, 1), "three quarters of all": (-INT4, INT4 // 2 - 1)}


@pytest.mark.parametrize(("low", "high"), RANGES.values(), ids=RANGES)
def test_every_third_of_a_range_is_equally_likely(env: Environment, low: int, high: int) -> None:
    """In 450 fair draws, 200 of one third are five standard deviations away."""
    user, third = env.new_account(), (high - low + 1) // 3
    drawn = Counter((draw(env, user, low, high) - low) // third for _ in range(450))
    assert set(drawn) == {0, 1, 2}
    assert max(drawn.values()) < 200


def test_a_page_of_the_largest_size_is_not_cut(env: Environment) -> None:
    user = env.new_account()
    for _ in range(101):
        create(env, user)
    headers = bearer(user.access_token)
    page: list[Any] = env.client.request("GET", "/randoms?limit=100", headers=headers).json()
    assert len(page) == 100
