"""Which credentials count, in which form, and what ends with a session."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.service import Account
from tests.contract.valid_requests import SECURED, bearer, resigned, valid
from tests.service import OTHER_PASSWORD, application


def me(client: HttpClient, token: str) -> int:
    return int(client.request("GET", "/users/me", headers=bearer(token)).status_code)


def logged_in(client: HttpClient, user: Account) -> Account:
    form = {"username": user.username, "password": user.password}
    told = client.request("POST", "/users/login", data=form).json()
    return replace(user, access_token=told["access_token"], refresh_token=told["refresh_token"])


@pytest.mark.parametrize("name", SECURED)
def test_a_token_in_a_cookie_or_in_the_address_is_none(env: Environment, name: str) -> None:
    """Browsers send cookies by themselves, also for other pages; addresses are logged."""
    user = env.new_account()
    request = valid(env, name, user)
    member = {"access_token": user.access_token}
    assert request.send(env.client, headers={}, cookies=member).status_code == 401
    assert request.send(env.client, headers={}, params=member).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_has_no_case(env: Environment, scheme: str) -> None:
    """RFC 9110, 11.1."""
    headers = {"authorization": f"{scheme} {env.new_account().access_token}"}
    assert env.client.request("GET", "/users/me", headers=headers).status_code == 200


def test_a_login_may_come_with_what_oauth2_clients_send_along(env: Environment) -> None:
    request = valid(env, "login_user")
    form = {**(request.form or {}), "grant_type": "password", "client_id": "app", "scope": ""}
    assert request.send(env.client, data=form).status_code == 200


@pytest.mark.parametrize("name", ["logout_user", "reset_password"])
def test_sessions_opened_while_cognitos_clock_was_ahead_end_too(
    env: Environment, name: str
) -> None:
    user = env.new_account()
    request = valid(env, name, user)
    env.cognito.clock.advance(timedelta(seconds=4))
    ahead = logged_in(env.client, user)
    env.cognito.clock.reset()
    assert request.send(env.client).status_code == 200
    assert me(env.client, ahead.access_token) == 401


def test_a_second_sign_out_ends_what_was_opened_since_the_first(env: Environment) -> None:
    user = env.new_account()
    assert valid(env, "logout_user", user).send(env.client).status_code == 200
    env.cognito.clock.advance(timedelta(seconds=100))
    with AsgiClient(application(env.config, clock_skew=200)) as client:
        later = [logged_in(client, user) for _ in range(2)]
        assert [me(client, each.access_token) for each in later] == [200, 200]
        assert valid(env, "logout_user", later[0]).send(client).status_code == 200
        assert [me(client, each.access_token) for each in later] == [401, 401]


def test_a_reset_under_the_name_in_another_case_ends_the_sessions(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "reset_password", user)
    body = {**(request.json or {}), "username": user.username.upper()}
    assert request.send(env.client, json=body).status_code == 200
    assert me(env.client, user.access_token) == 401


def test_an_issuer_with_a_slash_at_its_end_is_the_same_issuer(env: Environment) -> None:
    issuer = f"{env.config.issuer}/"
    settings = {"aws_cognito_issuer": issuer, "aws_cognito_jwks_url": env.config.jwks_url}
    user = env.new_account()
    with AsgiClient(application(env.config, **settings)) as client:
        assert me(client, user.access_token) == 200


def test_a_wrong_code_sends_no_other_and_leaves_the_right_one(env: Environment) -> None:
    request = valid(env, "verify_user")
    right = request.json or {}
    mailed = env.cognito.outbox.messages
    wrong = {**right, "confirmation_code": f"{(int(right['confirmation_code']) + 1) % 10**6:06}"}
    assert request.send(env.client, json=wrong).status_code == 403
    assert env.cognito.outbox.messages == mailed
    assert request.send(env.client).status_code == 200


@pytest.mark.parametrize("name", ["delete_me", "logout_user"])
def test_what_cognito_did_not_hear_can_be_asked_for_again(env: Environment, name: str) -> None:
    user = env.new_account()
    item = valid(env, "read_random", user)
    request = valid(env, name, user)
    with env.cognito.outages.fail("*", "InternalErrorException", times=20):
        assert request.send(env.client).status_code == 503
    assert item.send(env.client).status_code == 200
    assert request.send(env.client).status_code < 300
    assert me(env.client, user.access_token) == 401


def test_the_name_of_an_invited_user_is_taken(env: Environment) -> None:
    pool = env.cognito.user_pool_id
    env.aws.admin_create_user(UserPoolId=pool, Username="invited", TemporaryPassword=OTHER_PASSWORD)
    body = {**(valid(env, "signup_user").json or {}), "username": "invited"}
    assert env.client.request("POST", "/users/signup", json=body).status_code == 409
    told = env.aws.admin_get_user(UserPoolId=pool, Username="invited")
    assert told["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_names_that_cognito_tells_apart_are_two(env: Environment) -> None:
    for name in ("str.asse", "str-asse"):
        body = {"username": name, "email": f"{name}@example.com", "password": OTHER_PASSWORD}
        assert env.client.request("POST", "/users/signup", json=body).status_code == 201


def test_a_group_that_takes_a_scope_takes_it_whatever_other_groups_there_are(
    env: Environment,
) -> None:
    user = env.new_account()
    pool = {"UserPoolId": env.cognito.user_pool_id}
    for group in ("profile-only", "staff"):
        env.aws.create_group(**pool, GroupName=group)
        env.aws.admin_add_user_to_group(**pool, Username=user.username, GroupName=group)
    token = logged_in(env.client, user).access_token
    assert me(env.client, token) == 200
    assert env.client.request("GET", "/randoms", headers=bearer(token)).status_code == 403


@pytest.mark.parametrize("name", SECURED)
def test_an_operation_needs_its_own_scope_and_no_other(env: Environment, name: str) -> None:
    """Profiles and sessions need `me`, numbers `randoms`, whatever the document says."""
    user = env.new_account()
    request = valid(env, name, user)  # before the group takes a scope away
    if request.path.startswith("/randoms"):
        token = resigned(env, user.access_token, scope="randoms")
    else:
        pool = {"UserPoolId": env.cognito.user_pool_id}
        env.aws.create_group(**pool, GroupName="profile-only")
        env.aws.admin_add_user_to_group(**pool, Username=user.username, GroupName="profile-only")
        token = logged_in(env.client, user).access_token
    other = "me" if request.path.startswith("/randoms") else "randoms"
    without = resigned(env, user.access_token, scope=other)
    assert request.send(env.client, headers=bearer(without)).status_code == 403
    assert request.send(env.client, headers=bearer(token)).status_code in {200, 201, 204}


def test_a_later_sign_out_by_a_clock_that_is_behind_brings_nothing_back(env: Environment) -> None:
    """Of two processes the second one ends sessions up to an earlier time than the first."""
    user = env.new_account()
    with (
        AsgiClient(application(env.config, clock_skew=300)) as ahead,
        AsgiClient(application(env.config, clock_skew=0)) as behind,
    ):
        env.cognito.clock.advance(timedelta(seconds=200))
        early = logged_in(ahead, user)
        env.cognito.clock.reset()
        assert me(ahead, early.access_token) == 200
        for client, session in ((ahead, early), (behind, None)):
            token = (session or logged_in(behind, user)).access_token
            answer = client.request("POST", "/users/logout", headers=bearer(token))
            assert answer.status_code == 200
            assert me(ahead, early.access_token) == 401


ALIKE = [
    "other/{}",
    "{}/read",
    "{}.read",
    "{}:read",
    "read:{}",
    "{}s",
    "x{}",
    "{},other",
    "other,{}",
]


@pytest.mark.parametrize("name", ["read_me", "list_randoms"])
def test_a_scope_whose_name_is_only_alike_is_another_one(env: Environment, name: str) -> None:
    """Scopes are parted by spaces (RFC 6749, 3.3), have a case, and other APIs have theirs."""
    user = env.new_account()
    request, own = valid(env, name, user), "me" if name == "read_me" else "randoms"
    for scope in [*(alike.format(own) for alike in ALIKE), own.upper(), own.title()]:
        token = resigned(env, user.access_token, scope=f"openid {scope} email")
        assert request.send(env.client, headers=bearer(token)).status_code == 403, scope
    token = resigned(env, user.access_token, scope=f"openid {own} email")
    assert request.send(env.client, headers=bearer(token)).status_code == 200


def test_the_right_password_with_a_token_that_an_operator_revoked_is_not_called_wrong(
    env: Environment,
) -> None:
    user = env.new_account()
    pool = {"UserPoolId": env.cognito.user_pool_id, "Username": user.username}
    env.aws.admin_user_global_sign_out(**pool)
    headers = bearer(user.access_token)
    for current in (user.password, "Wrong-9-Password"):
        body = {"current_password": current, "new_password": OTHER_PASSWORD}
        answer = env.client.request("POST", "/users/change_password", json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"detail": "Invalid token"}
    fresh = logged_in(env.client, user)
    answer = env.client.request(
        "POST",
        "/users/change_password",
        json={"current_password": "Wrong-9-Password", "new_password": OTHER_PASSWORD},
        headers=bearer(fresh.access_token),
    )
    assert (answer.status_code, answer.json()) == (403, {"detail": "Incorrect password"})
