"""Draws are fair over the whole of their bounds, and pages hold what was asked for."""

from collections import Counter
from typing import Any

from tests.contract.examples import bearer, create
from understudy.subject import Account
from understudy.world import World

INT4 = 2**31


def draw(world: World, user: Account, low: int, high: int) -> int:
    body = {"min_value": low, "max_value": high}
    answer = world.client.request("POST", "/randoms", json=body, headers=bearer(user.access_token))
    assert answer.status_code == 201
    return int(answer.json()["num"])


def test_all_of_a_small_range_is_equally_likely(world: World) -> None:
    """In 600 fair draws of three, 260 of one are five standard deviations away."""
    user = world.account()
    drawn = Counter(draw(world, user, -1, 1) for _ in range(600))
    assert set(drawn) == {-1, 0, 1}
    assert max(drawn.values()) < 260


def test_every_quarter_of_the_whole_range_is_drawn(world: World) -> None:
    """In 120 fair draws a quarter stays empty once in 10^15 runs."""
    user = world.account()
    quarters = {draw(world, user, -INT4, INT4 - 1) // (INT4 // 2) for _ in range(120)}
    assert quarters == {-2, -1, 0, 1}


def test_a_page_of_the_largest_size_is_not_cut(world: World) -> None:
    user = world.account()
    for _ in range(101):
        create(world, user)
    headers = bearer(user.access_token)
    page: list[Any] = world.client.request("GET", "/randoms?limit=100", headers=headers).json()
    assert len(page) == 100
