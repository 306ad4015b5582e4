"""Answers that have Cognito's form but cannot be its own are answers lost: 503, and nobody's harm.

Whoever stands between us and Cognito, or mixes connections up, may send such.
"""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from apiproof.network_faults import FaultProxy
from apiproof.service import Account
from tests.contract.events import PATIENCE
from tests.contract.keyserver import start_and_stop
from tests.contract.pool_changes import change, rows
from tests.contract.test_locked_rows import signing_up
from tests.contract.valid_requests import valid
from tests.service import application

Answers = Mapping[str, Mapping[str, Any]]
JSON = {"content-type": "application/x-amz-json-1.1"}


class FalseCognito:
    """Answers each call with what is given for it; of any other it says that nobody is there.

    Attributes:
        refusal: The status of that.
        deleted: The names of the accounts that it was to delete.
    """

    def __init__(self, answers: Answers, headers: Mapping[str, str]) -> None:
        self.answers = answers
        self.refusal = 400
        self.deleted: list[str] = []
        self.headers = {**headers, "x-amzn-requestid": "1"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await start_and_stop(receive, send)
            return
        call = dict(scope["headers"])[b"x-amz-target"].decode().rpartition(".")[2]
        answer = self.answers.get(call)
        asked = await receive()
        if call == "AdminDeleteUser":
            self.deleted.append(json.loads(asked["body"])["Username"])
        content = {"__type": "UserNotFoundException"} if answer is None else answer
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        status = self.refusal if answer is None else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})


@contextmanager
def answered(
    env: Environment, answers: Answers, headers: Mapping[str, str] = JSON
) -> Iterator[tuple[AsgiClient, FalseCognito]]:
    """The service, with answers of Cognito's that are none, and who gives them."""
    cognito = FalseCognito(answers, headers)
    with (
        run_server(cognito) as url,
        AsgiClient(application(env.config, aws_cognito_endpoint=url)) as client,
    ):
        yield client, cognito


def session_of(user: Account) -> dict[str, Any]:
    names = {"AccessToken": user.access_token, "IdToken": "a.b.c"}
    return {"AuthenticationResult": {**names, "RefreshToken": "a.b.c", "ExpiresIn": 3600}}


def account(username: str, sub: str, **changed: Any) -> dict[str, Any]:
    """What AdminGetUser answers."""
    attributes = {"sub": sub, "email": f"{username[:64]}@example.com"}
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    fine = {"Username": username, "UserStatus": "CONFIRMED", "Enabled": True}
    return {**fine, "UserAttributes": listed, **changed}


# What Cognito has nothing to say to where it is done.
SILENTLY_DONE = {
    "verify_user": "ConfirmSignUp",
    "logout_user": "GlobalSignOut",
    "change_password": "ChangePassword",
    "delete_me": "AdminDeleteUser",
}
NO_SUCCESS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a gateway's error": ({"message": "Internal server error"}, JSON),
    "AWS's other spelling": ({"Message": "Forbidden"}, JSON),
    "an error": ({"error": "away"}, JSON),
    "errors": ({"errors": []}, JSON),
    "REST's error": ({"Error": {"Code": "Away"}}, JSON),
    "a code": ({"code": "NotAuthorizedException"}, JSON),
    "a type of error": ({"__type": "NotAuthorizedException"}, JSON),
    "a header of errors": ({}, {**JSON, "x-amzn-errortype": "NotAuthorizedException"}),
    "a page": ({}, {"content-type": "text/html"}),
}


@pytest.mark.parametrize("what", NO_SUCCESS)
def test_a_success_that_names_an_error_is_none(env: Environment, what: str) -> None:
    content, headers = NO_SUCCESS[what]
    requests = [valid(env, name) for name in SILENTLY_DONE]
    answers = dict.fromkeys(SILENTLY_DONE.values(), content)
    with answered(env, answers, headers) as (client, _):
        assert [request.send(client).status_code for request in requests] == [503] * len(requests)


@pytest.mark.parametrize("headers", [JSON, {}, {"content-type": "application/json"}])
def test_a_success_that_says_nothing_is_one(env: Environment, headers: dict[str, str]) -> None:
    requests = [valid(env, name) for name in SILENTLY_DONE]
    with answered(env, {call: {} for call in SILENTLY_DONE.values()}, headers) as (client, _):
        statuses = [request.send(client).status_code for request in requests]
    assert statuses == [200, 200, 200, 204]


@pytest.mark.parametrize(("refusal", "expected"), [(400, 204), (500, 503), (503, 503)])
def test_a_refusal_is_one_by_its_status(env: Environment, refusal: int, expected: int) -> None:
    """Of 500 and more nothing is known, whatever its code; that nobody is there is done."""
    request = valid(env, "delete_me")
    with answered(env, {}) as (client, cognito):
        cognito.refusal = refusal
        assert request.send(client).status_code == expected


def test_a_sign_up_that_is_given_another_users_sub_is_lost_and_leaves_nothing(
    env: Environment,
) -> None:
    user = env.new_account()
    before = rows(env, "SELECT * FROM users")
    with answered(env, {"SignUp": {"UserSub": user.sub.upper()}}) as (client, _):
        assert valid(env, "signup_user").send(client).status_code == 503
    assert rows(env, "SELECT * FROM users") == before
    assert valid(env, "signup_user").send(env.client).status_code == 201
    assert valid(env, "login_user", user).send(env.client).status_code == 200


@pytest.mark.parametrize("spelling", ["{%s}", "urn:uuid:%s", "%.8s", "%s-1"])
def test_a_sub_that_cognito_does_not_write_is_none(env: Environment, spelling: str) -> None:
    """The control: the same one as Cognito writes it, in either case, is one."""
    request, sub = valid(env, "signup_user"), "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c5a"
    for spelled in (spelling % sub, sub.replace("-", "")):
        with answered(env, {"SignUp": {"UserSub": spelled}}) as (client, _):
            assert request.send(client).status_code == 503
    with answered(env, {"SignUp": {"UserSub": sub.upper()}}) as (client, _):
        response = request.send(client)
    assert (response.status_code, response.json()["sub"]) == (201, sub)


def test_a_sign_up_that_is_given_another_users_sub_withdraws_the_account_of_its_own_name(
    env: Environment,
) -> None:
    user, request = env.new_account(), valid(env, "signup_user")
    assert request.json is not None
    opened = account(request.json["username"], "its-own", UserStatus="UNCONFIRMED")
    answers = {"SignUp": {"UserSub": user.sub}, "AdminGetUser": opened, "AdminDeleteUser": {}}
    with answered(env, answers) as (client, cognito):
        assert request.send(client).status_code == 503
    assert cognito.deleted == ["its-own"]


@pytest.mark.parametrize("whose", ["nobody's", "the other's"])
def test_nobody_is_given_another_users_session(env: Environment, whose: str) -> None:
    user, other = env.new_account(), env.new_account()
    answers = {"InitiateAuth": session_of(other)}
    if whose == "the other's":
        answers["AdminGetUser"] = account(user.username, user.sub)
    with answered(env, answers) as (client, _):
        response = valid(env, "login_user", user).send(client)
    assert response.status_code == 503
    assert other.access_token not in response.text


def test_a_session_is_given_to_who_signs_in_by_an_alias_of_its_user(env: Environment) -> None:
    user, alias = env.new_account(), env.new_account()
    answers = {"InitiateAuth": session_of(user), "AdminGetUser": account("alias", user.sub)}
    with answered(env, answers) as (client, _):
        assert valid(env, "login_user", alias).send(client).status_code == 200
    with answered(env, {"InitiateAuth": session_of(user)}) as (client, _):
        assert valid(env, "login_user", user).send(client).status_code == 200


def test_a_further_step_without_a_name_is_none(env: Environment) -> None:
    with answered(env, {"InitiateAuth": {"ChallengeName": ""}}) as (client, _):
        assert valid(env, "login_user").send(client).status_code == 503
    with answered(env, {"InitiateAuth": {"ChallengeName": "SMS_MFA"}}) as (client, _):
        assert valid(env, "login_user").send(client).status_code == 403


@pytest.mark.parametrize(
    ("enabled", "status"), [(True, 200), (False, 401), (None, 503), ("no", 503), (0, 503)]
)
def test_whether_an_account_without_a_row_is_disabled_has_to_be_said(
    env: Environment, enabled: Any, status: int
) -> None:
    user = env.new_account()
    change(env, "DELETE FROM users WHERE sub = %s", user.sub)
    found = account(user.username, user.sub, Enabled=enabled)
    with answered(env, {"InitiateAuth": session_of(user), "AdminGetUser": found}) as (client, _):
        assert valid(env, "login_user", user).send(client).status_code == status


@pytest.mark.parametrize(("length", "status"), [(128, 200), (129, 401)])
def test_an_account_whose_name_is_longer_than_cognitos_opens_nothing(
    env: Environment, length: int, status: int
) -> None:
    user = env.new_account()
    change(env, "DELETE FROM users WHERE sub = %s", user.sub)
    found = account("n" * length, user.sub)
    with answered(env, {"InitiateAuth": session_of(user), "AdminGetUser": found}) as (client, _):
        assert valid(env, "login_user", user).send(client).status_code == status


def test_as_many_connections_as_there_are_threads_are_kept_and_none_is_opened_anew(
    env: Environment,
) -> None:
    """Of each kind of work as much as may be done at once, twice: whoever connects by TLS waits."""
    threads, kinds = 2, ("login_user", "resend_confirmation_code")
    requests = [valid(env, name) for name in kinds for _ in range(threads)]
    requests += [signing_up(env, name, f"{name}@example.com") for name in ("one", "two")]
    at_once = threading.Barrier(len(requests), timeout=PATIENCE)
    cognito = FalseCognito({}, JSON)
    first_calls = {b"InitiateAuth", b"SignUp", b"ResendConfirmationCode"}

    async def together(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        if headers.get(b"x-amz-target", b"").rpartition(b".")[2] in first_calls:
            await asyncio.to_thread(at_once.wait)
        await cognito(scope, receive, send)

    with run_server(together) as url, FaultProxy(url) as proxy:
        settings = {"aws_cognito_endpoint": proxy.url, "cognito_threads": threads}
        with (
            run_server(application(env.config, **settings)) as live,
            ThreadPoolExecutor(len(requests)) as clients,
        ):
            for _ in range(2):
                sent = [clients.submit(each.send, HttpClient(live)) for each in requests]
                wait(sent, PATIENCE)
    assert proxy.accepted == len(requests)


def test_what_lacks_the_header_of_all_of_cognitos_answers_is_none_of_them(
    env: Environment,
) -> None:
    """Neither a success nor a refusal: a proxy may speak JSON as well."""
    requests = [valid(env, name) for name in SILENTLY_DONE]
    with answered(env, {call: {} for call in SILENTLY_DONE.values()}) as (client, cognito):
        del cognito.headers["x-amzn-requestid"]
        assert [request.send(client).status_code for request in requests] == [503] * len(requests)
        assert valid(env, "login_user").send(client).status_code == 503
        cognito.headers["x-amzn-requestid"] = "1"
        assert valid(env, "login_user").send(client).status_code == 401


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800"], ids=ascii)
def test_a_text_that_nobody_can_hold_is_none(env: Environment, text: Any) -> None:
    """A session without one of its tokens, or an account that no database takes, is no answer."""
    user = env.new_account()
    change(env, "DELETE FROM users WHERE sub = %s", user.sub)
    session, found = session_of(user), account(user.username, user.sub)
    with answered(env, {}) as (client, cognito):
        for member in ("AccessToken", "IdToken", "RefreshToken"):
            result = {**session["AuthenticationResult"], member: text}
            cognito.answers = {
                "InitiateAuth": {"AuthenticationResult": result},
                "AdminGetUser": found,
            }
            assert valid(env, "login_user", user).send(client).status_code == 503, member
        cognito.answers = {"InitiateAuth": session, "AdminGetUser": found | {"Username": text}}
        assert valid(env, "login_user", user).send(client).status_code == 503
        cognito.answers = {"InitiateAuth": session, "AdminGetUser": found}
        assert valid(env, "login_user", user).send(client).status_code == 200
