"""What every answer has in common: an id, nothing of the inside, and life without a database."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.contract.pool_changes import change
from tests.contract.valid_requests import OPERATIONS, bearer, create, valid
from tests.service import OTHER_PASSWORD, PASSWORD

REQUEST_ID = "X-Request-ID"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_carries_the_requests_id(env: Environment, name: str) -> None:
    request = valid(env, name)
    headers = {**request.headers, REQUEST_ID: "support-case.42_a"}
    response = request.send(env.client, headers=headers)
    assert response.headers[REQUEST_ID] == "support-case.42_a"


@pytest.mark.parametrize("sent", ["0", "x" * 64, "-", "._Az-9"])
def test_a_request_id_of_up_to_64_well_known_signs_is_kept(env: Environment, sent: str) -> None:
    answer = env.client.request("GET", "/health", headers={REQUEST_ID: sent})
    assert answer.headers[REQUEST_ID] == sent


@pytest.mark.parametrize("sent", ["", "a b", "a\tb", "x" * 65, "a=b", "\xe4"])
def test_an_ill_formed_request_id_is_replaced(env: Environment, sent: str) -> None:
    given = {
        env.client.request("GET", "/health", headers={REQUEST_ID: sent.encode("latin-1")}).headers[
            REQUEST_ID
        ]
        for _ in range(2)
    }
    assert sent not in given
    assert len(given) == 2
    assert all(len(each) >= 16 and each.isalnum() for each in given)


@pytest.mark.parametrize("sent", ["", "support-case.42_a", "a b", "x" * 65, '{"a": 1}'])
def test_the_log_names_the_id_that_the_answer_has(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str], sent: str
) -> None:
    capsys.readouterr()
    with env.database.outage():
        answer = talkative.request("GET", "/ready", headers={REQUEST_ID: sent})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} >= {"database_unavailable", "request"}
    assert {line["request_id"] for line in lines} == {answer.headers[REQUEST_ID]}


@pytest.fixture
def talkative(env: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[AsgiClient]:
    """A client of an application that logs all that it ever logs."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    with AsgiClient(env.application()) as client:
        yield client
    monkeypatch.undo()
    env.application()  # sets the level back for the process


def test_no_log_line_holds_a_secret(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in OPERATIONS:
        user = env.new_account()
        request = valid(env, name, user)
        answer = request.send(talkative)
        request.send(talkative)  # what succeeded once may be refused now
        logged = "".join(capsys.readouterr())
        assert name in logged  # the service logs its requests
        sent = [*(request.json or {}).items(), *(request.form or {}).items()]
        secrets = {value for member, value in sent if "password" in member or "code" in member}
        held = {user.access_token, user.refresh_token, user.password, user.email, user.sub}
        held |= {value for member, value in sent if member in {"username", "email"}}
        told = answer.json() if name in {"login_user", "refresh_session"} else {}
        held |= {value for member, value in told.items() if member.endswith("_token")}
        assert {secret for secret in secrets | held if str(secret) in logged} == set()


def test_no_log_line_of_what_heals_names_whom_it_is_about(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row without an account, an account without a row, and a sign-up whose answer is lost."""
    gone, orphan, lost = env.new_account(), env.create_unconfirmed_user(), "lost-soul"
    kept = "lost-twice"  # nobody knows whether its account is there
    env.aws.admin_delete_user(UserPoolId=env.config.user_pool_id, Username=gone.username)
    change(env, "DELETE FROM users WHERE username = %s", orphan.username)
    capsys.readouterr()
    for name in (gone.username, orphan.username, lost, kept):
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        if name in {lost, kept}:
            env.cognito.outages.lose_answer("SignUp")
        if name == kept:
            env.cognito.outages.time_out("AdminGetUser")
        answer = talkative.request("POST", "/users/signup", json=body)
        assert answer.status_code == (503 if name in {lost, kept} else 201)
        logged = "".join(capsys.readouterr())
        assert "cognito_refused" in logged or "removed" in logged
        assert name not in logged
        assert "@" not in logged


def test_the_log_warns_of_trouble_and_not_of_what_users_do(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    request = valid(env, "login_user")
    capsys.readouterr()
    wrong = {**(request.form or {}), "password": OTHER_PASSWORD}
    assert request.send(talkative, data=wrong).status_code == 401
    with env.cognito.outages.fail("InitiateAuth", "InternalErrorException"):
        assert request.send(talkative).status_code == 503
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(each["code"], each["level"]) for each in records if each["event"] == "cognito_refused"]
    assert told == [("NotAuthorizedException", "info"), ("InternalErrorException", "warning")]


def test_the_log_tells_what_each_request_was_and_how_long_it_took(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    request = valid(env, "create_random")
    capsys.readouterr()
    started, begun = time.perf_counter(), datetime.now(UTC)
    answer = request.send(talkative)
    longest = (time.perf_counter() - started) * 1000
    (record,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (record["event"], record["level"]) == ("request", "info")
    assert (record["method"], record["operation"]) == ("POST", "create_random")
    assert record["status"] == answer.status_code
    assert record["request_id"] == answer.headers[REQUEST_ID]
    assert 0 < record["milliseconds"] <= longest + 0.1  # rounded
    # Which time it is can be told from it, wherever the host is.
    assert begun <= datetime.fromisoformat(record["timestamp"]) <= datetime.now(UTC)


def test_the_time_that_a_request_took_is_told_in_milliseconds(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    request, taken = valid(env, "login_user"), list[float]()

    def take_time() -> None:
        begun = time.perf_counter()
        while time.perf_counter() < begun + 0.02:
            pass
        taken.append((time.perf_counter() - begun) * 1000)

    capsys.readouterr()
    with env.cognito.outages.meanwhile("InitiateAuth", take_time):
        assert request.send(talkative).status_code == 200
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = (each["milliseconds"] for each in records if each["event"] == "request")
    assert told >= taken[0] - 0.1  # rounded


@pytest.mark.parametrize("name", ["login_user", "refresh_session"])
def test_a_token_that_cannot_be_verified_is_not_logged(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    request = valid(env, name)
    env.cognito.clock.advance(timedelta(hours=1))
    capsys.readouterr()
    assert request.send(talkative).status_code == 503
    logged = capsys.readouterr().out
    assert "issued_token_unverifiable" in logged
    assert "eyJ" not in logged  # a JSON object in base64


@pytest.mark.parametrize("end", ["", "/"])
def test_the_log_does_not_tell_paths(
    env: Environment, talkative: AsgiClient, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    """Who knows the sub of a user may read the profile."""
    user = env.new_account()
    capsys.readouterr()
    talkative.request("GET", f"/users/{user.sub}{end}")
    logged = capsys.readouterr().out
    assert "request" in logged
    assert user.sub not in logged


def test_a_path_with_a_slash_too_many_is_another_path(env: Environment) -> None:
    """A redirect would send the token to wherever the Host header says."""
    for name, operation in OPERATIONS.items():
        request = valid(env, name)
        url = f"{request.path}/"
        answer = env.client.request(operation.method, url, headers=request.headers)
        assert answer.status_code == 404, url
        assert answer.json() == {"detail": "Not Found"}


def test_a_process_is_alive_without_a_database(env: Environment) -> None:
    with env.database.outage():
        assert env.client.request("GET", "/health").status_code == 200
        assert env.client.request("GET", "/ready").status_code == 503


@pytest.mark.parametrize("trouble", ["database", "cognito"])
def test_an_outage_is_told_in_our_words_alone(env: Environment, trouble: str) -> None:
    request = valid(env, "signup_user")
    planned = (
        env.database.outage()
        if trouble == "database"
        else env.cognito.outages.fail("*", "InternalErrorException", times=20)
    )
    with planned:
        detail = request.send(env.client).json()["detail"]
    assert detail.endswith("unavailable, try again later")


@pytest.mark.parametrize(
    ("password", "lacks"),
    [
        ("nouppercase-1", "an upper case letter"),
        ("NOLOWERCASE-1", "a lower case letter"),
        ("No-Digits-Here", "a digit"),
        ("NoSymbols4Here", "a symbol"),
        # Of other alphabets none counts, whatever a library takes for a digit or a letter.
        ("No-Digits-٣", "a digit"),
        ("été-été-1", "an upper case letter"),
        ("ÉTÉ-ÉTÉ-é1", "a lower case letter"),
        ("NoSymbols4€", "a symbol"),
    ],
)
def test_a_weak_password_is_told_what_it_lacks(env: Environment, password: str, lacks: str) -> None:
    body = {"username": "weak", "email": "weak@example.com", "password": password}
    response = env.client.request("POST", "/users/signup", json=body)
    assert response.status_code == 422
    (problem,) = response.json()["detail"]
    assert problem["loc"] == ["body", "password"]
    assert problem["msg"].endswith(f" {lacks}")
    assert password not in response.text


# Cognito's guide, "Adding user pool password requirements".
SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "


def test_each_symbol_of_cognitos_policy_will_do_for_one_and_no_other_sign(
    env: Environment,
) -> None:
    body = {"username": "nobody", "confirmation_code": "123456"}

    def is_refused(sign: str) -> bool:
        reset = {**body, "new_password": f"Correct{sign}Horse7"}
        answer = env.client.request("POST", "/users/reset_password", json=reset)
        return bool(answer.status_code == 422)

    others = "aZ9é\u00a0§€²٣"
    assert "".join(filter(is_refused, SYMBOLS + others)) == others


@pytest.mark.parametrize(
    ("username", "told"),
    [
        ("", "String should have at least 1 character"),
        ("x" * 129, "String should have at most 128 characters"),
        (1, "Input should be a valid string"),
        ("a b", "String should match the pattern in the OpenAPI document"),
    ],
)
def test_each_problem_is_told_in_its_own_words(
    env: Environment, username: object, told: str
) -> None:
    request = valid(env, "forgot_password")
    answer = request.send(env.client, json={"username": username})
    assert [problem["msg"] for problem in answer.json()["detail"]] == [told]


@pytest.mark.parametrize("value", ["\0", "a\nb", "\x1f", "a\x7f", "", "x" * 256, 1, ["a"]])
def test_a_name_to_show_is_one_line_of_255_characters(env: Environment, value: object) -> None:
    request = valid(env, "update_me")
    assert request.send(env.client, json={"full_name": value}).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, op in OPERATIONS.items()
        if op.definition.get("requestBody") and name != "login_user"
    ],
)
def test_a_member_that_nobody_knows_is_422(env: Environment, name: str) -> None:
    request = valid(env, name)
    response = request.send(env.client, json={**(request.json or {}), "surprise": 1})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "surprise"]


def test_a_very_long_name_is_cut_where_it_is_told(env: Environment) -> None:
    request = valid(env, "create_random")
    body = {**(request.json or {}), "x" * 500: 1}
    (problem,) = request.send(env.client, json=body).json()["detail"]
    assert problem["loc"] == ["body", "x" * 200]


def test_a_member_named_by_half_a_character_is_422(env: Environment) -> None:
    request = valid(env, "create_random")
    headers = {**request.headers, "Content-Type": "application/json"}
    body = b'{"min_value": 1, "max_value": 6, "\\ud800": 1}'
    response = request.send(env.client, json=None, data=body, headers=headers)
    assert response.status_code == 422
    assert response.json()["detail"]


def test_no_patch_changes_what_is_not_the_users_to_change(env: Environment) -> None:
    user = env.new_account()
    before = valid(env, "read_me", user).send(env.client).json()
    for member in ("username", "email", "sub", "id", "created_at", "disabled_at"):
        request = valid(env, "update_me", user)
        request.send(env.client, json={"full_name": "Ada", member: before.get(member, PASSWORD)})
    item = create(env, user)
    path, headers = f"/randoms/{item}", bearer(user.access_token)
    for member in ("num", "id", "owner_id", "created_at"):
        env.client.request("PATCH", path, json={"max_value": 9, member: 7}, headers=headers)
    assert valid(env, "read_me", user).send(env.client).json() == before
    assert env.client.request("GET", path, headers=headers).json()["max_value"] == 6
