"""Far from the first page, the small number and the first draw."""

import gc
import random
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.pool_changes import change
from tests.contract.valid_requests import bearer, create, valid

INT4 = 2**31
MANY = 350
SEED = """
    INSERT INTO random_items (owner_id, min_value, max_value, num, created_at, updated_at)
    SELECT id, 0, %s, number, now(), now() FROM users, generate_series(1, %s) AS number
    WHERE sub = %s
"""


def ask(env: Environment, user: Account, method: str, path: str, **body: int) -> Any:
    headers = bearer(user.access_token)
    return env.client.request(method, path, headers=headers, json=body or None)


def page(env: Environment, user: Account, offset: int, limit: int) -> list[int]:
    answer = ask(env, user, "GET", f"/randoms?offset={offset}&limit={limit}")
    assert answer.status_code == 200
    return [item["num"] for item in answer.json()]


@pytest.fixture
def collector(env: Environment) -> Account:
    """A user with hundreds of items, numbered in their order, beside another user's."""
    user, other = env.new_account(), env.new_account()
    for owner in (other, user):
        change(env, SEED, MANY, MANY, owner.sub)
    return user


@pytest.mark.parametrize("limit", [7, 20, 99, 100])
def test_hundreds_of_items_are_all_on_some_page(
    env: Environment, collector: Account, limit: int
) -> None:
    pages = [page(env, collector, offset, limit) for offset in range(0, MANY + limit, limit)]
    assert [number for each in pages for number in each] == [*range(1, MANY + 1)]
    assert [len(each) for each in pages[:-2]] == [limit] * (len(pages) - 2)


@pytest.mark.parametrize("offset", [1, 100, 101, 255, 256, 257, MANY - 1])
def test_a_page_begins_where_it_is_asked_to(
    env: Environment, collector: Account, offset: int
) -> None:
    assert page(env, collector, offset, 2) == [n for n in (offset + 1, offset + 2) if n <= MANY]


def test_no_page_is_too_far_away_to_be_reached(env: Environment) -> None:
    """Whatever constant an offset might be held to, there is an item beyond it."""
    user, many = env.new_account(), 30_000
    change(env, SEED, many, many, user.sub)
    for offset in (1_000, 4_096, 9_999, 10_000, 16_384, 29_998):
        assert page(env, user, offset, 2) == [offset + 1, offset + 2]


@pytest.mark.parametrize("offset", [MANY, 1000, 10_000, 1_000_000, INT4 - 1])
def test_beyond_the_end_there_is_an_empty_page(
    env: Environment, collector: Account, offset: int
) -> None:
    assert page(env, collector, offset, 100) == []


@pytest.mark.parametrize("path", [f"/randoms/{INT4 - 1}", f"/randoms?offset={INT4}"])
def test_the_last_number_of_a_range_is_in_it_and_the_next_is_not(
    env: Environment, path: str
) -> None:
    user = env.new_account()
    due = 404 if path.startswith("/randoms/") else 422
    assert ask(env, user, "GET", path).status_code == due
    assert ask(env, user, "GET", f"/randoms/{INT4}").status_code == 422


# Operation, member, the longest value that is taken; one character more is refused.
LONGEST = [
    ("signup_user", "username", "n" * 128),
    ("signup_user", "email", f"{'e' * 64}@{'a' * 63}.{'b' * 63}.{'c' * 58}.io"),
    ("signup_user", "password", "Pw-7" * 64),
    ("reset_password", "new_password", "Pw-7" * 64),
    ("change_password", "new_password", "Pw-7" * 64),
    ("change_password", "current_password", "p" * 256),
    ("refresh_session", "refresh_token", "t" * 8192),
    ("update_me", "full_name", "f" * 255),
]


@pytest.mark.parametrize(("name", "member", "longest"), LONGEST)
def test_the_longest_text_is_taken_and_one_that_is_longer_is_not(
    env: Environment, name: str, member: str, longest: str
) -> None:
    request = valid(env, name)
    body = request.json or {}
    longer = request.send(env.client, json={**body, member: f"{longest}x"})
    assert (longer.status_code, longer.json()["detail"][0]["loc"]) == (422, ["body", member])
    assert request.send(env.client, json={**body, member: longest}).status_code != 422


@pytest.mark.parametrize(
    ("low", "high"), [(-INT4, -INT4 + 1), (INT4 - 2, INT4 - 1), (-1, 0), (0, 1), (99, 100)]
)
def test_both_ends_of_any_bounds_are_drawn(env: Environment, low: int, high: int) -> None:
    """In 60 fair draws one of two is missing once in 10^18 runs."""
    user = env.new_account()
    drawn = set()
    for _ in range(60):
        answer = ask(env, user, "POST", "/randoms", min_value=low, max_value=high)
        drawn.add(answer.json()["num"])
    assert drawn == {low, high}


def test_a_number_that_is_drawn_anew_is_drawn_as_fairly(env: Environment) -> None:
    """Of 400 fair draws of four, 160 of one are seven standard deviations away."""
    user = env.new_account()
    path = f"/randoms/{create(env, user, 50, 50)}"
    drawn: Counter[int] = Counter()
    for _ in range(200):
        for low in (1, 11):
            answer = ask(env, user, "PATCH", path, min_value=low, max_value=low + 3)
            drawn[answer.json()["num"] - low] += 1
    assert set(drawn) == {0, 1, 2, 3}
    assert max(drawn.values()) < 160


def test_a_number_drawn_anew_does_not_depend_on_the_one_before(env: Environment) -> None:
    user = env.new_account()
    after: dict[int, set[int]] = {0: set(), 1: set()}
    path = f"/randoms/{create(env, user, 0, 1)}"
    for _ in range(80):
        before = ask(env, user, "PATCH", path, min_value=0, max_value=1).json()["num"]
        after[before].add(ask(env, user, "PATCH", path, min_value=2, max_value=3).json()["num"])
    assert after == {0: {2, 3}, 1: {2, 3}}


def _secrets(env: Environment, user: Account) -> list[object]:
    """Whatever the service invents: numbers and the ids of requests."""
    found: list[object] = []
    for _ in range(8):
        answer = ask(env, user, "POST", "/randoms", min_value=-INT4, max_value=INT4 - 1)
        found += [answer.json()["num"], answer.headers["X-Request-ID"]]
    return found


def generators() -> list[random.Random]:
    """All that there are in this process, whoever made them, but those that the system feeds."""
    gc.unfreeze()  # else those that were made at an import are not looked at
    found = [each for each in gc.get_objects() if isinstance(each, random.Random)]
    gc.freeze()
    return [each for each in found if not isinstance(each, random.SystemRandom)]


CLOCKS = ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"]


def test_nobody_who_knows_seeds_and_clocks_knows_what_comes(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the service might draw from stands as it stood before."""
    user = env.new_account()
    _secrets(env, user)  # what draws from a generator of its own has made it by now
    states = [(each, each.getstate()) for each in generators()]
    assert len(states) > 0
    now = {name: getattr(time, name)() for name in CLOCKS}
    drawn = []
    for _ in range(2):
        for generator, state in states:
            generator.setstate(state)
        with monkeypatch.context() as stopped:
            for name in CLOCKS:
                stopped.setattr(time, name, partial(now.get, name))
            drawn.append(_secrets(env, user))
    first, second = drawn
    assert not set(first) & set(second)
    assert len(set(first)) == len(first)


def test_the_ids_of_requests_have_little_in_common(env: Environment) -> None:
    """Who knows some of them, as whoever calls does, knows none of others."""
    ids = [env.client.request("GET", "/health").headers["X-Request-ID"] for _ in range(60)]
    varied = [len(set(place)) >= 8 for place in zip(*ids, strict=True)]
    assert sum(varied) >= 24, "too few characters change"
