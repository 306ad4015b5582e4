"""Per-user random numbers: drawn within their bounds, seen and touched by their owner alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import changing
from tests.contract.valid_requests import bearer, create, valid

INT4 = 2**31


def test_without_a_token_nothing_is_listed(client: HttpClient) -> None:
    response = client.request("GET", "/randoms")
    assert response.status_code == 401
    assert response.json() == {"detail": "Not authenticated"}


def test_a_new_user_has_an_empty_list(env: Environment) -> None:
    response = valid(env, "list_randoms").send(env.client)
    assert (response.status_code, response.json()) == (200, [])


def test_a_new_number_lies_within_its_bounds_and_at_its_location(env: Environment) -> None:
    user = env.new_account()
    response = valid(env, "create_random", user).send(env.client)
    assert response.status_code == 201
    item = response.json()
    assert item["min_value"] == 1
    assert item["max_value"] == 6
    assert 1 <= item["num"] <= 6
    location = response.headers["Location"]
    assert location.endswith(f"/randoms/{item['id']}")
    read = env.client.request("GET", location, headers=bearer(user.access_token))
    assert read.json() == item


@pytest.mark.parametrize(
    "bounds", [(-INT4, INT4 - 1), (INT4 - 1, INT4 - 1), (-INT4, -INT4), (0, 0)]
)
def test_the_widest_and_the_narrowest_bounds_are_good(
    env: Environment, bounds: tuple[int, int]
) -> None:
    low, high = bounds
    body = {"min_value": low, "max_value": high}
    response = valid(env, "create_random").send(env.client, json=body)
    assert response.status_code == 201
    assert low <= response.json()["num"] <= high


def test_reversed_bounds_are_409(env: Environment) -> None:
    request = valid(env, "create_random")
    response = request.send(env.client, json={"min_value": 2, "max_value": 1})
    assert response.status_code == 409
    assert response.json() == {"detail": "min_value must not be greater than max_value"}


@pytest.mark.parametrize("bounds", [(0, INT4), (-INT4 - 1, 0), (0, 2**40), (0, None)])
def test_other_bounds_are_422(env: Environment, bounds: tuple[int, int | None]) -> None:
    body = {"min_value": bounds[0], "max_value": bounds[1]}
    assert valid(env, "create_random").send(env.client, json=body).status_code == 422


def test_pages_are_stable_and_together_the_list(env: Environment) -> None:
    user = env.new_account()
    made = [create(env, user) for _ in range(7)]
    headers = bearer(user.access_token)
    pages = [
        env.client.request("GET", f"/randoms?offset={offset}&limit=3", headers=headers).json()
        for offset in (0, 3, 6, 9)
    ]
    assert [[item["id"] for item in page] for page in pages] == [made[:3], made[3:6], made[6:], []]


@pytest.mark.parametrize(
    "query", ["offset=-1", "limit=-1", "limit=0", "offset=x", f"limit={2**40}"]
)
def test_pages_that_cannot_be_are_422(env: Environment, query: str) -> None:
    request = valid(env, "list_randoms")
    response = env.client.request("GET", f"/randoms?{query}", headers=request.headers)
    assert response.status_code == 422


class TestUpdateRandom:
    def test_one_bound_keeps_the_rest(self, env: Environment) -> None:
        user = env.new_account()
        number = create(env, user, 3, 3)
        headers = bearer(user.access_token)
        path = f"/randoms/{number}"
        response = env.client.request("PATCH", path, json={"max_value": 9}, headers=headers)
        assert response.status_code == 200
        item = response.json()
        assert (item["min_value"], item["max_value"], item["num"]) == (3, 9, 3)

    def test_a_number_outside_its_new_bounds_is_drawn_again(self, env: Environment) -> None:
        user = env.new_account()
        path = f"/randoms/{create(env, user, 1, 1)}"
        body = {"min_value": 5, "max_value": 5}
        response = env.client.request("PATCH", path, json=body, headers=bearer(user.access_token))
        assert response.json()["num"] == 5

    def test_nothing_to_change_is_no_change(self, env: Environment) -> None:
        user = env.new_account()
        path, headers = f"/randoms/{create(env, user)}", bearer(user.access_token)
        before = env.client.request("GET", path, headers=headers).json()
        after = env.client.request("PATCH", path, json={}, headers=headers)
        assert after.status_code == 200
        assert {**after.json(), "updated_at": None} == {**before, "updated_at": None}

    @pytest.mark.parametrize("body", [{"min_value": 7}, {"min_value": 2, "max_value": 1}])
    def test_bounds_that_contradict_each_other_are_409_and_change_nothing(
        self, env: Environment, body: dict[str, int]
    ) -> None:
        user = env.new_account()
        path, headers = f"/randoms/{create(env, user, 1, 6)}", bearer(user.access_token)
        before = env.client.request("GET", path, headers=headers).json()
        response = env.client.request("PATCH", path, json=body, headers=headers)
        assert response.status_code == 409
        assert env.client.request("GET", path, headers=headers).json() == before

    def test_a_null_bound_is_422(self, env: Environment) -> None:
        request = valid(env, "update_random")
        assert request.send(env.client, json={"min_value": None}).status_code == 422


def test_a_deleted_number_is_gone(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "delete_random", user)
    response = request.send(env.client)
    assert (response.status_code, response.content) == (204, b"")
    assert request.send(env.client).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_someone_elses_number_looks_like_none(env: Environment, method: str) -> None:
    owner, other = env.new_account(), env.new_account()
    number = create(env, owner)
    headers = bearer(other.access_token)
    answers = [
        env.client.request(method, f"/randoms/{target}", json={"max_value": 9}, headers=headers)
        for target in (number, number + 1000)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json() == {"detail": "Random not found"}
    kept = env.client.request(
        "GET", f"/randoms/{number}", headers=bearer(owner.access_token)
    ).json()
    assert kept["max_value"] == 6


def test_nobody_is_listed_someone_elses_numbers(env: Environment) -> None:
    owner, other = env.new_account(), env.new_account()
    create(env, owner)
    response = env.client.request("GET", "/randoms", headers=bearer(other.access_token))
    assert response.json() == []


def test_every_number_between_the_bounds_is_drawn(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "create_random", user)
    # Two of three missing in 60 draws happens once in 10^10 runs.
    drawn = {
        request.send(env.client, json={"min_value": -1, "max_value": 1}).json()["num"]
        for _ in range(60)
    }
    assert drawn == {-1, 0, 1}


@pytest.mark.parametrize("value", [1.5, "1", True, None, [1]])
def test_what_is_no_integer_is_422(env: Environment, value: object) -> None:
    for body in ({"min_value": value, "max_value": 9}, {"min_value": 0, "max_value": value}):
        request = valid(env, "create_random")
        assert request.send(env.client, json=body).status_code == 422


def test_a_whole_number_written_with_a_point_is_an_integer(env: Environment) -> None:
    body = {"min_value": 2.0, "max_value": 2e0}
    assert valid(env, "create_random").send(env.client, json=body).json()["num"] == 2


def test_pages_have_a_largest_size(env: Environment) -> None:
    headers = bearer(env.new_account().access_token)
    sizes = {1: 200, 100: 200, 101: 422}
    for size, status in sizes.items():
        response = env.client.request("GET", f"/randoms?limit={size}", headers=headers)
        assert response.status_code == status


def test_a_page_has_twenty_items_unless_asked_otherwise(env: Environment) -> None:
    user = env.new_account()
    made = [create(env, user) for _ in range(21)]
    page = valid(env, "list_randoms", user).send(env.client).json()
    assert [item["id"] for item in page] == made[:20]


def test_a_change_is_dated_and_keeps_the_items_place(env: Environment) -> None:
    user = env.new_account()
    made = [create(env, user) for _ in range(3)]
    headers = bearer(user.access_token)
    path = f"/randoms/{made[0]}"
    before = env.client.request("GET", path, headers=headers).json()
    assert before["updated_at"] == before["created_at"]
    after = env.client.request("PATCH", path, json={"max_value": 9}, headers=headers).json()
    assert after["created_at"] == before["created_at"] < after["updated_at"]
    listed = env.client.request("GET", "/randoms", headers=headers).json()
    assert [item["id"] for item in listed] == made
    assert listed[0] == after


@pytest.mark.parametrize("bound", [{"min_value": 0}, {"max_value": 0}])
def test_zero_is_a_bound_like_others(env: Environment, bound: dict[str, int]) -> None:
    user = env.new_account()
    path = f"/randoms/{create(env, user, -5, 5)}"
    response = env.client.request("PATCH", path, json=bound, headers=bearer(user.access_token))
    assert {name: response.json()[name] for name in bound} == bound


def test_an_item_shows_what_it_is_and_nothing_else(env: Environment) -> None:
    user = env.new_account()
    item = valid(env, "create_random", user).send(env.client).json()
    listed = valid(env, "list_randoms", user).send(env.client).json()
    assert listed == [item]
    assert set(item) == {"id", "min_value", "max_value", "num", "created_at", "updated_at"}


def test_a_location_is_that_of_the_new_number(env: Environment) -> None:
    for user in (env.new_account(), env.new_account()):
        for _ in range(2):
            response = valid(env, "create_random", user).send(env.client)
            assert response.headers["Location"] == f"/randoms/{response.json()['id']}"


@pytest.mark.parametrize("spelling", ["0{}", "+{}", "{}.0", "%20{}", "{}%20", "{}_0", "1e0"])
def test_an_id_has_one_spelling_only(env: Environment, spelling: str) -> None:
    user = env.new_account()
    path = f"/randoms/{spelling.format(create(env, user))}"
    response = env.client.request("GET", path, headers=bearer(user.access_token))
    assert response.status_code == 422


def test_a_number_drawn_while_its_owner_is_deleted_is_401(env: Environment, live: str) -> None:
    request = valid(env, "create_random", env.new_account())
    with ThreadPoolExecutor(1) as pool:
        with changing(env, "DELETE FROM users") as wait_for_rival:
            answer = pool.submit(request.send, HttpClient(live))
            wait_for_rival()
        assert answer.result(PATIENCE).status_code == 401
