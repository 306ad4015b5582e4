from typing import Any

import pytest

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import Pool


def _revoke(pool: Pool, token: str, **changes: Any) -> None:
    pool.aws.revoke_token(
        **{"Token": token, "ClientId": pool.client_id, "ClientSecret": pool.client_secret} | changes
    )


@behaviour("a revoked refresh token is dead", "NotAuthorizedException", "D", vital=True)
def test_revoked_refresh_token_is_dead(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    _revoke(pool, token)
    with refused("NotAuthorizedException"):
        pool.refresh(token, "ada")


@behaviour("its access tokens die with it", "NotAuthorizedException", "D", vital=True)
def test_access_tokens_die_with_their_refresh_token(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    tokens = pool.log_in("ada")
    fresh = pool.refresh(tokens["RefreshToken"], "ada")
    _revoke(pool, tokens["RefreshToken"])
    for each in (tokens, fresh):
        with refused("NotAuthorizedException"):
            pool.aws.get_user(AccessToken=each["AccessToken"])


@behaviour("a revoked access token still verifies offline", "a valid signature", "D", vital=True)
def test_revoked_access_token_still_verifies_offline(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    tokens = pool.log_in("ada")
    _revoke(pool, tokens["RefreshToken"])
    expect(pool.verified(tokens["AccessToken"])["username"], "ada", "another user")


@behaviour("other sessions of the user live on", "tokens", "D")
def test_other_sessions_live_on(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    one, other = pool.log_in("ada"), pool.log_in("ada")
    _revoke(pool, one["RefreshToken"])
    pool.refresh(other["RefreshToken"], "ada")
    pool.aws.get_user(AccessToken=other["AccessToken"])


@behaviour("an unknown token is revoked without complaint", "accepted", "R")
def test_unknown_token_is_revoked_without_complaint(bench: Bench) -> None:
    _revoke(bench.pool(), "unknown")


@behaviour("an access token cannot be revoked", "UnsupportedTokenTypeException", "M, D")
def test_access_token_cannot_be_revoked(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("UnsupportedTokenTypeException"):
        _revoke(pool, pool.log_in("ada")["AccessToken"])


@behaviour("revocation needs the client's secret", "UnauthorizedException", "M")
def test_revocation_needs_the_secret(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    with refused("UnauthorizedException"):
        _revoke(pool, token, ClientSecret="wrong" * 5)
    pool.refresh(token, "ada")


@behaviour("a client revokes its own tokens only", "UnauthorizedException", "M")
def test_client_revokes_its_own_tokens_only(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    client_id, secret = pool.another_client()
    with refused("UnauthorizedException"):
        _revoke(pool, token, ClientId=client_id, ClientSecret=secret)
    pool.refresh(token, "ada")


@behaviour("revocation can be off", "UnsupportedOperationException", "M")
def test_revocation_can_be_off(bench: Bench) -> None:
    pool = bench.pool(token_revocation=False)
    pool.user("ada")
    with refused("UnsupportedOperationException"):
        _revoke(pool, pool.log_in("ada")["RefreshToken"])


@behaviour(
    "a global sign-out kills all of the user's tokens", "NotAuthorizedException", "M", vital=True
)
def test_global_sign_out_kills_all_tokens(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    sessions = [pool.log_in("ada"), pool.log_in("ada")]
    pool.aws.global_sign_out(AccessToken=sessions[0]["AccessToken"])
    for each in sessions:
        with refused("NotAuthorizedException"):
            pool.aws.get_user(AccessToken=each["AccessToken"])
        with refused("NotAuthorizedException"):
            pool.refresh(each["RefreshToken"], "ada")
    pool.log_in("ada")


@behaviour("a global sign-out works in every region", "accepted", "M", vital=True)
def test_global_sign_out_works_in_every_region(bench: Bench) -> None:
    pool = bench.pool(region="eu-central-1")
    pool.user("ada")
    pool.aws.global_sign_out(AccessToken=pool.log_in("ada")["AccessToken"])


@behaviour("a second global sign-out is refused", "NotAuthorizedException", "I")
def test_second_global_sign_out_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    pool.aws.global_sign_out(AccessToken=token)
    with refused("NotAuthorizedException"):
        pool.aws.global_sign_out(AccessToken=token)


@behaviour("no error echoes a token", "a text without it", "R")
def test_errors_do_not_echo_tokens(bench: Bench) -> None:
    pool = bench.pool()
    with pytest.raises(pool.aws.exceptions.NotAuthorizedException) as refusal:
        pool.aws.global_sign_out(AccessToken="secret-token")
    require("secret-token" not in str(refusal.value), "echoed")


@behaviour("an administrator signs a user out everywhere", "NotAuthorizedException", "M")
def test_administrator_signs_a_user_out(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    tokens = pool.log_in("ada")
    pool.aws.admin_user_global_sign_out(UserPoolId=pool.id, Username="ada")
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException"):
        pool.refresh(tokens["RefreshToken"], "ada")


@behaviour("signing one user out leaves others signed in", "tokens", "D")
def test_signing_out_leaves_others_alone(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.user("bob")
    token = pool.log_in("bob")["AccessToken"]
    pool.aws.global_sign_out(AccessToken=pool.log_in("ada")["AccessToken"])
    pool.aws.get_user(AccessToken=token)
