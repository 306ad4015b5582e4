"""What operators do to an account is what callers see, by any spelling of its name."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.pool_changes import change
from tests.contract.valid_requests import bearer, resigned
from tests.service import disable, enable

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it was given": str,
    "in capitals": str.upper,
    "in title case": str.title,
}
STEPS = pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)


def login(env: Environment, user: Account) -> int:
    form = {"username": user.username, "password": user.password}
    return env.client.request("POST", "/users/login", data=form).status_code


def me(env: Environment, user: Account) -> int:
    return env.client.request("GET", "/users/me", headers=bearer(user.access_token)).status_code


def refresh(env: Environment, user: Account) -> int:
    body = {"username": user.username, "refresh_token": user.refresh_token}
    return env.client.request("POST", "/users/refresh", json=body).status_code


def is_shut(env: Environment, user: Account) -> bool:
    return [login(env, user), me(env, user), refresh(env, user)] == [401, 401, 401]


def refused(command: Callable[..., None], env: Environment, name: str) -> str:
    """Give a command and name the error; this suite does not import the service's classes."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - compared by its class's name
        command(env.config, name)
    return type(caught.value).__name__


@STEPS
def test_a_disabled_account_is_shut_by_any_spelling_and_nobody_elses(
    env: Environment, spelt: Callable[[str], str]
) -> None:
    user, other = env.new_account(), env.new_account()
    disable(env.config, spelt(user.username))
    assert is_shut(env, user)
    assert [login(env, other), me(env, other), refresh(env, other)] == [200, 200, 200]
    profiles = [env.client.request("GET", f"/users/{each.sub}") for each in (user, other)]
    assert [profile.status_code for profile in profiles] == [200, 200], "it is there still"


@STEPS
def test_an_enabled_account_logs_in_anew_and_its_old_sessions_stay_shut(
    env: Environment, spelt: Callable[[str], str]
) -> None:
    user = env.new_account()
    disable(env.config, user.username)
    enable(env.config, spelt(user.username))
    assert [me(env, user), refresh(env, user), login(env, user)] == [401, 401, 200]


@STEPS
def test_an_account_without_a_row_is_disabled_and_enabled(
    env: Environment, spelt: Callable[[str], str]
) -> None:
    user = env.new_account()
    change(env, "DELETE FROM users WHERE sub = %s", user.sub)
    disable(env.config, spelt(user.username))
    assert login(env, user) == 401
    enable(env.config, spelt(user.username))
    assert login(env, user) == 200


def test_a_command_given_twice_does_what_it_does_once(env: Environment) -> None:
    user = env.new_account()
    disable(env.config, user.username)
    disable(env.config, user.username)
    assert is_shut(env, user)
    enable(env.config, user.username)
    enable(env.config, user.username)
    assert login(env, user) == 200


def test_a_disabled_accounts_tokens_are_revoked_at_cognito_as_well(env: Environment) -> None:
    """Cognito's own operations take them, too, once the account is open again."""
    user, other = env.new_account(), env.new_account()
    disable(env.config, user.username)
    env.aws.admin_enable_user(UserPoolId=env.config.user_pool_id, Username=user.username)
    client = {"ClientId": env.config.client_id, "ClientSecret": env.config.client_secret}
    with pytest.raises(env.aws.exceptions.NotAuthorizedException):
        env.aws.get_user(AccessToken=user.access_token)
    with pytest.raises(env.aws.exceptions.NotAuthorizedException):
        env.aws.get_tokens_from_refresh_token(**client, RefreshToken=user.refresh_token)
    assert env.aws.get_user(AccessToken=other.access_token)["Username"] == other.username
    assert env.aws.get_tokens_from_refresh_token(**client, RefreshToken=other.refresh_token)


def test_sessions_end_that_begin_while_an_account_is_being_disabled(env: Environment) -> None:
    """Those of whoever logs in before Cognito has shut it: it may take its time."""
    user = env.new_account()
    is_open: list[bool] = []

    def look() -> None:
        pool = env.config.user_pool_id
        found = env.aws.admin_get_user(UserPoolId=pool, Username=user.username)
        is_open.append(found["Enabled"])

    disable(env.config, user.username, at_cutoff=look)
    assert is_open == [False]


@pytest.mark.parametrize("command", [disable, enable])
def test_an_account_is_not_found_by_its_sub_nor_is_nobody(
    env: Environment, command: Callable[..., None]
) -> None:
    user = env.new_account()
    for name in (user.sub, user.sub.upper(), "nobody-of-that-name"):
        assert refused(command, env, name) == "UserNotFound"
    assert [login(env, user), me(env, user)] == [200, 200]


@pytest.mark.parametrize(
    ("command", "call"), [(disable, "AdminDisableUser"), (enable, "AdminEnableUser")]
)
def test_a_command_that_cognito_did_not_hear_can_be_given_again(
    env: Environment, command: Callable[..., None], call: str
) -> None:
    user = env.new_account()
    if command is enable:
        disable(env.config, user.username)
    # Of a session that no sign-out has ended: whether it opens anything is for the row alone.
    later = resigned(env, user.access_token, auth_time=int(time.time()) + 60)
    session = replace(user, access_token=later)
    before = [login(env, user), me(env, user), me(env, session)]
    with env.cognito.outages.fail(call, "InternalErrorException"):
        assert refused(command, env, user.username) == "IdentityAnswerLost"
    assert [login(env, user), me(env, user), me(env, session)] == before
    command(env.config, user.username)
    assert login(env, user) == (401 if command is disable else 200)
