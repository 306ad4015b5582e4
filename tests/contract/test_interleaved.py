"""Two who change one row: the second waits for the first, and then goes by what it finds.

The order is forced: a transaction beside the service holds the row until the service waits for it.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.service import Account
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import change, changing, rows
from tests.contract.test_meanwhile import let_a_minute_pass, login, me, old_token
from tests.contract.test_operators import is_shut
from tests.contract.test_two_at_once import prepared
from tests.contract.valid_requests import Valid, bearer, create, valid
from tests.service import OTHER_PASSWORD, disable, enable


def overtaken(env: Environment, request: Valid, statement: str, *values: object) -> Any:
    """Send a request, and commit a change of the row that it waits for; returns its answer."""
    with AsgiClient(env.application()) as client, ThreadPoolExecutor(1) as thread:
        with changing(env, statement, *values) as wait_for_rival:
            answer = thread.submit(request.send, client)
            wait_for_rival()
        return answer.result(PATIENCE)


def item(env: Environment, user: Account, name: str, **body: int) -> Valid:
    path = f"/randoms/{create(env, user)}"
    return Valid(name, path, json=body or None, headers=bearer(user.access_token))


@pytest.mark.parametrize("name", ["update_random", "delete_random"])
def test_an_item_that_another_request_has_just_deleted_is_404(env: Environment, name: str) -> None:
    user = env.new_account()
    request = item(env, user, name, **({"max_value": 9} if name == "update_random" else {}))
    assert overtaken(env, request, "DELETE FROM random_items").status_code == 404


def test_new_bounds_are_held_against_those_of_the_change_before(env: Environment) -> None:
    user = env.new_account()
    request = item(env, user, "update_random", max_value=40)
    other = "UPDATE random_items SET min_value = 50, max_value = 60, num = 55"
    assert overtaken(env, request, other).status_code == 409
    found = request.send(env.client, json={"max_value": 61}).json()
    assert (found["min_value"], found["max_value"], found["num"]) == (50, 61, 55)


def test_a_change_keeps_what_the_change_before_it_has_set(env: Environment) -> None:
    user = env.new_account()
    request = item(env, user, "update_random", max_value=9)
    other = "UPDATE random_items SET min_value = -4, num = -4"
    answer = overtaken(env, request, other)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["min_value"], found["max_value"], found["num"]) == (-4, 9, -4)


def test_a_profile_whose_user_is_deleted_meanwhile_is_401(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "update_me", user)
    assert overtaken(env, request, "DELETE FROM users").status_code == 401


def test_a_number_drawn_for_a_user_who_is_deleted_meanwhile_is_401(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "create_random", user)
    assert overtaken(env, request, "DELETE FROM users").status_code == 401


# Changes are noted later than the request, which is sent while the transaction is open.
SHUT = {
    "signed out": "UPDATE users SET signed_out_at = extract(epoch FROM now()) + 60, "
    "credentials_changed_at = clock_timestamp() + interval '1 minute'",
    "password changed": "UPDATE users "
    "SET credentials_changed_at = clock_timestamp() + interval '1 minute'",
    "disabled": "UPDATE users SET disabled_at = now()",
    "deleted": "DELETE FROM users",
}


@pytest.mark.parametrize("how", SHUT)
def test_a_login_waits_for_what_ends_sessions_and_then_opens_none(
    env: Environment, how: str
) -> None:
    user = env.new_account()
    answer = overtaken(env, valid(env, "login_user", user), SHUT[how])
    # Whose row alone is gone moves in again.
    assert answer.status_code in ({200} if how == "deleted" else {401, 503})
    assert ("access_token" in answer.text) is (how == "deleted")


@pytest.mark.parametrize("how", sorted(SHUT.keys() - {"password changed"}))
def test_a_refresh_waits_for_what_ends_sessions_and_then_goes_on_with_none(
    env: Environment, how: str
) -> None:
    user = env.new_account()
    answer = overtaken(env, valid(env, "refresh_session", user), SHUT[how])
    assert answer.status_code in {401, 503}
    assert "access_token" not in answer.text


@pytest.mark.parametrize("name", ["logout_user", "delete_me"])
def test_what_ends_a_user_who_is_deleted_meanwhile_is_401(env: Environment, name: str) -> None:
    user = env.new_account()
    request = valid(env, name, user)
    assert overtaken(env, request, "DELETE FROM users").status_code == 401


@pytest.mark.parametrize("name", ["change_password", "reset_password", "disable", "enable"])
def test_what_is_done_at_cognito_needs_no_row(env: Environment, name: str) -> None:
    """It is deleted while it is waited for; whoever logs in later gets another one."""
    user = env.new_account()
    act = prepared(env, name, user)
    with AsgiClient(env.application()) as client, ThreadPoolExecutor(1) as thread:
        with changing(env, "DELETE FROM users") as wait_for_rival:
            outcome = thread.submit(act, client)
            wait_for_rival()
        assert outcome.result(PATIENCE).status == 200
    right = OTHER_PASSWORD if name.endswith("password") else user.password
    assert login(env, user, right).status_code == (401 if name == "disable" else 200)


@pytest.mark.parametrize("same", ["username", "email"])
def test_a_name_or_address_that_another_sign_up_takes_meanwhile_is_409(
    env: Environment, same: str
) -> None:
    request = valid(env, "signup_user")
    assert request.json is not None
    key = {"username": "other", "email": "other@x"} | {same: request.json[same]}
    rival = (
        "INSERT INTO users (sub, username, username_key, email, email_key, created_at, "
        "reserved_until) VALUES ('rival', 'other', %s, 'other@x', %s, now(), "
        "now() + interval '1 hour')"
    )
    answer = overtaken(env, request, rival, key["username"], key["email"])
    assert answer.status_code == 409
    assert rows(env, "SELECT sub FROM users WHERE username_key = %s", key["username"]) == [
        ("rival",)
    ]


def test_a_reset_that_another_one_has_just_begun_beside_is_counted_with_it(
    env: Environment,
) -> None:
    """The other one never has an outcome: this one, which is refused, hides that from nobody."""
    user = env.new_account()
    token, reset = old_token(env, user), valid(env, "reset_password", user)
    assert reset.json is not None
    reset.json["confirmation_code"] = "000000"
    other = (
        "UPDATE users SET resets_open = resets_open + 1, "
        "reset_begun_at = extract(epoch FROM now())::bigint WHERE sub = %s"
    )
    assert overtaken(env, reset, other, user.sub).status_code == 403
    assert me(env, token) == 200
    let_a_minute_pass(env)
    assert me(env, token) == 401


def test_a_reservation_that_becomes_a_users_row_while_another_sign_up_makes_way_stays(
    env: Environment,
) -> None:
    """Two rows are in the way: what the second one is changes while Cognito is asked of the first.

    It is a sign-up that took longer than its reservation, and is in time all the same.
    """
    gone, late = env.new_account(), env.new_account()
    env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username=gone.username)
    reserve = (
        "UPDATE users SET sub = 'provisional', reserved_until = now() - interval '1 minute' "
        "WHERE sub = %s"
    )
    change(env, reserve, late.sub)
    settle = "UPDATE users SET sub = %s, reserved_until = NULL WHERE sub = 'provisional'"
    request = valid(env, "signup_user")
    assert request.json is not None
    request.json.update(username=gone.username, email=late.email)
    with env.cognito.outages.meanwhile("AdminGetUser", lambda: change(env, settle, late.sub)):
        assert request.send(env.client).status_code == 409
    assert me(env, late.access_token) == 200


def test_an_operators_command_given_twice_at_once_is_done_once(env: Environment) -> None:
    user, other = env.new_account(), env.new_account()
    for command in (disable, enable):
        with ThreadPoolExecutor(2) as threads:
            held = "UPDATE users SET full_name = 'Ada' WHERE sub = %s"
            with changing(env, held, user.sub) as wait_for_rival:
                commands = [
                    threads.submit(command, env.config, name)
                    for name in (user.username, user.username.upper())
                ]
                wait_for_rival()
            for done in commands:
                done.result(PATIENCE)
        if command is disable:
            assert is_shut(env, user)
    opened = valid(env, "login_user", user).send(env.client)
    assert opened.status_code == 200
    me = valid(env, "read_me", user)
    assert me.send(env.client).status_code == 401
    assert me.send(env.client, headers=bearer(opened.json()["access_token"])).status_code == 200
    assert valid(env, "read_me", other).send(env.client).status_code == 200
