from typing import Any

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench

ADMIN_SCOPE = "aws.cognito.signin.user.admin"


def _adding(event: dict[str, Any], _: Any) -> dict[str, Any]:
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"tenant": "acme", "sub": "forged", "exp": 1},
            "claimsToSuppress": ["username"],
            "scopesToAdd": ["randoms/read"],
        },
        "idTokenGeneration": {
            "claimsToAddOrOverride": {"tenant": "acme", "given_name": "A."},
            "claimsToSuppress": ["email"],
        },
    }
    return event


@behaviour("the Pre Token Generation trigger adds scopes at login", "scopesToAdd", "D", vital=True)
def test_trigger_adds_scopes(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.trigger(_adding)
    claims = pool.verified(pool.log_in("ada")["AccessToken"])
    expect(claims["scope"].split(), [ADMIN_SCOPE, "randoms/read"], "never fires")


@behaviour("the trigger fires at refresh too", "scopesToAdd", "D", vital=True)
def test_trigger_fires_at_refresh(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.trigger(_adding)
    claims = pool.verified(pool.refresh(token, "ada")["AccessToken"])
    expect(claims["scope"].split(), [ADMIN_SCOPE, "randoms/read"], "never fires")


@behaviour("the trigger adds and suppresses claims of both tokens", "claims of the answer", "D")
def test_trigger_changes_claims(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada", given_name="Ada")
    pool.trigger(_adding)
    tokens = pool.log_in("ada")
    access, identity = (pool.verified(tokens[kind]) for kind in ("AccessToken", "IdToken"))
    expect(access.get("tenant"), "acme", "never fires")
    expect((identity["tenant"], identity["given_name"]), ("acme", "A."), "other claims")
    require("email" not in identity, "not suppressed")


@behaviour("the trigger cannot touch sub, exp or username", "claims stay", "D")
def test_trigger_cannot_touch_fixed_claims(bench: Bench) -> None:
    pool = bench.pool()
    sub = pool.user("ada")
    pool.trigger(_adding)
    claims = pool.verified(pool.log_in("ada")["AccessToken"])
    expect((claims["sub"], claims["username"]), (sub, "ada"), "changed")
    expect(claims["exp"] - claims["iat"], 3600, "changed")


@behaviour("the trigger suppresses scopes", "scopesToSuppress", "D")
def test_trigger_suppresses_scopes(bench: Bench) -> None:
    def suppressing(event: dict[str, Any], _: Any) -> dict[str, Any]:
        event["response"] = {
            "claimsAndScopeOverrideDetails": {
                "accessTokenGeneration": {"scopesToSuppress": [ADMIN_SCOPE]}
            }
        }
        return event

    pool = bench.pool()
    pool.user("ada")
    pool.trigger(suppressing)
    token = pool.log_in("ada")["AccessToken"]
    expect(pool.verified(token)["scope"], "", "never fires")
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=token)


@behaviour("the trigger gets the documented event", "version 2", "D", vital=True)
def test_trigger_gets_the_documented_event(bench: Bench) -> None:
    events: list[dict[str, Any]] = []

    def recording(event: dict[str, Any], _: Any) -> dict[str, Any]:
        events.append(event)
        return event

    pool = bench.pool()
    sub = pool.user("ada")
    pool.aws.create_group(UserPoolId=pool.id, GroupName="readers")
    pool.aws.admin_add_user_to_group(UserPoolId=pool.id, GroupName="readers", Username="ada")
    pool.trigger(recording)
    pool.refresh(pool.log_in("ada")["RefreshToken"], "ada")
    expect(len(events), 2, "never fires")
    login, refresh = events
    expect(refresh["triggerSource"], "TokenGeneration_RefreshTokens", "another source")
    attributes = login["request"].pop("userAttributes")
    expect((attributes["sub"], attributes["email"]), (sub, "ada@example.com"), "others")
    login["callerContext"].pop("awsSdkVersion")
    expect(
        login,
        {
            "version": "2",
            "triggerSource": "TokenGeneration_Authentication",
            "region": pool.region,
            "userPoolId": pool.id,
            "userName": "ada",
            "callerContext": {"clientId": pool.client_id},
            "request": {
                "groupConfiguration": {
                    "groupsToOverride": ["readers"],
                    "iamRolesToOverride": [],
                    "preferredRole": None,
                },
                "scopes": [ADMIN_SCOPE],
            },
            "response": {"claimsAndScopeOverrideDetails": None},
        },
        "another event",
    )


@behaviour(
    "an exception in the trigger refuses the login",
    "UserLambdaValidationException",
    "D",
    vital=True,
)
def test_exception_in_the_trigger_refuses_the_login(bench: Bench) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("no tokens today")

    pool = bench.pool()
    pool.user("ada")
    pool.trigger(failing)
    with refused("UserLambdaValidationException"):
        pool.log_in("ada")


@behaviour("nonsense from the trigger refuses the login", "InvalidLambdaResponseException", "D")
def test_nonsense_from_the_trigger_refuses_the_login(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    scopes_as_text = {"accessTokenGeneration": {"scopesToAdd": "randoms/read"}}
    nonsense: list[Any] = [
        "text",
        {"response": []},
        {"response": {"claimsAndScopeOverrideDetails": scopes_as_text}},
    ]
    for answer in nonsense:
        pool.trigger(lambda *_, answer=answer: answer)
        with refused("InvalidLambdaResponseException"):
            pool.log_in("ada")


@behaviour("the trigger overrides groups in both tokens", "groupOverrideDetails", "D")
def test_trigger_overrides_groups(bench: Bench) -> None:
    def grouping(event: dict[str, Any], _: Any) -> dict[str, Any]:
        event["response"]["claimsAndScopeOverrideDetails"] = {
            "groupOverrideDetails": {"groupsToOverride": ["guests"]}
        }
        return event

    pool = bench.pool()
    pool.user("ada")
    pool.trigger(grouping)
    tokens = pool.log_in("ada")
    for kind in ("AccessToken", "IdToken"):
        expect(pool.verified(tokens[kind]).get("cognito:groups"), ["guests"], "never fires")
