"""Each line that the service may log: when it comes, how severe it is, and what it says.

Operators' searches and alarms hang on the names, levels and fields of lines. Whom one is about is
told by a row's number and a request's id, by no name.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.contract.keyserver import with_keys
from tests.contract.pool_changes import altered, change, rows
from tests.contract.test_database import BACK, on_insert
from tests.contract.valid_requests import bearer, valid
from tests.service import OTHER_PASSWORD, PASSWORD, application, logged_events

Fields = dict[str, Any]
Case = Callable[[Environment, AsgiClient], Fields]
WARNING = {"level": "warning"}


def number_of(env: Environment, username: str) -> int:
    ((number,),) = rows(env, "SELECT id FROM users WHERE username = %s", username)
    return int(number)


def sign_up(client: AsgiClient, name: str = "newcomer") -> int:
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return int(client.request("POST", "/users/signup", json=body).status_code)


def log_in(client: AsgiClient, name: str, password: str = PASSWORD) -> int:
    form = {"username": name, "password": password}
    return int(client.request("POST", "/users/login", data=form).status_code)


def stale_user_removed(env: Environment, client: AsgiClient) -> Fields:
    user = env.new_account()
    number = number_of(env, user.username)
    env.aws.admin_delete_user(UserPoolId=env.config.user_pool_id, Username=user.username)
    assert sign_up(client, user.username) == 201
    return WARNING | {"user_id": number}


def unconfirmed_account_removed(env: Environment, client: AsgiClient) -> Fields:
    user = env.create_unconfirmed_user()
    number = number_of(env, user.username)
    change(env, "UPDATE users SET created_at = created_at - interval '2 days'")
    assert sign_up(client, user.username) == 201
    return {"level": "info", "user_id": number}


def orphan_account_removed(env: Environment, client: AsgiClient) -> Fields:
    user = env.create_unconfirmed_user()
    change(env, "DELETE FROM users")
    assert sign_up(client, user.username) == 201
    return WARNING


def reservation_not_released(env: Environment, client: AsgiClient) -> Fields:
    away = env.database.outage()
    with env.cognito.outages.meanwhile("SignUp", away.__enter__):
        try:
            assert sign_up(client) == 503
        finally:
            away.__exit__(None, None, None)
    return WARNING | {"reason": "DatabaseUnavailable"}


def account_not_withdrawn(env: Environment, client: AsgiClient) -> Fields:
    with (
        env.cognito.outages.lose_answer("SignUp"),
        env.cognito.outages.fail("AdminGetUser", "TooManyRequestsException"),
    ):
        assert sign_up(client) == 503
    return WARNING | {"reason": "Throttled"}


def sessions_not_revoked(env: Environment, client: AsgiClient) -> Fields:
    request = valid(env, "reset_password")
    with env.cognito.outages.lose_answer("AdminUserGlobalSignOut"):
        assert request.send(client).status_code == 200
    return WARNING | {"reason": "IdentityAnswerLost"}


def change_not_noted(env: Environment, client: AsgiClient) -> Fields:
    user, away = env.new_account(), env.database.outage()
    request, number = valid(env, "change_password", user), number_of(env, user.username)
    with env.cognito.outages.meanwhile("ChangePassword", away.__enter__):
        try:
            assert request.send(client).status_code == 200
        finally:
            away.__exit__(None, None, None)
    return WARNING | {"user_id": number}


def account_without_usable_address(env: Environment, client: AsgiClient) -> Fields:
    env.cognito.create_user("invited", f"{'x' * 64}@{'long.' * 50}example.com", PASSWORD)
    assert log_in(client, "invited") == 401
    return WARNING


def issued_token_unverifiable(env: Environment, _: AsgiClient) -> Fields:
    request, elsewhere = valid(env, "login_user"), "https://elsewhere.example.com/pool"
    with AsgiClient(application(env.config, aws_cognito_issuer=elsewhere)) as client:
        assert request.send(client).status_code == 503
    return WARNING | {"issuer": elsewhere}


def jwks_unavailable(env: Environment, _: AsgiClient) -> Fields:
    token = env.new_account().access_token
    with AsgiClient(application(with_keys(env, "http://127.0.0.1:1"))) as client:
        assert client.request("GET", "/users/me", headers=bearer(token)).status_code == 503
    # Who begins a fetch does so for all who ask.
    return WARNING | {"reason": "OSError", "request_id": None}


def database_unavailable(env: Environment, client: AsgiClient) -> Fields:
    request = valid(env, "create_random")
    with altered(env, on_insert("RAISE EXCEPTION USING ERRCODE = '40P01'"), BACK):
        assert request.send(client).status_code == 503
    return WARNING | {"error": "OperationalError", "sqlstate": "40P01"}


def request_failed(env: Environment, client: AsgiClient) -> Fields:
    request = valid(env, "list_randoms")
    with altered(
        env,
        "ALTER TABLE random_items RENAME TO elsewhere",
        "ALTER TABLE elsewhere RENAME TO random_items",
    ):
        assert request.send(client).status_code == 500
    return {"level": "critical", "error": "ProgrammingError", "frames": ...}


def request(env: Environment, client: AsgiClient) -> Fields:
    asked = valid(env, "delete_random")
    assert asked.send(client, headers={}).status_code == 401
    told = {"method": "DELETE", "operation": "delete_random", "status": 401}
    return {"level": "info", **told, "milliseconds": ...}


def refused(call: str, code: str, answered: str, *, level: str) -> Fields:
    return {"level": level, "operation": call, "code": code, "answered": answered}


def cognito_refused(env: Environment, client: AsgiClient) -> Fields:
    assert log_in(client, env.new_account().username, OTHER_PASSWORD) == 401
    return refused("sign_in", "NotAuthorizedException", "CredentialsWrong", level="info")


def cognito_refused_what_is_done(env: Environment, client: AsgiClient) -> Fields:
    body = {"username": env.new_account().username}  # it is verified already
    path = "/users/resend_confirmation_code"
    assert client.request("POST", path, json=body).status_code == 200
    code = "InvalidParameterException"
    return refused("resend_confirmation_code", code, "done", level="info")


def cognito_refused_unforeseen(env: Environment, client: AsgiClient) -> Fields:
    asked = valid(env, "verify_user")
    with env.cognito.outages.fail("ConfirmSignUp", "InternalErrorException"):
        assert asked.send(client).status_code == 503
    code = "InternalErrorException"
    return refused("confirm_sign_up", code, "IdentityAnswerLost", level="warning")


def cognito_refused_without_an_answer(env: Environment, client: AsgiClient) -> Fields:
    asked = valid(env, "logout_user")
    with env.cognito.outages.lose_answer("GlobalSignOut"):
        assert asked.send(client).status_code == 503
    code = "ConnectionClosedError"
    return refused("global_sign_out", code, "IdentityAnswerLost", level="warning")


CASES: list[Case] = [
    stale_user_removed,
    unconfirmed_account_removed,
    orphan_account_removed,
    reservation_not_released,
    account_not_withdrawn,
    sessions_not_revoked,
    change_not_noted,
    account_without_usable_address,
    issued_token_unverifiable,
    jwks_unavailable,
    database_unavailable,
    request_failed,
    request,
    cognito_refused,
    cognito_refused_what_is_done,
    cognito_refused_unforeseen,
    cognito_refused_without_an_answer,
]


def event_of(case: Case) -> str:
    """The longest event that a case's name begins with."""
    return max((e for e in logged_events() if case.__name__.startswith(e)), key=len, default="")


def test_no_line_is_without_a_claim() -> None:
    assert {event_of(case) for case in CASES} == logged_events()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_line_of_the_log_has_its_level_and_its_fields(
    env: Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: Case,
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    with AsgiClient(env.application()) as client:
        capsys.readouterr()
        due = case(env, client)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    monkeypatch.undo()
    env.application()  # sets the level back for the process
    told = [line for line in lines if line.pop("event") == event_of(case)]
    assert [line for line in told if is_as_due(line, due)], told


def is_as_due(line: Fields, due: Fields) -> bool:
    """Compare a line with what it has to say; `...` stands for anything but nothing."""
    wanted = {"timestamp": ..., "request_id": ..., **due}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    return line.keys() == wanted.keys() and all(
        line[name] if value is ... else line[name] == value for name, value in wanted.items()
    )
