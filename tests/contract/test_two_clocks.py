"""The clocks of the database, of Cognito and of the service differ: one decides each thing."""

import time
from collections.abc import Iterator

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.jwt import decode_unverified
from tests.contract.pool_changes import altered, change, rows
from tests.contract.test_overtaken import ENDINGS
from tests.contract.valid_requests import bearer, valid
from tests.service import OTHER_PASSWORD, application_by

CLOCK = """
    CREATE SCHEMA clock;
    CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + interval ''{offset}''';
    ALTER DATABASE {database} SET search_path = clock, pg_catalog, public
    """
AS_IT_WAS = "ALTER DATABASE {database} RESET search_path; DROP SCHEMA clock CASCADE"


@pytest.fixture(params=["1 hour", "-1 hour"])
def service(env: Environment, request: pytest.FixtureRequest) -> Iterator[AsgiClient]:
    """The service at a database whose clock is ahead, or behind."""
    names = {"database": env.database.name, "offset": request.param}
    with (
        altered(env, CLOCK.format(**names), AS_IT_WAS.format(**names)),
        AsgiClient(env.application()) as client,
    ):
        yield client


def test_a_name_is_reserved_while_its_sign_up_is_under_way(
    env: Environment, service: AsgiClient
) -> None:
    request = valid(env, "signup_user")
    others: list[int] = []

    def come_second() -> None:
        with AsgiClient(env.application()) as another:
            others.append(request.send(another).status_code)

    with env.cognito.outages.meanwhile("SignUp", come_second):
        assert request.send(service).status_code == 201
    assert others == [409]


@pytest.mark.parametrize(("left", "answer"), [("-1 second", 201), ("1 minute", 409)])
def test_a_name_is_reserved_for_no_longer(
    env: Environment, service: AsgiClient, left: str, answer: int
) -> None:
    """The process that reserved it was killed."""
    request = valid(env, "signup_user")
    assert request.json is not None
    reserve = (
        "INSERT INTO users (sub, username, username_key, email, email_key, created_at, "
        "reserved_until) VALUES ('provisional', %s, %s, 'x', 'x', now(), "
        "clock.clock_timestamp() + %s::interval)"
    )
    change(env, reserve, *[request.json["username"]] * 2, left)
    assert request.send(service).status_code == answer
    assert rows(env, "SELECT sub = 'provisional' FROM users") == [(answer == 409,)]


def test_a_login_is_overtaken_by_what_comes_after_its_beginning_and_by_nothing_else(
    env: Environment, service: AsgiClient
) -> None:
    user = env.new_account()
    assert valid(env, "change_password", user).send(service).status_code == 200
    form = {"username": user.username, "password": OTHER_PASSWORD}
    assert service.request("POST", "/users/login", data=form).status_code == 200
    end = ENDINGS["logout_user"](env, user)
    with env.cognito.outages.meanwhile("InitiateAuth", end):
        assert service.request("POST", "/users/login", data=form).status_code == 503


def test_what_signed_out_stays_out_though_our_clock_went_back_meanwhile(env: Environment) -> None:
    """The time of its token is Cognito's, so the sign-out ends at least what began by then."""
    user, back = env.new_account(), [0.0]
    app = application_by(lambda: time.time() - back[0], env.config)
    with AsgiClient(app) as client:

        def me() -> int:
            headers = bearer(user.access_token)
            return int(client.request("GET", "/users/me", headers=headers).status_code)

        assert me() == 200
        with env.cognito.outages.meanwhile("GlobalSignOut", lambda: back.__setitem__(0, 100.0)):
            assert valid(env, "logout_user", user).send(client).status_code == 200
        back[0] = 0.0
        assert me() == 401


def test_a_sign_out_ends_what_began_in_its_very_second(env: Environment) -> None:
    user = env.new_account()
    parts = decode_unverified(user.access_token)
    assert parts is not None
    second = float(parts.claims["iat"])
    headers = bearer(user.access_token)
    with AsgiClient(application_by(lambda: second, env.config, clock_skew=0)) as client:
        assert client.request("GET", "/users/me", headers=headers).status_code == 200
        assert valid(env, "logout_user", user).send(client).status_code == 200
        assert client.request("GET", "/users/me", headers=headers).status_code == 401
