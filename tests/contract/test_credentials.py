"""Which credentials count, in which form, and what ends with a session."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.examples import OPERATIONS, SECURED, bearer, valid
from tests.subject import OTHER_PASSWORD, application
from understudy.asgi import InProcessClient, RemoteClient
from understudy.subject import Account
from understudy.world import World


def me(client: RemoteClient, token: str) -> int:
    return int(client.request("GET", "/users/me", headers=bearer(token)).status_code)


def logged_in(client: RemoteClient, user: Account) -> Account:
    form = {"username": user.username, "password": user.password}
    told = client.request("POST", "/users/login", data=form).json()
    return replace(user, access_token=told["access_token"], refresh_token=told["refresh_token"])


@pytest.mark.parametrize("name", SECURED)
def test_a_token_in_a_cookie_or_in_the_address_is_none(world: World, name: str) -> None:
    """Browsers send cookies by themselves, also for other pages; addresses are logged."""
    user = world.account()
    request = valid(world, name, user)
    member = {"access_token": user.access_token}
    assert request.send(world.client, headers={}, cookies=member).status_code == 401
    assert request.send(world.client, headers={}, params=member).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_has_no_case(world: World, scheme: str) -> None:
    """RFC 9110, 11.1."""
    headers = {"authorization": f"{scheme} {world.account().access_token}"}
    assert world.client.request("GET", "/users/me", headers=headers).status_code == 200


def test_a_login_may_come_with_what_oauth2_clients_send_along(world: World) -> None:
    request = valid(world, "login_user")
    form = {**(request.form or {}), "grant_type": "password", "client_id": "app", "scope": ""}
    assert request.send(world.client, data=form).status_code == 200


@pytest.mark.parametrize("name", ["logout_user", "reset_password"])
def test_sessions_opened_while_cognitos_clock_was_ahead_end_too(world: World, name: str) -> None:
    user = world.account()
    request = valid(world, name, user)
    world.cognito.clock.advance(timedelta(seconds=4))
    ahead = logged_in(world.client, user)
    world.cognito.clock.reset()
    assert request.send(world.client).status_code == 200
    assert me(world.client, ahead.access_token) == 401


def test_a_second_sign_out_ends_what_was_opened_since_the_first(world: World) -> None:
    user = world.account()
    assert valid(world, "logout_user", user).send(world.client).status_code == 200
    world.cognito.clock.advance(timedelta(seconds=100))
    with InProcessClient(application(world.surroundings, clock_skew=200)) as client:
        later = [logged_in(client, user) for _ in range(2)]
        assert [me(client, each.access_token) for each in later] == [200, 200]
        assert valid(world, "logout_user", later[0]).send(client).status_code == 200
        assert [me(client, each.access_token) for each in later] == [401, 401]


def test_a_reset_under_the_name_in_another_case_ends_the_sessions(world: World) -> None:
    user = world.account()
    request = valid(world, "reset_password", user)
    body = {**(request.json or {}), "username": user.username.upper()}
    assert request.send(world.client, json=body).status_code == 200
    assert me(world.client, user.access_token) == 401


def test_an_issuer_with_a_slash_at_its_end_is_the_same_issuer(world: World) -> None:
    issuer = f"{world.surroundings.issuer}/"
    settings = {"aws_cognito_issuer": issuer, "aws_cognito_jwks_url": world.surroundings.jwks_url}
    user = world.account()
    with InProcessClient(application(world.surroundings, **settings)) as client:
        assert me(client, user.access_token) == 200


def test_a_wrong_code_sends_no_other_and_leaves_the_right_one(world: World) -> None:
    request = valid(world, "verify_user")
    right = request.json or {}
    mailed = world.cognito.outbox.messages
    wrong = {**right, "confirmation_code": f"{(int(right['confirmation_code']) + 1) % 10**6:06}"}
    assert request.send(world.client, json=wrong).status_code == 403
    assert world.cognito.outbox.messages == mailed
    assert request.send(world.client).status_code == 200


def test_a_deletion_that_cognito_did_not_hear_can_be_asked_for_again(world: World) -> None:
    user = world.account()
    item = valid(world, "read_random", user)
    request = valid(world, "delete_me", user)
    with world.cognito.outages.fail("*", "InternalErrorException", times=20):
        assert request.send(world.client).status_code == 503
    assert item.send(world.client).status_code == 200
    assert str(request.send(world.client).status_code) in OPERATIONS["delete_me"].statuses
    assert me(world.client, user.access_token) == 401


def test_the_name_of_an_invited_user_is_taken(world: World) -> None:
    pool = world.cognito.user_pool_id
    world.aws.admin_create_user(
        UserPoolId=pool, Username="invited", TemporaryPassword=OTHER_PASSWORD
    )
    body = {**(valid(world, "signup_user").json or {}), "username": "invited"}
    assert world.client.request("POST", "/users/signup", json=body).status_code == 409
    told = world.aws.admin_get_user(UserPoolId=pool, Username="invited")
    assert told["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_names_that_cognito_tells_apart_are_two(world: World) -> None:
    for name in ("stra\xdfe", "strasse"):
        body = {"username": name, "email": f"{len(name)}@example.com", "password": OTHER_PASSWORD}
        assert world.client.request("POST", "/users/signup", json=body).status_code == 201


def test_a_group_that_takes_a_scope_takes_it_whatever_other_groups_there_are(world: World) -> None:
    user = world.account()
    pool = {"UserPoolId": world.cognito.user_pool_id}
    for group in ("profile-only", "staff"):
        world.aws.create_group(**pool, GroupName=group)
        world.aws.admin_add_user_to_group(**pool, Username=user.username, GroupName=group)
    token = logged_in(world.client, user).access_token
    assert me(world.client, token) == 200
    assert world.client.request("GET", "/randoms", headers=bearer(token)).status_code == 403
