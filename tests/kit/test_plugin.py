"""The fixtures, as a project that uses them sees them."""

import pytest

from understudy.asgi import RemoteClient
from understudy.cognito import Cognito, Outages, secret_hash
from understudy.document import operations
from understudy.plugin import kept
from understudy.world import World

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
def test_a_cognito_without_a_world_is_empty_before_each_test(cognito: Cognito, _: int) -> None:
    assert cognito.outbox.messages == ()
    sign_up(cognito)
    assert cognito.outbox.last("ada").code


def test_outages_are_those_of_the_pool(cognito: Cognito, outages: Outages) -> None:
    client = cognito.client()
    throttled = pytest.raises(client.exceptions.TooManyRequestsException)
    with outages.fail("SignUp", "TooManyRequestsException"), throttled:
        sign_up(cognito)
    sign_up(cognito)


def test_a_world_brings_its_own_pool(world: World, cognito: Cognito, outages: Outages) -> None:
    assert cognito is world.cognito
    assert outages is world.cognito.outages


@pytest.mark.parametrize("_", [1, 2])
def test_a_world_is_empty_before_each_test(world: World, _: int) -> None:
    assert set(world.database.tables().values()) == {0}
    assert world.cognito.outbox.messages == ()
    world.account()
    assert world.database.tables()["users"] == 1


def test_a_live_server_shares_the_world(world: World, live: str) -> None:
    user = world.account()
    with RemoteClient(live) as client:
        assert client.request("GET", f"/users/{user.sub}").json()["username"] == user.username


def test_a_world_fails_the_test_that_causes_a_departure(world: World) -> None:
    operation = next(operations(world.subject.document()))
    world.departures.judge(operation, 302, {}, b"")  # of an earlier test: nobody's now
    lent = kept(world)
    next(lent)
    world.departures.judge(operation, 399, {}, b"")
    with pytest.raises(pytest.fail.Exception) as failed:
        next(lent)
    assert "399 is not declared" in str(failed.value)
    assert "302" not in str(failed.value)
