"""Random numbers: within their bounds, kept whole by changes, and nobody else's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.service import Account
from apiproof.strategies.reach import premise
from tests.property.api_driver import ApiDriver
from tests.property.strategies import (
    ANY_ORDER,
    BOUNDS,
    CHANGES,
    FULL_NAMES,
    IDS,
    UPDATES,
    few,
)


@pytest.fixture
def ada(env: Environment) -> Account:
    return env.new_account()


@pytest.fixture
def eve(env: Environment) -> Account:
    return env.new_account()


@given(bounds=BOUNDS)
@example(bounds=(1, 6))
@example(bounds=(-(2**31), 2**31 - 1))
def test_num_is_within_all_bounds_that_the_document_admits(
    env: Environment, ada: Account, bounds: tuple[int, int]
) -> None:
    """Planted: a number drawn one too high."""
    low, high = bounds
    premise("there is one number only", low == high, share=0.02)
    premise("there are a few numbers", 0 < high - low < 100, share=0.01)
    premise("half of all numbers are too few", high - low >= 2**31, share=0.01)
    driver = ApiDriver(env)
    answer = driver.draw_random(ada.access_token, *bounds)
    assert answer.status_code == 201
    item = answer.json()
    assert (item["min_value"], item["max_value"]) == bounds
    assert bounds[0] <= item["num"] <= bounds[1]
    assert driver.random("GET", ada.access_token, item["id"]).json() == item


@given(bounds=ANY_ORDER)
def test_bounds_are_taken_in_order_only(
    env: Environment, ada: Account, bounds: tuple[int, int]
) -> None:
    """Planted: reversed bounds swapped in silence."""
    low, high = bounds
    expected = 201 if premise("the bounds are in order", low <= high, share=0.3) else 409
    premise("the bounds contradict each other", low > high, share=0.3)
    assert ApiDriver(env).draw_random(ada.access_token, low, high).status_code == expected


@given(change=CHANGES)
def test_a_change_of_any_subset_keeps_the_rest_and_the_invariant(
    env: Environment, ada: Account, change: tuple[tuple[int, int], dict[str, int]]
) -> None:
    """Planted: what is left out set to its default."""
    driver = ApiDriver(env)
    bounds, update = change
    before = driver.draw_random(ada.access_token, *bounds).json()
    answer = driver.random("PATCH", ada.access_token, before["id"], update)
    wanted = {**before, **update}
    after = driver.random("GET", ada.access_token, before["id"]).json()
    contradicts = wanted["min_value"] > wanted["max_value"]
    if premise("the change contradicts what stays", contradicts, share=0.1):
        assert answer.status_code == 409
        assert after == before
        return
    assert answer.status_code == 200
    assert answer.json() == after
    assert after["min_value"] <= after["num"] <= after["max_value"]
    lies_within = wanted["min_value"] <= before["num"] <= wanted["max_value"]
    if premise("the number lies within changed bounds", lies_within and update, share=0.1):
        assert after["num"] == before["num"]
    premise("the number lies outside, and is drawn anew", not lies_within, share=0.1)
    free = {"num", "updated_at"}
    assert {k: v for k, v in after.items() if k not in free} == {
        k: v for k, v in wanted.items() if k not in free
    }


@given(names=st.lists(st.fixed_dictionaries({}, optional={"full_name": FULL_NAMES}), max_size=3))
def test_a_profile_keeps_what_a_change_leaves_out(
    env: Environment, ada: Account, names: list[dict[str, str | None]]
) -> None:
    """Planted: an absent name set to null."""
    driver = ApiDriver(env)
    wanted = driver.me(ada.access_token).json()
    changes = [update["full_name"] for update in names if update]
    premise("a name is set", any(changes), share=0.2)
    premise("a name is taken away", None in changes, share=0.1)
    premise("nothing changes", {} in names, share=0.1)
    premise("a name ends in a space", any(n and n != n.strip() for n in changes), share=0.05)
    for update in names:
        answer = driver.call("PATCH", "/users/me", token=ada.access_token, json=update)
        wanted |= update
        assert answer.status_code == 200
        assert answer.json() == wanted == driver.me(ada.access_token).json()


@few(0.5)
@given(
    count=st.integers(4, 12) | st.integers(0, 3),
    limit=st.integers(1, 3) | st.integers(1, 15),
    others=st.lists(st.sampled_from(["create", "delete", "update"]), min_size=1, max_size=6),
)
def test_pages_of_any_size_concatenate_to_the_list_while_others_write(
    env: Environment, count: int, limit: int, others: list[str]
) -> None:
    """Planted: pages cut from all users' items."""
    env.reset()
    driver = ApiDriver(env)
    ada, eve = (env.new_account() for _ in range(2))
    made = []
    for _ in range(count):
        made.append(driver.draw_random(ada.access_token, 1, 6).json())
        driver.draw_random(eve.access_token, 1, 6)
    premise("others write between pages", count > limit, share=0.3)
    pages = []
    for offset in range(0, count + limit, limit):
        pages += driver.randoms(ada.access_token, offset, limit).json()
        if others:
            _write(driver, eve, others.pop())
    assert pages == made


def _write(driver: ApiDriver, eve: Account, what: str) -> None:
    token = eve.access_token
    mine = driver.randoms(token).json()
    if what == "create" or not mine:
        assert driver.draw_random(token, 1, 6).status_code == 201
    elif what == "delete":
        assert driver.random("DELETE", token, mine[0]["id"]).status_code == 204
    else:
        assert driver.random("PATCH", token, mine[0]["id"], {"max_value": 9}).status_code == 200


@given(again=st.sampled_from(["GET", "PATCH", "DELETE"]))
def test_deleted_means_gone(env: Environment, ada: Account, again: str) -> None:
    """Planted: a delete that deletes nothing."""
    driver = ApiDriver(env)
    item = driver.draw_random(ada.access_token, 1, 6).json()["id"]
    assert driver.random("DELETE", ada.access_token, item).status_code == 204
    update = {"max_value": 9} if again == "PATCH" else None
    assert driver.random(again, ada.access_token, item, update).status_code == 404
    assert item not in [each["id"] for each in driver.randoms(ada.access_token).json()]


@given(method=st.sampled_from(["GET", "PATCH", "DELETE"]), update=UPDATES, never=IDS)
def test_ids_of_others_are_like_ids_that_never_existed(
    env: Environment, ada: Account, eve: Account, *, method: str, update: dict[str, int], never: int
) -> None:
    """Planted: queries without the owner."""
    driver = ApiDriver(env)
    item = driver.draw_random(ada.access_token, 1, 6).json()
    body = update if method == "PATCH" else None
    others = driver.random(method, eve.access_token, item["id"], body)
    # Ids count up: one that is so much higher never was.
    absent = driver.random(method, eve.access_token, max(never, item["id"] + 1000), body)
    assert others.status_code == absent.status_code == 404
    assert others.content == absent.content
    assert driver.random("GET", ada.access_token, item["id"]).json() == item
