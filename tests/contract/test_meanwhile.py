"""Somebody acts between what Cognito has done and its answer, or the answer never comes.

The order is forced in this process: the stand-in for Cognito holds its answer back meanwhile.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.service import Account
from tests.contract.pool_changes import altered, change, rows
from tests.contract.test_database import BACK, on_insert
from tests.contract.test_overtaken import ENDINGS
from tests.contract.valid_requests import bearer, valid
from tests.service import OTHER_PASSWORD, PASSWORD, application, disable, enable

OLD = timedelta(seconds=200)
NEWCOMER = {"username": "newcomer", "email": "new@example.com", "password": PASSWORD}


def me(env: Environment, token: str) -> int:
    return int(env.client.request("GET", "/users/me", headers=bearer(token)).status_code)


def login(env: Environment, user: Account, password: str) -> Any:
    form = {"username": user.username, "password": password}
    return env.client.request("POST", "/users/login", data=form)


def refresh(env: Environment, user: Account) -> Any:
    body = {"username": user.username, "refresh_token": user.refresh_token}
    return env.client.request("POST", "/users/refresh", json=body)


def old_token(env: Environment, user: Account) -> str:
    """An access token of a session that was opened some minutes ago."""
    return str(old_tokens(env, user).access_token)


def old_tokens(env: Environment, user: Account) -> Any:
    env.cognito.clock.advance(-OLD)
    try:
        return env.cognito.issue_tokens(user.username)
    finally:
        env.cognito.clock.reset()


def let_a_minute_pass(env: Environment) -> None:
    """What is noted of resets under way happened more than a minute ago."""
    change(env, "UPDATE users SET reset_begun_at = reset_begun_at - 100")


# Of a refresh that is under way


@pytest.mark.parametrize("ending", sorted(ENDINGS.keys() - {"change_password"}))
def test_a_refresh_that_is_overtaken_yields_no_token(env: Environment, ending: str) -> None:
    user = env.new_account()
    end = ENDINGS[ending](env, user)
    with env.cognito.outages.meanwhile("GetTokensFromRefreshToken", end):
        answer = refresh(env, user)
    assert answer.status_code in {401, 503}, answer.text
    assert "access_token" not in answer.text


def test_a_refresh_that_another_users_logout_meets_goes_on(env: Environment) -> None:
    """The control."""
    user, other = env.new_account(), env.new_account()
    end = ENDINGS["logout_user"](env, other)
    with env.cognito.outages.meanwhile("GetTokensFromRefreshToken", end):
        answer = refresh(env, user)
    assert answer.status_code == 200
    assert me(env, answer.json()["access_token"]) == 200


def test_a_first_login_whose_account_is_shut_meanwhile_opens_nothing(env: Environment) -> None:
    """It has no row here that could say so."""
    user = env.new_account()
    change(env, "DELETE FROM users WHERE sub = %s", user.sub)
    account = {"UserPoolId": env.config.user_pool_id, "Username": user.username}
    with env.cognito.outages.meanwhile(
        "InitiateAuth", lambda: env.aws.admin_disable_user(**account)
    ):
        assert login(env, user, user.password).status_code == 401
    assert rows(env, "SELECT username FROM users WHERE sub = %s", user.sub) == []


# Of answers that are lost


def test_a_reset_whose_answer_is_lost_ends_the_sessions_of_before(env: Environment) -> None:
    user = env.new_account()
    reset = valid(env, "reset_password", user)
    with env.cognito.outages.lose_answer("ConfirmForgotPassword"):
        assert reset.send(env.client).status_code == 503
    assert [me(env, user.access_token), refresh(env, user).status_code] == [401, 401]
    assert login(env, user, PASSWORD).status_code == 401
    assert me(env, login(env, user, OTHER_PASSWORD).json()["access_token"]) == 200


# What Cognito may say when it is asked whether the new password opens the account.
NO_WORD = [
    "TooManyRequestsException",
    "InternalErrorException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    None,
]


@pytest.mark.parametrize("code", NO_WORD)
def test_a_lost_reset_that_nobody_can_judge_ends_the_sessions_of_before(
    env: Environment, code: str | None
) -> None:
    """Only that the new password is wrong says that nothing has happened."""
    user, outages = env.new_account(), env.cognito.outages
    token, reset = old_token(env, user), valid(env, "reset_password", user)
    judged = outages.fail("InitiateAuth", code) if code else outages.time_out("InitiateAuth")
    with outages.lose_answer("ConfirmForgotPassword"), judged:
        assert reset.send(env.client).status_code == 503
    assert [me(env, token), me(env, user.access_token)] == [401, 401]


NOT_RESET = {
    "wrong code": "CodeMismatchException",
    "weak": "InvalidPasswordException",
    "too often": "TooManyRequestsException",
    "unforeseen": "InternalErrorException",
    "not heard": None,
}


@pytest.mark.parametrize("trouble", NOT_RESET)
def test_a_reset_that_did_not_happen_ends_no_session_ever(env: Environment, trouble: str) -> None:
    user = env.new_account()
    token, reset = old_token(env, user), valid(env, "reset_password", user)
    outages, call, code = env.cognito.outages, "ConfirmForgotPassword", NOT_RESET[trouble]
    with outages.fail(call, code) if code else outages.time_out(call):
        assert reset.send(env.client).status_code in {403, 422, 429, 503}
    let_a_minute_pass(env)
    assert [me(env, token), me(env, user.access_token), refresh(env, user).status_code] == [200] * 3


@pytest.mark.parametrize("stranger", [False, True], ids=["alone", "and a stranger's wrong code"])
def test_a_reset_with_no_outcome_ends_the_sessions_of_before_after_a_minute(
    env: Environment, *, stranger: bool
) -> None:
    """The database goes away in mid-reset, as if the process had been killed."""
    account = env.new_account()
    tokens = old_tokens(env, account)
    user, token = replace(account, refresh_token=tokens.refresh_token), tokens.access_token
    reset = valid(env, "reset_password", user)
    outage = env.database.outage()
    with env.cognito.outages.meanwhile("ConfirmForgotPassword", outage.__enter__):
        try:
            assert reset.send(env.client).status_code == 503
        finally:
            outage.__exit__(None, None, None)
    if stranger:
        assert reset.json is not None
        wrong = {**reset.json, "confirmation_code": "000000"}
        assert reset.send(env.client, json=wrong).status_code == 403
    let_a_minute_pass(env)
    assert [me(env, token), refresh(env, user).status_code] == [401, 401]
    assert me(env, login(env, user, OTHER_PASSWORD).json()["access_token"]) == 200


LOST = {"change_password": "ChangePassword", "reset_password": "ConfirmForgotPassword"}


@pytest.mark.parametrize("operation", LOST)
def test_a_login_is_overtaken_by_a_new_password_whose_answer_is_lost(
    env: Environment, operation: str
) -> None:
    user = env.new_account()
    request = valid(env, operation, user)

    def act() -> None:
        with (
            AsgiClient(env.application()) as other,
            env.cognito.outages.lose_answer(LOST[operation]),
        ):
            assert request.send(other).status_code == 503

    with env.cognito.outages.meanwhile("InitiateAuth", act):
        answer = login(env, user, PASSWORD)
    assert answer.status_code in {401, 503}, answer.text
    assert "access_token" not in answer.text


def by_request(name: str) -> Callable[[Environment, Account], None]:
    def act(env: Environment, user: Account) -> None:
        assert valid(env, name, user).send(env.client).status_code == 200

    return act


def by_operator(env: Environment, user: Account) -> None:
    disable(env.config, user.username)
    enable(env.config, user.username)


REVOKED_BY = {
    "reset_password": by_request("reset_password"),
    "logout_user": by_request("logout_user"),
    "disabled and enabled": by_operator,
}


@pytest.mark.parametrize("ending", REVOKED_BY)
def test_what_ends_sessions_here_ends_them_at_cognito_too(env: Environment, ending: str) -> None:
    user, other = env.new_account(), env.new_account()
    REVOKED_BY[ending](env, user)
    client = {"ClientId": env.config.client_id, "ClientSecret": env.config.client_secret}
    continued = env.aws.get_tokens_from_refresh_token
    with pytest.raises(env.aws.exceptions.NotAuthorizedException):
        continued(**client, RefreshToken=user.refresh_token)
    assert continued(**client, RefreshToken=other.refresh_token)["AuthenticationResult"]


# Of sign-ups that are under way


def account_of(env: Environment, username: str) -> Any:
    try:
        return env.aws.admin_get_user(UserPoolId=env.config.user_pool_id, Username=username)
    except env.aws.exceptions.UserNotFoundException:
        return None


def sign_up(env: Environment, **changed: str) -> int:
    with AsgiClient(env.application()) as client:
        body = {**NEWCOMER, **changed}
        return int(client.request("POST", "/users/signup", json=body).status_code)


def opens(env: Environment) -> bool:
    """Whether the newcomer can confirm the account and log in."""
    proof = {"username": "newcomer", "confirmation_code": env.code("newcomer")}
    verified = env.client.request("POST", "/users/verify", json=proof).status_code
    form = {"username": "newcomer", "password": PASSWORD}
    return [verified, env.client.request("POST", "/users/login", data=form).status_code] == [
        200
    ] * 2


def test_a_name_stays_reserved_for_as_long_as_its_sign_up_can_last(env: Environment) -> None:
    left: list[float] = []

    def look() -> None:
        query = "SELECT extract(epoch FROM reserved_until - clock_timestamp()) FROM users"
        left.extend(float(seconds) for (seconds,) in rows(env, query))
        assert sign_up(env) == 409
        assert sign_up(env, username="another") == 409

    with (
        AsgiClient(application(env.config, request_deadline=30)) as client,
        env.cognito.outages.meanwhile("SignUp", look),
    ):
        assert client.request("POST", "/users/signup", json=NEWCOMER).status_code == 201
    assert len(left) == 1
    assert left[0] > 30
    assert opens(env)


def test_a_sign_up_that_comes_too_late_is_refused_and_touches_nobodys_account(
    env: Environment,
) -> None:
    """Its reservation is over, and somebody else has the name by now."""

    def overtake() -> None:
        change(env, "DELETE FROM users")
        env.aws.admin_delete_user(UserPoolId=env.config.user_pool_id, Username="newcomer")
        assert sign_up(env) == 201

    with env.cognito.outages.meanwhile("SignUp", overtake):
        assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 503
    assert rows(env, "SELECT username FROM users WHERE reserved_until IS NULL") == [("newcomer",)]
    assert opens(env)


def test_a_sign_up_removes_no_account_that_has_become_somebodys(env: Environment) -> None:
    """It found an account without a row, which gets one in that moment."""
    assert sign_up(env) == 201
    change(env, "DELETE FROM users")
    account = account_of(env, "newcomer")
    sub = next(each["Value"] for each in account["UserAttributes"] if each["Name"] == "sub")

    def move_in() -> None:
        change(env, "UPDATE users SET sub = %s, reserved_until = NULL", sub)

    with env.cognito.outages.meanwhile("AdminGetUser", move_in):
        assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 409
    assert account_of(env, "newcomer") is not None
    assert opens(env)


def test_a_second_attempt_whose_answer_is_lost_leaves_no_account(env: Environment) -> None:
    """The first one found an account that nobody confirmed, and removed it."""
    assert sign_up(env) == 201
    change(env, "DELETE FROM users")
    with (
        env.cognito.outages.meanwhile("SignUp", lambda: None),
        env.cognito.outages.lose_answer("SignUp"),
    ):
        assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 503
    assert account_of(env, "newcomer") is None
    assert sign_up(env) == 201
    assert opens(env)


# Why a sign-up takes an account away: what has happened to it, or what was there before.
WITHDRAWALS = {
    "the database did not keep it": 503,
    "its answer was lost": 503,
    "nobody has a row of it": 409,
    "nobody confirmed it in time": 409,
}


@pytest.mark.parametrize("why", WITHDRAWALS)
def test_what_is_withdrawn_is_the_account_that_was_looked_at(env: Environment, why: str) -> None:
    """By the time that it goes, another account has its name."""
    changes = {
        "nobody has a row of it": "DELETE FROM users",
        "nobody confirmed it in time": "UPDATE users SET created_at = now() - interval '2 days'",
    }
    with ExitStack() as trouble:
        if why in changes:
            assert sign_up(env) == 201
            change(env, changes[why])
        elif why == "its answer was lost":
            trouble.enter_context(env.cognito.outages.lose_answer("SignUp"))
        else:
            fails = on_insert("RAISE EXCEPTION USING ERRCODE = '40001'", "users")
            fails = fails.replace("BEFORE INSERT", "BEFORE UPDATE")
            trouble.enter_context(altered(env, fails, BACK))

        def replace_it() -> None:
            env.aws.admin_delete_user(UserPoolId=env.config.user_pool_id, Username="newcomer")
            env.cognito.create_user("newcomer", "other@example.com", OTHER_PASSWORD)

        trouble.enter_context(env.cognito.outages.meanwhile("AdminGetUser", replace_it))
        answer = env.client.request("POST", "/users/signup", json=NEWCOMER)
    assert answer.status_code == WITHDRAWALS[why]
    form = {"username": "newcomer", "password": OTHER_PASSWORD}
    assert env.client.request("POST", "/users/login", data=form).status_code == 200


@pytest.mark.parametrize("taken", ["username", "email"])
def test_a_sign_up_that_the_database_did_not_keep_holds_neither_name_nor_address(
    env: Environment, taken: str
) -> None:
    fails = on_insert("RAISE EXCEPTION USING ERRCODE = '40001'", "users")
    with altered(env, fails.replace("BEFORE INSERT", "BEFORE UPDATE"), BACK):
        assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 503
    assert account_of(env, "newcomer") is None
    other = "username" if taken == "email" else "email"
    fresh = {"username": "another", "email": "another@example.com"}[other]
    assert sign_up(env, **{other: fresh}) == 201


@pytest.mark.parametrize("call", ["AdminGetUser", "AdminDeleteUser"])
@pytest.mark.parametrize("how", ["time_out", "lose_answer"])
def test_a_name_is_free_at_once_although_its_account_could_not_be_withdrawn(
    env: Environment, call: str, how: str
) -> None:
    """The database did not keep the sign-up, and then Cognito did not answer."""
    fails = on_insert("RAISE EXCEPTION USING ERRCODE = '40001'", "users")
    with (
        altered(env, fails.replace("BEFORE INSERT", "BEFORE UPDATE"), BACK),
        getattr(env.cognito.outages, how)(call),
    ):
        assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 503
    assert sign_up(env) == 201
    assert opens(env)
