"""Wherever the host is, times and sessions are right."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from tests.contract.pool_changes import altered
from tests.contract.valid_requests import bearer, create
from tests.service import application

ZONES = ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Europe/Berlin"]


@pytest.fixture(params=ZONES)
def abroad(request: pytest.FixtureRequest, env: Environment) -> Iterator[HttpClient]:
    """A client of the service on a host in a zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        with AsgiClient(application(env.config)) as client:
            yield client
    time.tzset()


def test_what_is_made_is_dated_now_in_utc(env: Environment, abroad: HttpClient) -> None:
    headers = bearer(env.new_account().access_token)
    before = datetime.now(UTC) - timedelta(seconds=1)
    body = {"min_value": 1, "max_value": 6}
    item = abroad.request("POST", "/randoms", json=body, headers=headers).json()
    changed = abroad.request(
        "PATCH", f"/randoms/{item['id']}", json={"max_value": 9}, headers=headers
    ).json()
    listed = abroad.request("GET", "/randoms", headers=headers).json()
    assert listed == [changed]
    for text in (item["created_at"], changed["updated_at"], listed[0]["created_at"]):
        moment = datetime.fromisoformat(text)
        assert moment.utcoffset() == timedelta(0)
        assert before <= moment <= datetime.now(UTC) + timedelta(seconds=1)
    assert changed["created_at"] == item["created_at"]


def test_lines_of_the_log_are_dated_now_in_utc(
    env: Environment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    with AsgiClient(application(env.config)) as client:
        client.request("GET", "/health")
    monkeypatch.undo()
    time.tzset()
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    moment = datetime.fromisoformat(line["timestamp"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_tokens_are_good_for_their_time(env: Environment, abroad: HttpClient) -> None:
    user = env.new_account()
    for age, status in ((-60, 401), (0, 200), (3500, 200), (3700, 401), (24 * 3600, 401)):
        env.cognito.clock.advance(timedelta(seconds=-age))
        headers = bearer(env.token(user.username))
        env.cognito.clock.reset()
        answer = abroad.request("GET", "/users/me", headers=headers)
        assert answer.status_code == status, f"{age} seconds old"


def test_a_sign_out_ends_what_was_and_not_what_comes(env: Environment, abroad: HttpClient) -> None:
    user = env.new_account()
    create(env, user)
    login = {"username": user.username, "password": user.password}
    session = abroad.request("POST", "/users/login", data=login).json()
    old = [bearer(user.access_token), bearer(session["access_token"])]
    assert abroad.request("POST", "/users/logout", headers=old[1]).status_code == 200
    for headers in old:
        assert abroad.request("GET", "/randoms", headers=headers).status_code == 401
    new = abroad.request("POST", "/users/login", data=login).json()
    headers = bearer(new["access_token"])
    assert len(abroad.request("GET", "/randoms", headers=headers).json()) == 1


def test_the_zone_of_the_database_is_not_that_of_the_answers(env: Environment) -> None:
    name = env.database.name
    zone = f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'"
    headers = bearer(env.new_account().access_token)
    with (
        altered(env, zone, f"ALTER DATABASE {name} RESET timezone"),
        AsgiClient(application(env.config)) as client,
    ):
        body = {"min_value": 1, "max_value": 6}
        created = client.request("POST", "/randoms", json=body, headers=headers).json()
        (listed,) = client.request("GET", "/randoms", headers=headers).json()
        read = client.request("GET", f"/randoms/{created['id']}", headers=headers).json()
        profile = client.request("GET", "/users/me", headers=headers).json()
    assert created == listed == read
    for text in (created["created_at"], listed["updated_at"], profile["created_at"]):
        assert datetime.fromisoformat(text).utcoffset() == timedelta(0)
