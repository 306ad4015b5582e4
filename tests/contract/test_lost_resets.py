"""Resets and changes of a password that end in an unlucky moment, alone and beside others."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import jwt
import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from apiproof.network_faults import Answer, FaultProxy, postgres_error
from apiproof.service import Account
from tests.contract.events import PATIENCE, until
from tests.contract.pool_changes import altered, change, rows
from tests.contract.test_meanwhile import let_a_minute_pass, login, me, old_token
from tests.contract.valid_requests import Valid, bearer, valid
from tests.service import OTHER_PASSWORD, application

WRONG = {"confirmation_code": "000000"}
DEADLINE = 0.3  # seconds


def lose(env: Environment, reset: Valid) -> None:
    """Send a reset, and let the database go away when Cognito has acted, as if killed."""
    with ExitStack() as away:

        def begin() -> None:
            away.enter_context(env.database.outage())

        outage = env.cognito.outages.meanwhile("ConfirmForgotPassword", begin)
        with AsgiClient(env.application()) as client, outage:
            assert reset.send(client).status_code == 503


def refused(env: Environment, user: Account) -> int:
    """Try a reset with a wrong code, as anybody may."""
    body = {"username": user.username, "new_password": OTHER_PASSWORD, **WRONG}
    return int(env.client.request("POST", "/users/reset_password", json=body).status_code)


def reset_by(env: Environment, user: Account) -> Valid:
    request = valid(env, "reset_password", user)
    assert request.json is not None
    request.json["new_password"] = f"{OTHER_PASSWORD}-{time.monotonic_ns()}"
    return request


def opened_after_a_lost_reset(env: Environment, user: Account) -> str:
    """Return a token of a session that was opened minutes after a reset whose answer was lost."""
    lose(env, reset_by(env, user))
    change(env, "UPDATE users SET reset_begun_at = reset_begun_at - 300")
    return old_token(env, user)


def until_it_is(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let it be so many seconds later, for all that asks this host for the time."""
    unset = time.time
    monkeypatch.setattr(time, "time", lambda: unset() + seconds)


@pytest.mark.parametrize(("later", "status"), [(45, 200), (85, 401)])
def test_a_reset_has_a_minute_for_its_outcome(
    env: Environment, monkeypatch: pytest.MonkeyPatch, later: float, status: int
) -> None:
    """Until then it may be under way, and refused."""
    user = env.new_account()
    token = old_token(env, user)
    lose(env, reset_by(env, user))
    until_it_is(monkeypatch, later)
    assert me(env, token) == status


def test_a_lost_reset_ends_sessions_up_to_its_second_as_soon_as_its_minute_is_over(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is a moment too long or too short: the times are set, and the clock stands still."""
    user = env.new_account()
    token = old_token(env, user)
    opened = jwt.decode(token, options={"verify_signature": False})["auth_time"]
    lose(env, reset_by(env, user))
    for begun, now, status in [
        (opened, opened + 60, 200),
        (opened, opened + 60.001, 401),
        (opened - 1, opened + 90, 200),
    ]:
        change(env, "UPDATE users SET reset_begun_at = %s", begun)
        with monkeypatch.context() as clock:
            clock.setattr(time, "time", lambda at=now: at)
            assert me(env, token) == status


def test_a_lost_reset_ends_what_cognitos_clock_opened_ahead_of_ours(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = env.new_account()
    env.cognito.clock.advance(timedelta(seconds=4))
    ahead = env.cognito.issue_tokens(user.username).access_token
    env.cognito.clock.reset()
    lose(env, reset_by(env, user))
    until_it_is(monkeypatch, 85)
    assert me(env, ahead) == 401


def test_of_two_resets_lost_at_once_the_later_one_tells_what_has_ended(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = env.new_account()
    lose(env, reset_by(env, user))
    change(env, "UPDATE users SET reset_begun_at = reset_begun_at - 50")
    env.cognito.clock.advance(timedelta(seconds=-20))
    between = env.cognito.issue_tokens(user.username).access_token
    env.cognito.clock.reset()
    lose(env, reset_by(env, user))
    until_it_is(monkeypatch, 85)
    assert me(env, between) == 401


def test_of_two_resets_without_an_outcome_each_ends_the_sessions_before_it(
    env: Environment,
) -> None:
    user = env.new_account()
    between = opened_after_a_lost_reset(env, user)
    assert me(env, between) == 200
    lose(env, reset_by(env, user))
    assert me(env, between) == 200
    let_a_minute_pass(env)
    assert me(env, between) == 401


def test_a_reset_that_is_refused_hides_none_that_is_lost_beside_it(env: Environment) -> None:
    user = env.new_account()
    token, lost = old_token(env, user), reset_by(env, user)
    with env.cognito.outages.meanwhile("ConfirmForgotPassword", lambda: lose(env, lost)):
        assert refused(env, user) == 403
    let_a_minute_pass(env)
    assert me(env, token) == 401


def test_a_refused_reset_after_a_lost_one_ends_nothing_that_opened_between(
    env: Environment,
) -> None:
    """Each reset is counted once: else whoever knows a name could end sessions for ever."""
    user = env.new_account()
    between = opened_after_a_lost_reset(env, user)
    assert refused(env, user) == 403
    let_a_minute_pass(env)
    assert me(env, between) == 200


def test_a_refused_reset_after_a_lost_one_opens_nothing_that_the_lost_one_ended(
    env: Environment,
) -> None:
    """Else whoever knows a name brings the sessions of the old password back."""
    user = env.new_account()
    ended = old_token(env, user)
    lose(env, reset_by(env, user))
    let_a_minute_pass(env)
    assert me(env, ended) == 401
    assert refused(env, user) == 403
    assert me(env, ended) == 401


def test_a_reset_that_is_lost_while_another_succeeds_ends_what_opened_between(
    env: Environment,
) -> None:
    """Both under way at once; the successful one ends first, the refused one last."""
    user = env.new_account()
    token, done = old_token(env, user), reset_by(env, user)

    def succeed() -> None:
        with AsgiClient(env.application()) as other:
            assert done.send(other).status_code == 200

    with env.cognito.outages.meanwhile("ConfirmForgotPassword", succeed):
        assert refused(env, user) == 403
    assert me(env, token) == 401
    new = login(env, user, done.json["new_password"] if done.json else "").json()["access_token"]
    let_a_minute_pass(env)
    assert me(env, new) == 200


ENDS = {"reset_password": "ConfirmForgotPassword", "logout_user": "GlobalSignOut"}


@pytest.mark.parametrize("name", ENDS)
def test_a_session_that_is_opened_while_its_end_waits_for_cognito_ends_with_it(
    env: Environment, name: str
) -> None:
    """Cognito takes longer than the clocks may differ: the old password still served meanwhile."""
    user = env.new_account()
    request = valid(env, name, user)
    tokens: list[str] = []

    def wait_and_log_in() -> None:
        begun = int(time.time())
        until(lambda: int(time.time()) > begun + 1, "the clock stands")
        tokens.append(env.cognito.issue_tokens(user.username).access_token)

    with AsgiClient(application(env.config, clock_skew=0)) as client:
        with env.cognito.outages.meanwhile(ENDS[name], wait_and_log_in):
            assert request.send(client).status_code == 200
        answer = client.request("GET", "/users/me", headers=bearer(tokens[0]))
        assert answer.status_code == 401


ACTS = {
    "change_password": "ChangePassword",
    "reset_password": "ConfirmForgotPassword",
    "signup_user": "SignUp",
}


def late(env: Environment, request: Valid) -> datetime:
    """Send a request that Cognito answers after the deadline; when it had acted."""
    answered = threading.Event()
    held = env.cognito.outages.meanwhile(
        ACTS[request.operation_id], lambda: answered.wait(PATIENCE)
    )
    with (
        run_server(application(env.config, request_deadline=DEADLINE)) as url,
        HttpClient(url) as client,
        held,
    ):
        assert request.send(client).status_code == 503
        while not held.triggered:  # on a busy machine the deadline may come before the call
            request.send(client)
        acted = now(env)
        answered.set()
    return acted


def now(env: Environment) -> datetime:
    found: datetime = rows(env, "SELECT clock_timestamp()")[0][0]
    return found


NOTED = "SELECT 1 FROM users WHERE sub = %s AND credentials_changed_at > %s"


@pytest.mark.parametrize("name", ["change_password", "reset_password"])
def test_a_new_password_is_noted_although_its_request_is_over(env: Environment, name: str) -> None:
    """A login before that is still under way."""
    user = env.new_account()
    acted = late(env, valid(env, name, user))
    until(lambda: bool(rows(env, NOTED, user.sub, acted)), "the change is not noted")


@pytest.mark.parametrize("name", ["change_password", "reset_password"])
def test_a_new_password_whose_answer_is_lost_is_noted_when_cognito_has_acted(
    env: Environment, name: str
) -> None:
    """Also the logins are under way that began after the request."""
    user, acted = env.new_account(), list[datetime]()
    request = valid(env, name, user)
    with env.cognito.outages.meanwhile(
        ACTS[name], lambda: acted.append(now(env)), is_answered=False
    ):
        assert request.send(env.client).status_code == 503
    assert rows(env, NOTED, user.sub, *acted)


def test_a_name_is_given_up_although_its_request_is_over(env: Environment) -> None:
    """Whoever tries again is not told that the name is taken."""
    request = valid(env, "signup_user")
    late(env, request)
    reserved = "SELECT 1 FROM users WHERE reserved_until IS NOT NULL"
    until(lambda: not rows(env, reserved), "the name is held")
    assert request.send(env.client).status_code == 201


def test_a_database_that_takes_no_writes_keeps_the_password_as_it_is(env: Environment) -> None:
    user = env.new_account()
    request = valid(env, "change_password", user)
    name = env.database.name
    read_only = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    back = f"ALTER DATABASE {name} RESET default_transaction_read_only"
    with altered(env, read_only, back), AsgiClient(application(env.config)) as client:
        assert request.send(client).status_code == 503
    assert login(env, user, user.password).status_code == 200


# What the pool's connections say after a fail-over, when they lead to what is a replica now.
REPLICA = Answer(postgres_error("25006"), hangs_up=False)


@contextmanager
def behind_a_proxy(env: Environment) -> Iterator[tuple[FaultProxy, AsgiClient]]:
    with FaultProxy(env.config.database_url) as proxy:
        where = replace(env.config, database_url=proxy.url)
        with AsgiClient(application(where)) as client:
            yield proxy, client


@pytest.mark.parametrize("name", ["change_password", "reset_password"])
def test_a_new_password_is_noted_by_another_connection_where_the_first_one_fails(
    env: Environment, name: str
) -> None:
    user, acted = env.new_account(), list[datetime]()
    request = valid(env, name, user)
    with behind_a_proxy(env) as (proxy, client), ExitStack() as failed_over:

        def fail_over() -> None:
            acted.append(now(env))
            failed_over.enter_context(proxy.fault(REPLICA, when=b"UPDATE users", times=1))

        with env.cognito.outages.meanwhile(ACTS[name], fail_over):
            assert request.send(client).status_code == 200
    assert rows(env, NOTED, user.sub, *acted)
    assert me(env, user.access_token) == (401 if name == "reset_password" else 200)


def test_a_name_is_given_up_by_another_connection_where_the_first_one_fails(
    env: Environment,
) -> None:
    request = valid(env, "signup_user")
    with (
        behind_a_proxy(env) as (proxy, client),
        env.cognito.outages.fail("SignUp", "InvalidPasswordException"),
        proxy.fault(REPLICA, when=b"DELETE FROM users", times=1),
    ):
        assert request.send(client).status_code == 422
    assert request.send(env.client).status_code == 201
