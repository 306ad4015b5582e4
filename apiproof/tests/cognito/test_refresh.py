from datetime import timedelta

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench


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
