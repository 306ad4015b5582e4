"""The fixtures, as a project that uses them sees them."""

import pytest

from apiproof.cognito import Cognito, Outages, secret_hash
from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.openapi.document import operations
from apiproof.plugin import conforming

PASSWORD = "Correct-Horse-7"


def sign_up(cognito: Cognito) -> None:
    cognito.client().sign_up(
        ClientId=cognito.client_id,
        Username="ada",
        Password=PASSWORD,
        SecretHash=secret_hash(cognito.client_id, cognito.client_secret, "ada"),
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )


@pytest.mark.parametrize("_", [1, 2])
def test_a_cognito_without_an_environment_is_empty_before_each_test(
    cognito: Cognito, _: int
) -> None:
    assert cognito.outbox.messages == ()
    sign_up(cognito)
    assert cognito.outbox.last("ada").code


def test_outages_are_those_of_the_pool(cognito: Cognito, outages: Outages) -> None:
    client = cognito.client()
    throttled = pytest.raises(client.exceptions.TooManyRequestsException)
    with outages.fail("SignUp", "TooManyRequestsException"), throttled:
        sign_up(cognito)
    sign_up(cognito)


def test_an_environment_brings_its_own_pool(
    env: Environment, cognito: Cognito, outages: Outages
) -> None:
    assert cognito is env.cognito
    assert outages is env.cognito.outages


@pytest.mark.parametrize("_", [1, 2])
def test_an_environment_is_empty_before_each_test(env: Environment, _: int) -> None:
    assert set(env.database.tables().values()) == {0}
    assert env.cognito.outbox.messages == ()
    env.new_account()
    assert env.database.tables()["users"] == 1


def test_a_live_server_shares_the_environment(env: Environment, live: str) -> None:
    user = env.new_account()
    with HttpClient(live) as client:
        assert client.request("GET", f"/users/{user.sub}").json()["username"] == user.username


def test_an_environment_fails_the_test_that_causes_a_conformance_violation(
    env: Environment,
) -> None:
    operation = next(operations(env.service.document()))
    env.conformance.check(operation, 302, {}, b"")  # of an earlier test: nobody's now
    lent = conforming(env)
    next(lent)
    env.conformance.check(operation, 399, {}, b"")
    with pytest.raises(pytest.fail.Exception) as failed:
        next(lent)
    assert "399 is not declared" in str(failed.value)
    assert "302" not in str(failed.value)
