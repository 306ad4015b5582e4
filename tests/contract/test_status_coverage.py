"""Each declared refusal is really given, by every operation that declares it."""

import contextlib
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from apiproof.environment import Environment
from tests.contract.valid_requests import OPERATIONS, SECURED, bearer, declaring, valid

SUCCESSES = {name: min(found.statuses) for name, found in OPERATIONS.items()}
BODIES = [name for name in declaring(413) if OPERATIONS[name].definition.get("requestBody")]
LARGEST = 65_536  # bytes of a body, unless the settings say otherwise
CALLS_COGNITO = declaring(429)


def needs_database(name: str) -> bool:
    return "503" in OPERATIONS[name].statuses and name not in IDENTITY_ALONE


# Their 503 speaks of Cognito: they never open the database.
IDENTITY_ALONE = {"verify_user", "resend_confirmation_code", "refresh_session", "forgot_password"}
DATABASE_USERS = [name for name in OPERATIONS if needs_database(name)]


def send_raw(env: Environment, name: str, body: Any) -> Any:
    request = valid(env, name)
    media_type = next(iter(OPERATIONS[name].definition["requestBody"]["content"]))
    headers = {**request.headers, "Content-Type": media_type}
    return request.send(env.client, json=None, data=body, headers=headers)


def assert_retry_later(response: Any) -> None:
    assert int(response.headers["Retry-After"]) >= 1
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_valid_request_succeeds(env: Environment, name: str) -> None:
    response = valid(env, name).send(env.client)
    assert str(response.status_code) == SUCCESSES[name], response.text


@pytest.mark.parametrize("name", SECURED)
def test_without_a_token_nobody_is_authenticated(env: Environment, name: str) -> None:
    response = valid(env, name).send(env.client, headers={})
    assert response.status_code == 401
    assert response.json() == {"detail": "Not authenticated"}
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", SECURED)
def test_a_token_without_the_scope_is_refused_as_rfc_6750_says(env: Environment, name: str) -> None:
    user = env.new_account()
    wanted = OPERATIONS[name].scopes
    others = [scope for scope in env.scopes if scope not in wanted]
    token = env.token(user.username, others)
    response = valid(env, name, user).send(env.client, headers=bearer(token))
    assert response.status_code == 403
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_scope"' in challenge
    assert f'scope="{" ".join(wanted)}"' in challenge


@pytest.mark.parametrize("name", BODIES)
def test_a_body_over_the_limit_is_413(env: Environment, name: str) -> None:
    response = send_raw(env, name, b"x" * 70_000)
    assert response.status_code == 413
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("name", BODIES)
def test_a_streamed_body_over_the_limit_is_413_too(env: Environment, name: str) -> None:
    assert send_raw(env, name, iter([b"x" * 10_000] * 7)).status_code == 413


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("length", "status"), [(LARGEST, 201), (LARGEST + 1, 413)])
def test_a_body_of_exactly_the_limit_is_read(
    env: Environment, length: int, status: int, *, streamed: bool
) -> None:
    body = b'{"min_value": 1, "max_value": 6}'.ljust(length)
    pieces = (body[:60_000], body[60_000:])
    sent = iter(pieces) if streamed else body
    assert send_raw(env, "create_random", sent).status_code == status


def test_a_body_announced_too_long_is_refused_before_it_is_sent(
    env: Environment, live: str
) -> None:
    request = valid(env, "create_random")
    with contextlib.closing(HTTPConnection(urlsplit(live).netloc, timeout=10)) as connection:
        connection.putrequest("POST", request.path)
        for header, value in request.headers.items():
            connection.putheader(header, value)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(LARGEST + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("name", CALLS_COGNITO)
def test_throttling_by_cognito_is_429_with_retry_after(env: Environment, name: str) -> None:
    request = valid(env, name)
    with env.cognito.outages.fail("*", "TooManyRequestsException", times=20):
        response = request.send(env.client)
    assert response.status_code == 429
    assert_retry_later(response)


@pytest.mark.parametrize("name", CALLS_COGNITO)
@pytest.mark.parametrize("trouble", ["InternalErrorException", "time-out"])
def test_cognito_away_is_503_with_retry_after(env: Environment, name: str, trouble: str) -> None:
    request = valid(env, name)
    outages = env.cognito.outages
    planned = (
        outages.time_out("*", times=20)
        if trouble == "time-out"
        else outages.fail("*", trouble, times=20)
    )
    with planned:
        response = request.send(env.client)
    assert response.status_code == 503
    assert_retry_later(response)


@pytest.mark.parametrize("name", DATABASE_USERS)
def test_the_database_away_is_503_with_retry_after(env: Environment, name: str) -> None:
    request = valid(env, name)
    with env.database.outage():
        response = request.send(env.client)
    assert response.status_code == 503
    assert_retry_later(response)


@pytest.mark.parametrize("name", DATABASE_USERS)
def test_after_an_outage_of_the_database_the_next_request_succeeds(
    env: Environment, name: str
) -> None:
    request = valid(env, name)
    with env.database.outage(), contextlib.nullcontext():
        request.send(env.client)
    response = request.send(env.client)
    assert str(response.status_code) == SUCCESSES[name], response.text


@pytest.mark.parametrize("name", DATABASE_USERS)
def test_an_outage_of_the_database_that_nobody_met_is_not_noticed(
    env: Environment, name: str
) -> None:
    request = valid(env, name)
    with env.database.outage():
        pass
    response = request.send(env.client)
    assert str(response.status_code) == SUCCESSES[name], response.text


def test_unknown_paths_and_methods_are_refused_in_the_same_shape(env: Environment) -> None:
    missing = env.client.request("GET", "/nothing")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
    assert "Allow" not in missing.headers
    wrong = env.client.request("PUT", "/randoms")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "POST"}
