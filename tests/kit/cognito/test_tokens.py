from datetime import timedelta
from typing import Any

import jwt

from tests.kit.cognito.behaviours import Otherwise, behaviour, expect, refused, require
from tests.kit.cognito.bench import Bench

ADMIN_SCOPE = "aws.cognito.signin.user.admin"


@behaviour(
    "an access token has sub, client_id, token_use, scope, auth_time, iss, exp, iat, jti, "
    "origin_jti, event_id, username and no aud",
    "those claims",
    "D",
    vital=True,
)
def test_access_token_has_the_documented_claims(bench: Bench) -> None:
    pool = bench.pool()
    sub = pool.user("ada")
    claims = pool.verified(pool.log_in("ada")["AccessToken"])
    named = {
        "sub": sub,
        "client_id": pool.client_id,
        "token_use": "access",
        "scope": ADMIN_SCOPE,
        "iss": f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}",
        "username": "ada",
    }
    expect({name: claims.get(name) for name in named}, named, "other values")
    expected = {*named, "auth_time", "exp", "iat", "jti", "origin_jti", "event_id"}
    missing = expected - set(claims)
    expect(missing, set(), f"no {', '.join(sorted(missing))}")
    expect(set(claims) - expected, set(), "further claims")


@behaviour("an id token has aud, cognito:username, email and email_verified", "those claims", "D")
def test_id_token_has_the_users_attributes(bench: Bench) -> None:
    pool = bench.pool()
    sub = pool.user("ada", given_name="Ada")
    claims = pool.verified(pool.log_in("ada")["IdToken"])
    named = {
        "sub": sub,
        "aud": pool.client_id,
        "token_use": "id",
        "cognito:username": "ada",
        "email": "ada@example.com",
        "email_verified": True,
        "given_name": "Ada",
    }
    missing = sorted(name for name in named if name not in claims)
    expect(missing, [], f"no {', '.join(missing)}")
    expect({name: claims[name] for name in named}, named, "other values")


@behaviour("both tokens name the user's groups", "cognito:groups", "D")
def test_tokens_name_the_groups(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    for group in ("readers", "writers"):
        pool.aws.create_group(UserPoolId=pool.id, GroupName=group)
        pool.aws.admin_add_user_to_group(UserPoolId=pool.id, GroupName=group, Username="ada")
    tokens = pool.log_in("ada")
    for kind in ("AccessToken", "IdToken"):
        groups = pool.verified(tokens[kind]).get("cognito:groups")
        expect(sorted(groups or []), ["readers", "writers"], "other groups")


@behaviour(
    "access and id tokens are signed with two keys", "two kids, both published", "D", vital=True
)
def test_tokens_are_signed_with_two_keys(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    tokens = pool.log_in("ada")
    kids = {jwt.get_unverified_header(tokens[kind])["kid"] for kind in ("AccessToken", "IdToken")}
    expect(len(kids), 2, "one kid")
    expect({key["kid"] for key in pool.jwks()["keys"]}, kids, "other keys published")


@behaviour("every pool has keys of its own", "disjoint key sets", "D", vital=True)
def test_pools_have_keys_of_their_own(bench: Bench) -> None:
    one = {key["n"] for key in bench.pool().jwks()["keys"]}
    other = {key["n"] for key in bench.pool(name="another").jwks()["keys"]}
    expect(one & other, set(), "one key for all")


@behaviour("published keys are RS256 signature keys", "kty RSA, alg RS256, use sig", "D")
def test_published_keys_are_signature_keys(bench: Bench) -> None:
    for key in bench.pool().jwks()["keys"]:
        shown = {name: key.get(name) for name in ("kty", "alg", "use", "e")}
        expect(shown, {"kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB"}, "others")


@behaviour("an unknown pool publishes no keys", "404", "R")
def test_unknown_pool_publishes_no_keys(bench: Bench) -> None:
    pool = bench.pool()
    try:
        pool.jwks(f"{pool.region}_unknown99")
    except LookupError as error:
        expect(error.args[0], 404, f"status {error.args[0]}")
    else:
        raise Otherwise("keys")


@behaviour("access tokens live as long as the client says", "exp and ExpiresIn", "M", vital=True)
def test_access_token_lifetime_is_the_clients(bench: Bench) -> None:
    pool = bench.pool(access_token_validity=timedelta(minutes=5))
    pool.user("ada")
    answer = pool.log_in("ada")
    claims = pool.claims(answer["AccessToken"])
    expect(claims["exp"] - claims["iat"], 300, f"{claims['exp'] - claims['iat']} s")
    expect(answer["ExpiresIn"], 300, "another ExpiresIn")


@behaviour("id tokens live as long as the client says", "exp", "M")
def test_id_token_lifetime_is_the_clients(bench: Bench) -> None:
    pool = bench.pool(id_token_validity=timedelta(days=1))
    pool.user("ada")
    claims = pool.claims(pool.log_in("ada")["IdToken"])
    expect(claims["exp"] - claims["iat"], 86400, f"{claims['exp'] - claims['iat']} s")


@behaviour("by default access and id tokens live an hour", "3600 s", "M")
def test_default_lifetime_is_an_hour(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    answer = pool.log_in("ada")
    for kind in ("AccessToken", "IdToken"):
        claims = pool.claims(answer[kind])
        expect(claims["exp"] - claims["iat"], 3600, f"{claims['exp'] - claims['iat']} s")


@behaviour("refresh tokens expire", "NotAuthorizedException", "M", vital=True)
def test_refresh_token_expires(bench: Bench) -> None:
    pool = bench.pool(refresh_token_validity=timedelta(hours=1))
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.advance(timedelta(minutes=59))
    pool.refresh(token, "ada")
    pool.advance(timedelta(minutes=2))
    with refused("NotAuthorizedException"):
        pool.refresh(token, "ada")


@behaviour("lifetimes outside the limits are refused", "InvalidParameterException", "M")
def test_impossible_lifetimes_are_refused(bench: Bench) -> None:
    pool = bench.pool()
    impossible: list[dict[str, Any]] = [
        {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
        {"IdTokenValidity": 25, "TokenValidityUnits": {"IdToken": "hours"}},
        {"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}},
    ]
    for settings in impossible:
        with refused("InvalidParameterException"):
            pool.another_client(**settings)


@behaviour("a refresh gives new access and id tokens and no refresh token", "tokens", "D")
def test_refresh_gives_new_tokens(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    first = pool.log_in("ada")
    second = pool.refresh(first["RefreshToken"], "ada")
    expect(second.get("RefreshToken"), None, "a refresh token")
    before, after = (pool.verified(each["AccessToken"]) for each in (first, second))
    expect(after["origin_jti"], before["origin_jti"], "another origin_jti")
    require(after["jti"] != before["jti"], "the same jti")


@behaviour("a refresh keeps auth_time of the sign-in", "auth_time of the sign-in", "D")
def test_refresh_keeps_auth_time(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    first = pool.log_in("ada")
    pool.advance(timedelta(minutes=10))
    claims = pool.claims(pool.refresh(first["RefreshToken"], "ada")["AccessToken"])
    expect(claims["auth_time"], pool.claims(first["AccessToken"])["auth_time"], "reset")
    require(claims["iat"] >= claims["auth_time"] + 600, "another iat")


@behaviour("a refresh checks the SECRET_HASH", "NotAuthorizedException", "R", vital=True)
def test_refresh_checks_the_secret_hash(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    for given in ("", pool.hash("bob")):
        with refused("NotAuthorizedException"):
            pool.refresh(token, "ada", SECRET_HASH=given)


@behaviour("an unknown refresh token is refused", "NotAuthorizedException", "I", vital=True)
def test_unknown_refresh_token_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.refresh("unknown", "ada")


@behaviour("an access token doesn't refresh", "NotAuthorizedException", "R")
def test_access_token_does_not_refresh(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.refresh(pool.log_in("ada")["AccessToken"], "ada")


@behaviour("another client's refresh token is refused", "NotAuthorizedException", "I", vital=True)
def test_refresh_token_is_bound_to_its_client(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.client_id, pool.client_secret, kept = (
        *pool.another_client(),
        (
            pool.client_id,
            pool.client_secret,
        ),
    )
    try:
        with refused("NotAuthorizedException"):
            pool.refresh(token, "ada")
    finally:
        pool.client_id, pool.client_secret = kept


@behaviour("a disabled user cannot refresh", "NotAuthorizedException", "R", vital=True)
def test_disabled_user_cannot_refresh(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    with refused("NotAuthorizedException"):
        pool.refresh(token, "ada")


@behaviour("a deleted user cannot refresh", "NotAuthorizedException", "R", vital=True)
def test_deleted_user_cannot_refresh(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.aws.admin_delete_user(UserPoolId=pool.id, Username="ada")
    with refused("NotAuthorizedException"):
        pool.refresh(token, "ada")


@behaviour("without token revocation there is no origin_jti", "no origin_jti", "D")
def test_origin_jti_comes_with_token_revocation(bench: Bench) -> None:
    pool = bench.pool(token_revocation=False)
    pool.user("ada")
    claims = pool.claims(pool.log_in("ada")["AccessToken"])
    require("origin_jti" not in claims, "present")


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
