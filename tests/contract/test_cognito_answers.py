"""Whatever Cognito answers, by its documented error codes, callers get the answer that is due.

The codes are those of AWS's API reference for each operation. Some depend on settings of the pool
that the stand-in does not have (LEGACY existence errors, password history), so they are planned.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.service import Account
from tests.contract.pool_changes import altered
from tests.contract.valid_requests import bearer, valid
from tests.service import OTHER_PASSWORD, PASSWORD, application

WRONG_CREDENTIALS = (401, "Incorrect username or password")
SESSION_OVER = (401, "Session is over, log in again")
WRONG_CODE = (403, "Invalid or expired code")
WRONG_PASSWORD = (403, "Incorrect password")
TAKEN = (409, "Account with email exists")
LATER = (429, "Too many requests, try again later")
DONE = (200, None)
REFUSED = (422, None)

# Our operation, Cognito's, what due answer follows from which of its codes.
ANSWERS: dict[tuple[str, str], dict[tuple[int, str | None], list[str]]] = {
    ("signup_user", "SignUp"): {
        TAKEN: ["UsernameExistsException"],
        REFUSED: ["InvalidPasswordException", "InvalidParameterException"],
    },
    ("verify_user", "ConfirmSignUp"): {
        WRONG_CODE: [
            "CodeMismatchException",
            "ExpiredCodeException",
            "UserNotFoundException",
            "NotAuthorizedException",
            "LimitExceededException",
            "TooManyFailedAttemptsException",
        ],
        TAKEN: ["AliasExistsException"],
    },
    ("resend_confirmation_code", "ResendConfirmationCode"): {
        DONE: ["UserNotFoundException", "InvalidParameterException", "LimitExceededException"],
    },
    ("login_user", "InitiateAuth"): {
        WRONG_CREDENTIALS: ["NotAuthorizedException", "UserNotFoundException"],
        (403, "Verify your account"): ["UserNotConfirmedException"],
        (403, "Reset your password"): ["PasswordResetRequiredException"],
    },
    ("refresh_session", "GetTokensFromRefreshToken"): {
        SESSION_OVER: [
            "NotAuthorizedException",
            "RefreshTokenReuseException",
            "UserNotFoundException",
            "InvalidParameterException",
        ],
    },
    ("forgot_password", "ForgotPassword"): {
        DONE: [
            "UserNotFoundException",
            "InvalidParameterException",
            "NotAuthorizedException",
            "LimitExceededException",
        ],
    },
    ("reset_password", "ConfirmForgotPassword"): {
        WRONG_CODE: [
            "CodeMismatchException",
            "ExpiredCodeException",
            "UserNotFoundException",
            "UserNotConfirmedException",
            "NotAuthorizedException",
            "LimitExceededException",
            "TooManyFailedAttemptsException",
        ],
        REFUSED: ["InvalidPasswordException", "PasswordHistoryPolicyViolationException"],
    },
    ("change_password", "ChangePassword"): {
        WRONG_PASSWORD: [
            "NotAuthorizedException",
            "PasswordResetRequiredException",
            "UserNotConfirmedException",
            "UserNotFoundException",
        ],
        REFUSED: ["InvalidPasswordException", "PasswordHistoryPolicyViolationException"],
    },
    ("logout_user", "GlobalSignOut"): {
        DONE: [
            "NotAuthorizedException",
            "PasswordResetRequiredException",
            "UserNotConfirmedException",
            "UserNotFoundException",
        ],
    },
    ("delete_me", "AdminDeleteUser"): {(204, None): ["UserNotFoundException"]},
}
EVERYWHERE = ["TooManyRequestsException", "ThrottlingException", "LimitExceededException"]


@dataclass(frozen=True)
class Row:
    operation: str
    call: str
    code: str
    status: int
    detail: str | None


ROWS = [
    Row(operation, call, code, *due)
    for (operation, call), answers in ANSWERS.items()
    for due, codes in (answers | {LATER: EVERYWHERE}).items()
    for code in codes
    if due != LATER or not any(code in others for others in answers.values())
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation}-{row.code}")
def test_each_code_of_cognito_becomes_the_answer_that_is_due(env: Environment, row: Row) -> None:
    request = valid(env, row.operation)
    with env.cognito.outages.fail(row.call, row.code, times=20):
        response = request.send(env.client)
    assert response.status_code == row.status, response.text
    if row.detail:
        assert response.json() == {"detail": row.detail}
    assert row.code not in response.text


@pytest.mark.parametrize(
    ("name", "operation", "code"),
    [
        ("login_user", "InitiateAuth", "InvalidLambdaResponseException"),
        ("signup_user", "SignUp", "CodeDeliveryFailureException"),  # the account is there by then
    ],
)
def test_a_code_that_says_nothing_to_callers_is_503(
    env: Environment, name: str, operation: str, code: str
) -> None:
    request = valid(env, name)
    with env.cognito.outages.fail(operation, code, times=20):
        assert request.send(env.client).status_code == 503


@pytest.mark.parametrize("code", ["InternalErrorException", "TooManyRequestsException"])
def test_a_reset_is_done_even_if_cognito_cannot_revoke_the_sessions(
    env: Environment, code: str
) -> None:
    user = env.new_account()
    request = valid(env, "reset_password", user)
    with env.cognito.outages.fail("AdminUserGlobalSignOut", code, times=20):
        assert request.send(env.client).status_code == 200
    assert _me(env, user.access_token) == 401
    assert _refreshed(env, user).status_code == 401


def test_a_session_that_cognito_keeps_after_a_sign_out_is_over_here(env: Environment) -> None:
    user = env.new_account()
    with env.cognito.outages.fail("GlobalSignOut", "NotAuthorizedException"):
        assert valid(env, "logout_user", user).send(env.client).status_code == 200
    assert _refreshed(env, user).status_code == 401


def test_an_account_disabled_here_stays_shut_though_cognito_opens_it(env: Environment) -> None:
    user = _shut_here_only(env)
    form = {"username": user.username, "password": user.password}
    assert env.client.request("POST", "/users/login", data=form).status_code == 401
    assert _me(env, env.token(user.username)) == 401


def test_a_session_opened_at_cognito_itself_gives_a_disabled_account_nothing(
    env: Environment,
) -> None:
    user = _shut_here_only(env)
    env.cognito.clock.advance(timedelta(seconds=100))  # no session of before
    opened = env.cognito.issue_tokens(user.username)
    user = replace(user, access_token=opened.access_token, refresh_token=opened.refresh_token)
    with AsgiClient(application(env.config, clock_skew=200)) as client:
        assert valid(env, "refresh_session", user).send(client).status_code == 401
        assert valid(env, "read_me", user).send(client).status_code == 401


def test_a_password_that_an_operator_reset_has_to_be_set_anew(env: Environment) -> None:
    user = env.new_account()
    pool = {"UserPoolId": env.cognito.user_pool_id, "Username": user.username}
    env.aws.admin_reset_user_password(**pool)
    response = valid(env, "login_user", user).send(env.client)
    assert (response.status_code, response.json()) == (403, {"detail": "Reset your password"})


def test_an_account_with_a_further_step_cannot_log_in_here(env: Environment) -> None:
    env.aws.admin_create_user(
        UserPoolId=env.cognito.user_pool_id,
        Username="invited",
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "invited@example.com"}],
    )
    form = {"username": "invited", "password": PASSWORD}
    response = env.client.request("POST", "/users/login", data=form)
    assert response.status_code == 403
    assert set(response.json()) == {"detail"}


def test_a_sign_up_without_an_answer_is_not_sent_again(env: Environment) -> None:
    body = {"username": "patient", "email": "patient@example.com", "password": PASSWORD}
    with env.cognito.outages.lose_answer("SignUp", times=20) as outage:
        assert env.client.request("POST", "/users/signup", json=body).status_code == 503
    assert outage.triggered == 1


def test_a_sign_up_whose_commit_fails_leaves_no_account(env: Environment) -> None:
    body = {"username": "unlucky", "email": "unlucky@example.com", "password": OTHER_PASSWORD}
    # The row is there before Cognito is asked, and changed when it has answered.
    refusing = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE query_canceled; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()
    """
    with altered(env, refusing, "DROP FUNCTION refuse CASCADE"):
        assert env.client.request("POST", "/users/signup", json=body).status_code == 503
    assert env.database.tables()["users"] == 0
    assert env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"] == []


def _me(env: Environment, token: str) -> int:
    return int(env.client.request("GET", "/users/me", headers=bearer(token)).status_code)


def _shut_here_only(env: Environment) -> Account:
    """Return an account that an operator disabled, and that was enabled at Cognito again."""
    user = env.new_account()
    assert env.service.disable is not None
    env.service.disable(env.config, user.username)
    pool = {"UserPoolId": env.cognito.user_pool_id, "Username": user.username}
    env.aws.admin_enable_user(**pool)
    return user


def _refreshed(env: Environment, user: Account) -> Any:
    return valid(env, "refresh_session", user).send(env.client)
