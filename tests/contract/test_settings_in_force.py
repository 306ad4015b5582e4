"""A setting does what it says: each is varied alone, and seen where it takes effect."""

import os
import re
import socket
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.network_faults import FaultProxy
from tests.contract.pool_changes import altered, change
from tests.contract.test_database import BACK, on_insert
from tests.contract.test_queues import full
from tests.contract.valid_requests import OPERATIONS, bearer, resigned, valid
from tests.service import PASSWORD, application

# Settings of the service, PostgreSQL's parameter, what a session of the service has to have.
SESSION = [
    ({"database_statement_timeout": 1.234}, "statement_timeout", "1234ms"),
    ({"database_statement_timeout": 0.2}, "statement_timeout", "200ms"),
    ({"database_lock_timeout": 1.234}, "lock_timeout", "1234ms"),
    ({"database_lock_timeout": 60}, "lock_timeout", "1min"),
    ({"database_statement_timeout": 2.5}, "idle_in_transaction_session_timeout", "2500ms"),
    ({}, "statement_timeout", "5s"),
    ({}, "lock_timeout", "4s"),
    ({}, "TimeZone", "UTC"),
    ({}, "application_name", "randomizer-api"),
]


@pytest.mark.parametrize(("settings", "parameter", "value"), SESSION)
def test_sessions_of_the_database_have_the_limits_of_the_settings(
    env: Environment, settings: dict[str, float], parameter: str, value: str
) -> None:
    """The database itself refuses the insert of a session that is set otherwise."""
    request = valid(env, "create_random")
    demand = f"""
        IF current_setting('{parameter}') <> '{value}' THEN
            RAISE EXCEPTION 'set otherwise';
        END IF
    """
    with (
        altered(env, on_insert(demand), BACK),
        AsgiClient(application(env.config, **settings)) as client,
        AsgiClient(application(env.config, database_statement_timeout=9)) as otherwise,
    ):
        assert request.send(client).status_code == 201
        if parameter == "statement_timeout":
            assert request.send(otherwise).status_code == 500


def waits_of_sockets() -> set[int]:
    """How long each connection of this process lets a peer be silent, in milliseconds."""
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(each.name))) as twin:
            found.add(twin.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
@pytest.mark.parametrize("seconds", [1.234, 47])
def test_a_database_that_vanished_is_given_up_within_the_time_of_a_statement(
    env: Environment, seconds: float
) -> None:
    request, wanted = valid(env, "read_me"), int(seconds * 1000)
    with FaultProxy(env.config.database_url) as proxy:  # by TCP
        where = replace(env.config, database_url=proxy.url)
        with AsgiClient(application(where, database_statement_timeout=seconds)) as client:
            assert wanted not in waits_of_sockets()
            assert request.send(client).status_code == 200
            assert wanted in waits_of_sockets()


ORIGINS = ("https://app.example.com", "http://localhost:3000")
FOREIGN = [
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.example",
    "https://sub.app.example.com",
    "https://app-example.com",
    "http://localhost:30001",
    "null",
]


@pytest.mark.parametrize("method", sorted({found.method for found in OPERATIONS.values()}))
@pytest.mark.parametrize("origin", [*ORIGINS, *FOREIGN])
def test_only_the_origins_of_the_settings_may_read_answers(
    env: Environment, origin: str, method: str
) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, x-request-id",
    }
    with AsgiClient(application(env.config, cors_origins=ORIGINS)) as client:
        before = client.request("OPTIONS", "/users/me", headers=asked)
        answer = client.request("GET", "/users/me", headers={"Origin": origin})
    allowed = [each.headers.get("Access-Control-Allow-Origin") for each in (before, answer)]
    assert allowed == ([origin] * 2 if origin in ORIGINS else [None] * 2)
    assert (before.status_code == 200) is (origin in ORIGINS)
    assert answer.status_code == 401
    assert "Access-Control-Allow-Credentials" not in {**before.headers, **answer.headers}
    if origin in ORIGINS:
        methods = re.split(", *", before.headers["Access-Control-Allow-Methods"])
        assert method in methods
        shown = answer.headers["Access-Control-Expose-Headers"].lower()
        assert {"www-authenticate", "retry-after", "location", "x-request-id"} <= set(
            re.split(", *", shown)
        )
        assert "Origin" in answer.headers["Vary"]


def test_pages_of_the_origins_of_the_settings_may_read_every_refusal(env: Environment) -> None:
    """Whoever refuses: what cannot be read is, to a page, a network that failed."""
    origin = {"Origin": ORIGINS[0]}
    known = {**origin, **bearer(env.new_account().access_token)}
    settings = {"cors_origins": ORIGINS, "max_body_bytes": 1024}
    rename = "ALTER TABLE {} RENAME TO {}"
    gone = rename.format("random_items", "gone"), rename.format("gone", "random_items")
    with AsgiClient(application(env.config, **settings)) as client:
        found = [
            client.request("GET", "/users/me", headers=origin),
            client.request("GET", "/nowhere", headers=origin),
            client.request("PUT", "/users/me", headers=origin),
            client.request("POST", "/users/signup", headers=origin, data=b"x" * 1025),
            client.request("POST", "/users/signup", headers=origin, json={}),
        ]
        with altered(env, *gone):
            found.append(client.request("GET", "/randoms", headers=known))
        with env.database.outage():
            found.append(client.request("GET", "/randoms", headers=known))
    with full(env, 1, cors_origins=ORIGINS) as service, HttpClient(service.url) as client:
        found.append(client.request("GET", "/randoms", headers=known))
    assert [answer.status_code for answer in found] == [401, 404, 405, 413, 422, 500, 503, 503]
    for answer in found:
        assert answer.headers.get("Access-Control-Allow-Origin") == ORIGINS[0], answer.status_code
        assert "x-request-id" in answer.headers["Access-Control-Expose-Headers"].lower()
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_origins_are_parted_by_commas_and_spaces_do_not_count(env: Environment) -> None:
    for text in (",".join(ORIGINS), ", ".join(ORIGINS), f" {ORIGINS[0]} ,{ORIGINS[1]}, "):
        with AsgiClient(application(env.config, cors_origins=text)) as client:
            for origin in ORIGINS:
                answer = client.request("GET", "/health", headers={"Origin": origin})
                assert answer.headers["Access-Control-Allow-Origin"] == origin


# Settings of the service, and after how many seconds an unconfirmed account makes way.
LIFETIMES = [({}, 86_400), *(({"unconfirmed_lifetime": n}, n) for n in (60, 3600, 604_800))]


@pytest.mark.parametrize(("settings", "lifetime"), LIFETIMES)
@pytest.mark.parametrize("same", ["username", "email"])
def test_an_unconfirmed_account_makes_way_after_the_lifetime_of_the_settings(
    env: Environment, settings: dict[str, int], lifetime: int, same: str
) -> None:
    old = env.create_unconfirmed_user()
    body = {"username": "newcomer", "email": "newcomer@example.com", "password": PASSWORD}
    body[same] = getattr(old, same).upper()
    aged = "UPDATE users SET created_at = now() - %s * interval '1 second' WHERE username = %s"
    with AsgiClient(application(env.config, **settings)) as client:
        change(env, aged, lifetime - 30, old.username)
        assert client.request("POST", "/users/signup", json=body).status_code == 409
        change(env, aged, lifetime + 30, old.username)
        assert client.request("POST", "/users/signup", json=body).status_code == 201
        assert client.request("POST", "/users/signup", json=body).status_code == 409


def test_an_account_that_was_confirmed_never_makes_way_however_short_the_lifetime(
    env: Environment,
) -> None:
    user = env.new_account()
    change(env, "UPDATE users SET created_at = now() - interval '400 days'")
    body = {"username": user.username, "email": "newcomer@example.com", "password": PASSWORD}
    with AsgiClient(application(env.config, unconfirmed_lifetime=60)) as client:
        assert client.request("POST", "/users/signup", json=body).status_code == 409
    form = {"username": user.username, "password": user.password}
    assert env.client.request("POST", "/users/login", data=form).status_code == 200


@pytest.mark.parametrize("skew", [0, 30, 300])
def test_cognitos_clock_may_be_ahead_by_as_much_as_the_setting_says(
    env: Environment, skew: int
) -> None:
    token = env.new_account().access_token
    with AsgiClient(application(env.config, clock_skew=skew)) as client:

        def me(ahead: int) -> int:
            headers = bearer(resigned(env, token, iat=int(time.time()) + ahead))
            return int(client.request("GET", "/users/me", headers=headers).status_code)

        assert [me(skew - 1), me(skew + 20)] == [200, 401]
        # A busy machine may take some seconds for one of these, so that its token has come of age.
        assert 401 in (me(skew + 3) for _ in range(10)), "a clock may be further ahead"


@pytest.mark.parametrize("skew", [0, 300])
def test_no_token_outlives_its_time_however_far_the_clocks_may_differ(
    env: Environment, skew: int
) -> None:
    token = env.new_account().access_token
    with AsgiClient(application(env.config, clock_skew=skew)) as client:

        def me(left: int) -> int:
            headers = bearer(resigned(env, token, exp=int(time.time()) + left))
            return int(client.request("GET", "/users/me", headers=headers).status_code)

        assert [me(60), me(0)] == [200, 401]
