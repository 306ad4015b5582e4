"""Two things wrong in one request: the more severe is answered, and every problem is listed."""

import itertools
import time
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.test_overtaken import ENDINGS
from tests.contract.valid_requests import OPERATIONS, SECURED, bearer, create, resigned, valid
from tests.service import OTHER_PASSWORD, PASSWORD

HOUR = 3600
BODIES: dict[str, dict[str, Any]] = {
    "signup_user": {"username": "ada", "email": "a@example.com", "password": "Horse-7-Battery"},
    "verify_user": {"username": "ada", "confirmation_code": "123456"},
    "refresh_session": {"username": "ada", "refresh_token": "abc"},
    "reset_password": {
        "username": "ada",
        "confirmation_code": "123456",
        "new_password": "Horse-7-Battery",
    },
    "change_password": {"current_password": "x", "new_password": "Horse-7-Battery"},
    "create_random": {"min_value": 1, "max_value": 6},
    "update_random": {"min_value": 1, "max_value": 6},
}
PAIRS = [(name, *pair) for name, body in BODIES.items() for pair in itertools.combinations(body, 2)]
WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - HOUR},
    "of another pool": {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"},
    "of another client": {"client_id": "other"},
    "of another use": {"token_use": "id"},
    "not valid yet": {"nbf": int(time.time()) + HOUR},
    "of nobody": {"sub": "7d2e4a0c-0000-4000-8000-000000000000"},
    "without scopes": {"scope": ""},
}

PASSWORD_PARTS = {"lower case": "horses", "upper case": "HORSES", "digit": "7707", "symbol": "-+-+"}


def locations(answer: Any) -> set[str]:
    return {str(problem["loc"][-1]) for problem in answer.json()["detail"]}


@pytest.fixture
def user(env: Environment) -> Account:
    return env.new_account()


@pytest.mark.parametrize(("name", "first", "second"), PAIRS)
def test_two_bad_members_are_both_listed(
    env: Environment, user: Account, name: str, first: str, second: str
) -> None:
    body = {**BODIES[name], first: [], second: []}
    answer = valid(env, name, user).send(env.client, json=body)
    assert answer.status_code == 422
    assert locations(answer) == {first, second}


@pytest.mark.parametrize(
    ("name", "first", "second"), [pair for pair in PAIRS if pair[0] != "update_random"]
)
def test_two_missing_members_are_both_listed(
    env: Environment, user: Account, name: str, first: str, second: str
) -> None:
    body = {key: value for key, value in BODIES[name].items() if key not in {first, second}}
    answer = valid(env, name, user).send(env.client, json=body)
    assert answer.status_code == 422
    assert locations(answer) == {first, second}


@pytest.mark.parametrize("lacking", [*itertools.combinations(PASSWORD_PARTS, 2)], ids=" and ".join)
def test_all_that_a_password_lacks_is_named(env: Environment, lacking: tuple[str, str]) -> None:
    password = "".join(text for name, text in PASSWORD_PARTS.items() if name not in lacking)
    body = {**BODIES["signup_user"], "password": password}
    answer = env.client.request("POST", "/users/signup", json=body)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert {name for name in PASSWORD_PARTS if name in problem["msg"]} == set(lacking)


def test_a_bad_member_and_one_that_nobody_knows_are_both_listed(env: Environment) -> None:
    body = {**BODIES["signup_user"], "email": "nobody", "admin": True}
    answer = env.client.request("POST", "/users/signup", json=body)
    assert answer.status_code == 422
    assert locations(answer) == {"email", "admin"}


def test_a_bad_form_lists_all_that_is_missing(env: Environment) -> None:
    answer = env.client.request("POST", "/users/login", data={"scope": "me"})
    assert answer.status_code == 422
    assert locations(answer) == {"username", "password"}


def test_bad_parameters_are_all_listed(env: Environment, user: Account) -> None:
    headers = bearer(user.access_token)
    answer = env.client.request("GET", "/randoms?offset=-1&limit=0", headers=headers)
    assert answer.status_code == 422
    assert locations(answer) == {"offset", "limit"}


def test_a_bad_path_and_a_bad_body_are_both_listed(env: Environment, user: Account) -> None:
    headers = bearer(user.access_token)
    body = {"min_value": "x"}
    answer = env.client.request("PATCH", "/randoms/0", json=body, headers=headers)
    assert answer.status_code == 422
    assert locations(answer) == {"random_id", "min_value"}


@pytest.mark.parametrize("pair", [*itertools.combinations(WRONG_CLAIMS, 2)], ids=" and ".join)
def test_a_token_that_is_wrong_twice_is_no_token(
    env: Environment, user: Account, pair: tuple[str, str]
) -> None:
    """A missing scope is 403 only of a token that is good in all else."""
    claims = {**WRONG_CLAIMS[pair[0]], **WRONG_CLAIMS[pair[1]]}
    token = resigned(env, user.access_token, **claims)
    for path in ("/users/me", "/randoms"):
        answer = env.client.request("GET", path, headers=bearer(token))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("operation_id", SECURED)
@pytest.mark.parametrize(
    ("credential", "status"), [("none", 401), ("expired", 401), ("without scopes", 403)]
)
def test_who_may_not_ask_is_not_told_what_is_wrong_with_the_question(
    env: Environment, user: Account, operation_id: str, credential: str, status: int
) -> None:
    request = valid(env, operation_id, user)
    headers = {}
    if credential != "none":
        token = resigned(env, user.access_token, **WRONG_CLAIMS[credential])
        headers = bearer(token)
    changes: dict[str, Any] = {"headers": headers}
    if "requestBody" in _described(operation_id):
        changes["json"] = {"nonsense": []}
    answer = request.send(env.client, **changes)
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["detail"], str)


def _described(operation_id: str) -> dict[str, Any]:
    """An operation's description in the document."""
    return dict(OPERATIONS[operation_id].definition)


def test_a_signed_out_token_without_the_scope_is_signed_out(
    env: Environment, user: Account
) -> None:
    without = env.token(user.username, ["me"])
    headers = bearer(user.access_token)
    assert env.client.request("POST", "/users/logout", headers=headers).status_code == 200
    answer = env.client.request("GET", "/randoms", headers=bearer(without))
    assert answer.status_code == 401


# What the document allows to ask, and the rules or the state of the service refuse.
REFUSED_BY_RULES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "contradicting bounds": ("POST", "/randoms", {"min_value": 9, "max_value": 1}),
    "contradicting bounds of no number": (
        "PATCH",
        "/randoms/999999",
        {"min_value": 9, "max_value": 1},
    ),
    "no number to read": ("GET", "/randoms/999999", None),
    "no number to delete": ("DELETE", "/randoms/999999", None),
    "wrong password": (
        "POST",
        "/users/change_password",
        {"current_password": f"Wrong-{PASSWORD}", "new_password": OTHER_PASSWORD},
    ),
}


@pytest.mark.parametrize("question", REFUSED_BY_RULES)
@pytest.mark.parametrize("shut", ["logout_user", "delete_me", "disable", "without scopes"])
def test_who_is_shut_out_is_told_that_and_not_what_else_is_wrong(
    env: Environment, user: Account, question: str, shut: str
) -> None:
    method, path, body = REFUSED_BY_RULES[question]
    token, expected = user.access_token, 401
    answer = env.client.request(method, path, json=body, headers=bearer(token))
    assert answer.status_code not in {200, 401}, "the control: nothing else is wrong with it"
    if shut == "without scopes":
        token, expected = resigned(env, token, **WRONG_CLAIMS[shut]), 403
    else:
        ENDINGS[shut](env, user)()
    answer = env.client.request(method, path, json=body, headers=bearer(token))
    assert answer.status_code == expected
    assert ("insufficient_scope" in answer.headers["WWW-Authenticate"]) is (expected == 403)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_someone_elses_number_is_not_there_whatever_is_wrong_with_the_change(
    env: Environment, user: Account, method: str
) -> None:
    """Whether bounds contradict those of an item that is not one's own is not told."""
    item = create(env, env.new_account(), 1, 6)
    body = {"min_value": 100} if method == "PATCH" else None
    headers = bearer(user.access_token)
    answer = env.client.request(method, f"/randoms/{item}", json=body, headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("whose", ["nobody's", "someone else's"])
def test_bounds_that_contradict_each_other_tell_nothing_of_a_number_that_is_not_there(
    env: Environment, user: Account, whose: str
) -> None:
    item = create(env, env.new_account(), 1, 6) + (1000 if whose == "nobody's" else 0)
    body = {"min_value": 9, "max_value": 1}
    headers = bearer(user.access_token)
    assert (
        env.client.request("PATCH", f"/randoms/{item}", json=body, headers=headers).status_code
        == 404
    )


def test_two_credentials_do_not_add_up(env: Environment, user: Account) -> None:
    """A good token beside a bad one opens nothing that the first one named would not open."""
    bad = resigned(env, user.access_token, **WRONG_CLAIMS["expired"])
    both = f"Bearer {bad}, Bearer {user.access_token}"
    answer = env.client.request("GET", "/users/me", headers={"Authorization": both})
    assert answer.status_code == 401
