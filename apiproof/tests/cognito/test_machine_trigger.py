"""Version 3 of the Pre Token Generation trigger: it changes the tokens of machines, too."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cognito.oauth_pool import MACHINE_CLIENT, App, OAuthPool, pool, standing
from tests.cognito.test_oauth2 import error_of, verified

__all__ = ["pool", "standing"]


@pytest.fixture
def machine(pool: OAuthPool) -> App:
    return pool.app(**MACHINE_CLIENT)


@pytest.fixture
def version_3(pool: OAuthPool) -> Iterator[None]:
    named = {"UserPoolId": pool.cognito.user_pool_id}
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    config = {"LambdaArn": arn, "LambdaVersion": "V3_0"}
    pool.aws.update_user_pool(**named, LambdaConfig={"PreTokenGenerationConfig": config})
    yield
    pool.aws.update_user_pool(**named)


@pytest.mark.usefixtures("version_3")
def test_trigger_changes_tokens_of_machines(pool: OAuthPool, machine: App) -> None:
    events = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        events.append(event)
        event["response"]["claimsAndScopeOverrideDetails"] = {
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant": "7", "sub": "somebody"},
                "scopesToSuppress": ["api/write"],
            }
        }
        return event

    pool.cognito.triggers["PreTokenGeneration"] = handler
    answer = machine.token("client_credentials", aws_client_metadata='{"from": "batch"}')
    claims = verified(pool, answer.json()["access_token"])
    assert (claims["tenant"], claims["scope"], claims["sub"]) == ("7", "api/read", machine.id)
    [event] = events
    assert event["triggerSource"] == "TokenGeneration_ClientCredentials"
    assert (event["version"], event["callerContext"]["clientId"]) == ("3", machine.id)
    assert event["request"]["scopes"] == ["api/read", "api/write"]
    assert event["request"]["clientMetadata"] == {"from": "batch"}
    by_call = pool.aws.get_client_token(ClientId=machine.id, Secret=machine.secret)
    token = by_call["ClientAuthenticationResult"]["AccessToken"]
    assert verified(pool, token)["tenant"] == "7"


@pytest.mark.usefixtures("version_3")
def test_trigger_refuses_machines(pool: OAuthPool, machine: App) -> None:
    def refusing(*_: Any) -> None:
        raise ValueError("not this one")

    pool.cognito.triggers["PreTokenGeneration"] = refusing
    assert error_of(machine.token("client_credentials")) == "invalid_request"
    for nonsense in ("{", "[]"):
        answer = machine.token("client_credentials", aws_client_metadata=nonsense)
        assert error_of(answer) == "invalid_request"


def test_only_version_3_is_about_machines(pool: OAuthPool, machine: App) -> None:
    pool.cognito.triggers["PreTokenGeneration"] = lambda *_: pytest.fail("fired")
    assert machine.token("client_credentials").status_code == 200
