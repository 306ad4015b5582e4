"""Every trigger that raises, dawdles or answers nonsense fails the call, and the call alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.cognito.behaviours import refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.test_flows import PUBLIC, begin

Event = dict[str, Any]
PHONE = "+15555550123"


def log_in(pool: Pool) -> Any:
    return begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)


def custom(pool: Pool) -> Any:
    return begin(pool, "CUSTOM_AUTH", USERNAME="ada")


CALLS: dict[str, Callable[[Pool], Any]] = {
    "PreSignUp": lambda pool: pool.sign_up("bob"),
    "CustomMessage": lambda pool: pool.sign_up("bob"),
    "CustomEmailSender": lambda pool: pool.sign_up("bob"),
    "PostConfirmation": lambda pool: pool.aws.admin_confirm_sign_up(
        UserPoolId=pool.id, Username="eve"
    ),
    "PreAuthentication": log_in,
    "PostAuthentication": log_in,
    "PreTokenGeneration": log_in,
    "DefineAuthChallenge": custom,
    "CreateAuthChallenge": custom,
}


def asking(event: Event, _: Any) -> Event:
    event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def failing(pool: Pool, name: str, handler: Callable[[Event, Any], Any]) -> None:
    pool.user("ada")
    pool.sign_up("eve")
    if CALLS[name] is custom:
        pool.attach("DefineAuthChallenge", asking)
    pool.attach(name, handler)


@pytest.mark.parametrize("name", CALLS)
def test_exception_refuses_the_call(bench: Bench, name: str) -> None:
    def raising(*_: Any) -> None:
        raise ValueError("not today")

    pool = bench.pool(**PUBLIC)
    failing(pool, name, raising)
    with pytest.raises(pool.aws.exceptions.UserLambdaValidationException) as caught:
        CALLS[name](pool)
    assert caught.value.response["Error"]["Message"] == f"{name} failed with error not today."


@pytest.mark.parametrize("name", CALLS)
def test_slow_trigger_fails_the_call(bench: Bench, name: str) -> None:
    pool = bench.pool(**PUBLIC)

    def slow(event: Event, _: Any) -> Event:
        pool.advance(timedelta(seconds=6))
        return event

    failing(pool, name, slow)
    with refused("UnexpectedLambdaException"):
        CALLS[name](pool)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("answer", [None, "no event", {"response": "text"}, {1j: 2}])
def test_nonsense_fails_the_call(bench: Bench, name: str, answer: Any) -> None:
    pool = bench.pool(**PUBLIC)
    failing(pool, name, lambda *_: answer)
    with refused("InvalidLambdaResponseException"):
        CALLS[name](pool)


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_versions_2_and_3_change_both_tokens(bench: Bench, version: str) -> None:
    seen: list[Event] = []

    def handler(event: Event, _: Any) -> Event:
        seen.append(event)
        event["response"]["claimsAndScopeOverrideDetails"] = {
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"plan": {"level": 3}},
                "scopesToAdd": ["api/read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
            "idTokenGeneration": {"claimsToSuppress": ["email"]},
        }
        return event

    arn = "arn:aws:lambda:us-east-1:123456789012:function:tokens"
    config = {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": version}}
    pool = bench.pool(**PUBLIC, name=version, pool={"LambdaConfig": config})
    pool.attach("PreTokenGeneration", handler)
    pool.user("ada")
    tokens = log_in(pool)["AuthenticationResult"]
    access, identity = pool.claims(tokens["AccessToken"]), pool.claims(tokens["IdToken"])
    assert (access["plan"], access["scope"]) == ({"level": 3}, "api/read")
    assert "email" not in identity
    (event,) = seen
    assert (event["version"], event["triggerSource"]) == (
        version[1],
        "TokenGeneration_Authentication",
    )
    assert event["request"]["scopes"] == ["aws.cognito.signin.user.admin"]
