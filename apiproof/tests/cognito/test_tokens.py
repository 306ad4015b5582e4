from datetime import timedelta
from typing import Any

import jwt

from tests.cognito.behaviours import Otherwise, behaviour, expect, refused, require
from tests.cognito.bench import Bench

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


@behaviour("without token revocation there is no origin_jti", "no origin_jti", "D")
def test_origin_jti_comes_with_token_revocation(bench: Bench) -> None:
    pool = bench.pool(token_revocation=False)
    pool.user("ada")
    claims = pool.claims(pool.log_in("ada")["AccessToken"])
    require("origin_jti" not in claims, "present")
