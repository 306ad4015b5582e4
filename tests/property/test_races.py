"""Races: real threads against a live server end in a state that some order explains."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
import requests

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.strategies import Signup
from tests.property.api_driver import PASSWORD, ApiDriver, somebody
from tests.property.snapshots import snapshots
from tests.property.strategies import CONTRADICTORY

T = TypeVar("T")
RIVALS = 8
PATIENCE = 30.0  # seconds
ROUNDS = 4


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make calls in threads that start together; each has its own connection."""
    barrier = threading.Barrier(len(calls))

    def start(call: Callable[[], T]) -> T:
        barrier.wait(PATIENCE)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls, timeout=PATIENCE))


@pytest.fixture
def enter(env: Environment, live: str) -> Callable[[], ApiDriver]:
    """Make drivers of the live server, one for each thread."""
    return lambda: ApiDriver(env, HttpClient(live))


SIGNUPS: dict[str, Callable[[int], tuple[str, str]]] = {
    "one-name": lambda n: ("ada", f"ada-{n}@example.com"),
    "one-name-spelt-differently": lambda n: (("ada", "ADA")[n % 2], f"ada-{n}@example.com"),
    "one-address": lambda n: (f"ada-{n}", "ada@example.com"),
    "one-address-spelt-differently": lambda n: (f"ada-{n}", ("a@b.example", "A@b.example")[n % 2]),
}


def _sign_up(enter: Callable[[], ApiDriver], user: Signup) -> requests.Response:
    return enter().sign_up(user)


@pytest.mark.parametrize("kind", SIGNUPS)
def test_of_parallel_signups_exactly_one_wins(
    env: Environment, enter: Callable[[], ApiDriver], kind: str
) -> None:
    """Planted: an address key that is unique by accident only."""
    users = [Signup(*SIGNUPS[kind](n), f"{PASSWORD}-{n}") for n in range(RIVALS)]
    answers = at_once([partial(_sign_up, enter, user) for user in users])
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [201] + [409] * (RIVALS - 1)
    winner = users[statuses.index(201)]
    driver = enter()
    assert driver.verify(winner.username, driver.code(winner.username)).status_code == 200
    assert driver.session(winner)
    assert len(snapshots(env).accounts) == 1
    assert not snapshots(env).orphans


Act = tuple[str, dict[str, int]]
ACTS: dict[str, list[Act]] = {
    "bounds-that-exclude-each-other": [("PATCH", {"min_value": 8}), ("PATCH", {"max_value": 5})],
    "update-and-delete": [("PATCH", {"min_value": 3}), ("DELETE", {}), ("PATCH", {"max_value": 4})],
    "many-deletes": [("DELETE", {})] * 5,
}


def _in_order(acts: Sequence[Act]) -> tuple[list[int], tuple[int, int] | None]:
    """Say what happens when requests come one after the other."""
    bounds: tuple[int, int] | None = (0, 10)
    statuses = []
    for method, update in acts:
        if bounds is None:
            statuses.append(404)
        elif method == "DELETE":
            bounds = None
            statuses.append(204)
        else:
            wanted = (update.get("min_value", bounds[0]), update.get("max_value", bounds[1]))
            statuses.append(200 if wanted[0] <= wanted[1] else CONTRADICTORY)
            bounds = wanted if wanted[0] <= wanted[1] else bounds
    return statuses, bounds


def _explained(acts: list[Act], statuses: list[int], left: tuple[int, int] | None) -> bool:
    for order in itertools.permutations(range(len(acts))):
        expected, bounds = _in_order([acts[number] for number in order])
        if bounds == left and [statuses[number] for number in order] == expected:
            return True
    return False


def _act(enter: Callable[[], ApiDriver], token: str, item: int, act: Act) -> requests.Response:
    return enter().random(act[0], token, item, act[1] or None)


@pytest.mark.parametrize("kind", ACTS)
def test_parallel_changes_of_one_item_end_as_some_order_explains(
    env: Environment, enter: Callable[[], ApiDriver], kind: str
) -> None:
    """Planted: an item changed without its lock: the bounds that neither checked end as a 500."""
    token = env.new_account().access_token
    for _ in range(ROUNDS):
        item = enter().draw_random(token, 0, 10).json()["id"]
        calls = [partial(_act, enter, token, item, act) for act in ACTS[kind]]
        answers = at_once(calls)
        statuses = [answer.status_code for answer in answers]
        after = enter().random("GET", token, item)
        left = None
        if after.status_code == 200:
            left = (after.json()["min_value"], after.json()["max_value"])
            assert left[0] <= after.json()["num"] <= left[1]
        assert _explained(ACTS[kind], statuses, left), (statuses, left)


def test_a_token_is_out_for_everyone_as_soon_as_the_logout_is_answered(
    enter: Callable[[], ApiDriver],
) -> None:
    """Planted: a cache of good tokens that outlives the logout by a second."""
    driver = enter()
    token = driver.settle(somebody())["access_token"]
    out = threading.Event()

    def log_out() -> list[tuple[bool, int]]:
        status = enter().log_out(token).status_code
        out.set()
        return [(False, status)]

    def use() -> list[tuple[bool, int]]:
        user = enter()
        seen: list[tuple[bool, int]] = []
        deadline = time.monotonic() + PATIENCE
        while not (seen and seen[-1][0]) and time.monotonic() < deadline:
            late = out.is_set()
            seen.append((late, user.me(token).status_code))
        return seen

    answers = at_once([log_out, *[use] * 5])
    assert answers[0] == [(False, 200)]
    for seen in answers[1:]:
        assert [status for late, status in seen if late] == [401]
        statuses = [status for _, status in seen]
        # Once out, never in again.
        assert statuses == sorted(statuses)
        assert set(statuses) <= {200, 401}
    assert driver.session(somebody())


def test_an_account_deleted_in_a_race_leaves_nothing(
    env: Environment, enter: Callable[[], ApiDriver]
) -> None:
    """Planted: a login that writes the missing row without asking whether the account is gone."""
    for round_ in range(ROUNDS):
        user = somebody(f"ada-{round_}")
        tokens = enter().settle(user)
        token = tokens["access_token"]
        calls: list[Callable[[], requests.Response]] = [
            lambda: enter().delete_me(token),  # noqa: B023 - run within the round
            lambda: enter().draw_random(token, 1, 6),  # noqa: B023 - likewise
            lambda: enter().refresh(user.username, tokens["refresh_token"]),  # noqa: B023 - likewise
            lambda: enter().log_in(user.username, user.password),  # noqa: B023 - likewise
            lambda: enter().draw_random(token, 1, 6),  # noqa: B023 - likewise
        ]
        answers = at_once(calls)
        assert answers[0].status_code == 204
        assert {answer.status_code for answer in answers[1:]} <= {200, 201, 401}
        left = snapshots(env)
        assert not left.accounts
        assert not any(left.rows.values())


def test_a_list_stays_whole_while_others_write(
    env: Environment, enter: Callable[[], ApiDriver]
) -> None:
    """Planted: pages cut from all users' items."""
    ada, eve = env.new_account(), env.new_account()
    made = [enter().draw_random(ada.access_token, 1, 6).json() for _ in range(9)]

    def read() -> list[Any]:
        reader = enter()
        pages = [reader.randoms(ada.access_token, offset, 2).json() for offset in range(0, 10, 2)]
        return list(itertools.chain.from_iterable(pages))

    def write() -> list[Any]:
        writer = enter()
        for _ in range(8):
            item = writer.draw_random(eve.access_token, 1, 6).json()["id"]
            writer.random("DELETE", eve.access_token, item)
        return made

    assert at_once([read, write, read, write]) == [made] * 4
