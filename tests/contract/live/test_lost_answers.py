"""Answers that are lost after the other side has acted: whoever tries again ends well.

The client does not know whether anything was done. A second try may say so; in the end it is done.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import Answer, Reset, Silent, http_answer
from apiproof.service import Account
from tests.contract.live.conftest import DEADLINE, SLACK, UNDELAYED
from tests.contract.live.crowd import Timed, at_once, crowd, fresh, send, until_success
from tests.contract.live.test_broken_off import read_only
from tests.contract.valid_requests import OPERATIONS, Valid, bearer
from tests.service import OTHER_PASSWORD, PASSWORD

# Cognito's call, and what a second try is answered: a code is used up, a password changed.
CALLS = {
    "signup_user": (b"SignUp", 201),
    "verify_user": (b"ConfirmSignUp", 403),
    "resend_confirmation_code": (b"ResendConfirmationCode", 200),
    "login_user": (b"InitiateAuth", 200),
    "refresh_session": (b"GetTokensFromRefreshToken", 200),
    "forgot_password": (b"ForgotPassword", 200),
    "reset_password": (b"ConfirmForgotPassword", 403),
    "logout_user": (b"GlobalSignOut", 200),
    "change_password": (b"ChangePassword", 403),
    "delete_me": (b"AdminDeleteUser", 204),
}
# What writes to the database, and what a second try is answered when a commit was lost: what of it
# Cognito has done is done, and what is done twice is there twice.
WRITING = {
    "signup_user": 201,
    "reset_password": 200,
    "logout_user": 200,
    "update_me": 200,
    "delete_me": 204,
    "create_random": 201,
    "update_random": 200,
    "delete_random": 404,
}
STRANGERS = 30


def ask(deployed: Deployment, request: Valid) -> Timed:
    with HttpClient(deployed.url) as client:
        return send(client, request)


def status_of_login(deployed: Deployment, username: str, password: str) -> int:
    form = {"username": username, "password": password}
    return ask(deployed, Valid("login_user", "/users/login", form=form)).status


def _is_verified(deployed: Deployment, _user: Account, request: Valid) -> None:
    assert request.json is not None
    assert status_of_login(deployed, request.json["username"], PASSWORD) == 200


def _has_the_new_password(deployed: Deployment, user: Account, _request: Valid) -> None:
    assert status_of_login(deployed, user.username, OTHER_PASSWORD) == 200
    assert status_of_login(deployed, user.username, user.password) == 401


def _is_logged_out(deployed: Deployment, user: Account, _request: Valid) -> None:
    me = Valid("read_me", "/users/me", headers=bearer(user.access_token))
    assert ask(deployed, me).status == 401
    body = {"username": user.username, "refresh_token": user.refresh_token}
    assert ask(deployed, Valid("refresh_session", "/users/refresh", json=body)).status == 401


def _is_gone(deployed: Deployment, user: Account, _request: Valid) -> None:
    assert status_of_login(deployed, user.username, user.password) == 401
    assert ask(deployed, Valid("read_user", f"/users/{user.sub}")).status == 404


ENDS: dict[str, Callable[[Deployment, Account, Valid], None]] = {
    "verify_user": _is_verified,
    "reset_password": _has_the_new_password,
    "change_password": _has_the_new_password,
    "logout_user": _is_logged_out,
    "delete_me": _is_gone,
}


def ends_well(deployed: Deployment, user: Account, request: Valid, status: int) -> None:
    again = until_success(deployed.url, request)
    assert again.status == status, again
    end = ENDS.get(request.operation_id)
    if end is not None:
        end(deployed, user, request)


def all_end_well(
    deployed: Deployment, statuses: Mapping[str, int], faults: Iterable[AbstractContextManager[Any]]
) -> None:
    """Nobody is answered in time while the faults last, and all are who try again afterwards."""
    users = {name: deployed.env.new_account() for name in statuses}
    requests = {name: fresh(deployed, name, user) for name, user in users.items()}
    with ExitStack() as lasting:
        for fault in faults:
            lasting.enter_context(fault)
        answers = at_once(deployed.url, [[request] for request in requests.values()])
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK
    for name, status in statuses.items():
        ends_well(deployed, users[name], requests[name], status)


@pytest.mark.parametrize("operation_id", CALLS)
def test_a_second_try_after_an_answer_of_cognitos_was_lost_ends_well(
    deployed: Deployment, operation_id: str
) -> None:
    user = deployed.env.new_account()
    request = fresh(deployed, operation_id, user)
    call, status = CALLS[operation_id]
    with deployed.cognito.fault(Reset(acts=True), when=b"." + call, times=1):
        first = ask(deployed, request)
    assert first.status == 503, first
    ends_well(deployed, user, request, status)


def test_a_second_try_after_an_answer_that_came_too_late_ends_well(deployed: Deployment) -> None:
    acts = Silent(acts=True)
    faults = [deployed.cognito.fault(acts, when=b"." + call) for call, _ in CALLS.values()]
    all_end_well(deployed, {name: status for name, (_, status) in CALLS.items()}, faults)


@pytest.mark.parametrize("operation_id", WRITING)
def test_a_second_try_after_a_commit_was_lost_ends_well(
    deployed: Deployment, operation_id: str
) -> None:
    user = deployed.env.new_account()
    request = fresh(deployed, operation_id, user)
    assert until_success(deployed.url, fresh(deployed, "read_me")).is_success
    with deployed.database.fault(Reset(acts=True), when=b"COMMIT", times=1):
        first = ask(deployed, request)
    assert first.status == 503, first
    ends_well(deployed, user, request, WRITING[operation_id])


def test_a_second_try_after_commits_were_never_answered_ends_well(deployed: Deployment) -> None:
    all_end_well(deployed, WRITING, [deployed.database.fault(Silent(acts=True), when=b"COMMIT")])


@pytest.mark.parametrize("operation_id", WRITING)
def test_what_a_replica_refused_is_done_when_it_may_write_again(
    deployed: Deployment, operation_id: str
) -> None:
    user = deployed.env.new_account()
    request = fresh(deployed, operation_id, user)
    with read_only(deployed):
        answers = [ask(deployed, request) for _ in range(2)]
    assert {answer.status for answer in answers} == {503}
    # Nothing was written, so nothing is done twice.
    status = {"delete_random": 204}.get(operation_id, WRITING[operation_id])
    ends_well(deployed, user, request, status)


@pytest.mark.parametrize("call", ["AdminGetUser", "SignUp"])
def test_stuck_sign_ups_do_not_delay_those_who_have_accounts(
    deployed: Deployment, call: str
) -> None:
    """With AdminGetUser they are sign-ups of names that are taken, such as the owner's."""
    user = deployed.env.new_account()
    form = {"username": user.username, "password": user.password}
    login = Valid("login_user", "/users/login", form=form)
    assert until_success(deployed.url, login).is_success
    taken = Valid("signup_user", "/users/signup", json={**form, "email": "other@example.com"})
    sent = [taken if call == "AdminGetUser" else fresh(deployed, "signup_user")] * STRANGERS
    with (
        deployed.cognito.fault(Silent(), when=f".{call}".encode()) as active,
        crowd(deployed.url, sent) as waiting,
    ):
        active.wait()
        logins = [ask(deployed, login)]
        while waiting.is_waiting:
            logins.append(ask(deployed, login))
    assert {answer.status for answer in logins} == {200}
    assert max(answer.seconds for answer in logins) < UNDELAYED


def test_a_key_set_that_is_empty_after_a_rotation_signs_nobody_out(deployed: Deployment) -> None:
    old = fresh(deployed, "list_randoms")
    assert until_success(deployed.url, old).is_success
    deployed.env.cognito.keys.rotate()
    new = fresh(deployed, "list_randoms")
    nothing = http_answer(b'{"keys": []}', content_type="application/json")
    with deployed.keys.fault(Answer(nothing)):
        answers = [ask(deployed, request) for request in (new, old, new)]
    assert [answer.status for answer in answers] == [503, 200, 503]
    assert until_success(deployed.url, new).is_success


def test_a_database_that_accepts_and_hangs_up(deployed: Deployment) -> None:
    requests = [fresh(deployed, name) for name in OPERATIONS]
    with deployed.database.fault(Answer(b"")):
        answers = at_once(deployed.url, [[request] for request in requests])
    assert {answer.status for answer in answers if not answer.is_success} == {503}
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK
    assert until_success(deployed.url, fresh(deployed, "read_me")).is_success
