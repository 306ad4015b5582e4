"""Draws are fair over the whole of their bounds, and pages hold what was asked for."""

from collections import Counter
from typing import Any

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.examples import bearer, create

INT4 = 2**31


def draw(env: Environment, user: Account, low: int, high: int) -> int:
    body = {"min_value": low, "max_value": high}
    answer = env.client.request("POST", "/randoms", json=body, headers=bearer(user.access_token))
    assert answer.status_code == 201
    return int(answer.json()["num"])


def test_all_of_a_small_range_is_equally_likely(env: Environment) -> None:
    """In 600 fair draws of three, 260 of one are five standard deviations away."""
    user = env.new_account()
    drawn = Counter(draw(env, user, -1, 1) for _ in range(600))
    assert set(drawn) == {-1, 0, 1}
    assert max(drawn.values()) < 260


def test_every_quarter_of_the_whole_range_is_drawn(env: Environment) -> None:
    """In 120 fair draws a quarter stays empty once in 10^15 runs."""
    user = env.new_account()
    quarters = {draw(env, user, -INT4, INT4 - 1) // (INT4 // 2) for _ in range(120)}
    assert quarters == {-2, -1, 0, 1}


def test_a_page_of_the_largest_size_is_not_cut(env: Environment) -> None:
    user = env.new_account()
    for _ in range(101):
        create(env, user)
    headers = bearer(user.access_token)
    page: list[Any] = env.client.request("GET", "/randoms?limit=100", headers=headers).json()
    assert len(page) == 100
