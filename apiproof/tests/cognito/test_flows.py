from datetime import timedelta
from typing import Any

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.srp_client import SrpClient

FLOWS = (
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
)
PUBLIC = {"client_secret": False, "auth_flows": FLOWS}


def begin(pool: Pool, flow: str, **parameters: str) -> Any:
    return pool.aws.initiate_auth(ClientId=pool.client_id, AuthFlow=flow, AuthParameters=parameters)


def answer(pool: Pool, name: str, session: str | None, **responses: str) -> Any:
    given = {"Session": session} if session else {}
    return pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName=name, ChallengeResponses=responses, **given
    )


def srp(pool: Pool, username: str, password: str = PASSWORD) -> Any:
    client = SrpClient(pool.id, password)
    asked = begin(pool, "USER_SRP_AUTH", USERNAME=username, SRP_A=client.srp_a)
    expect(asked.get("ChallengeName"), "PASSWORD_VERIFIER", "no challenge")
    return answer(pool, "PASSWORD_VERIFIER", None, **client.answer(asked["ChallengeParameters"]))


@behaviour("SRP signs in without sending the password", "tokens", "M, D", vital=True)
def test_srp_signs_in(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    tokens = srp(pool, "ada")["AuthenticationResult"]
    expect(pool.verified(tokens["AccessToken"])["username"], "ada", "somebody else")


@behaviour("SRP refuses a proof of another password", "NotAuthorizedException", "M", vital=True)
def test_srp_refuses_a_wrong_password(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    with refused("NotAuthorizedException"):
        srp(pool, "ada", "Wrong-Horse-7-Battery")


@behaviour("SRP asks for the proof of someone who isn't there, too", "PASSWORD_VERIFIER", "D")
def test_srp_hides_who_is_there(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    with refused("NotAuthorizedException"):
        srp(pool, "nobody")


@behaviour("a proof of SRP works once", "NotAuthorizedException", "I")
def test_srp_proof_works_once(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    client = SrpClient(pool.id, PASSWORD)
    asked = begin(pool, "USER_SRP_AUTH", USERNAME="ada", SRP_A=client.srp_a)
    responses = client.answer(asked["ChallengeParameters"])
    answer(pool, "PASSWORD_VERIFIER", None, **responses)
    with refused("NotAuthorizedException"):
        answer(pool, "PASSWORD_VERIFIER", None, **responses)


@behaviour("an SRP_A of zero is refused", "InvalidParameterException", "I")
def test_srp_refuses_zero(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    with refused("InvalidParameterException"):
        begin(pool, "USER_SRP_AUTH", USERNAME="ada", SRP_A="0")


@behaviour("AdminInitiateAuth does SRP as well", "PASSWORD_VERIFIER", "M")
def test_administrators_do_srp(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    client = SrpClient(pool.id, PASSWORD)
    asked = pool.aws.admin_initiate_auth(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ada", "SRP_A": client.srp_a},
    )
    done = pool.aws.admin_respond_to_auth_challenge(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        ChallengeName=asked["ChallengeName"],
        ChallengeResponses=client.answer(asked["ChallengeParameters"]),
    )
    require("AuthenticationResult" in done, "no tokens")


@behaviour("the old names of ExplicitAuthFlows leave refresh and SRP open", "tokens", "D")
def test_legacy_flows_leave_refresh_and_srp_open(bench: Bench) -> None:
    pool = bench.pool(client_secret=False, auth_flows=("USER_PASSWORD_AUTH",))
    pool.user("ada")
    tokens = srp(pool, "ada")["AuthenticationResult"]
    refreshed = begin(pool, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    require("AuthenticationResult" in refreshed, "no tokens")


@behaviour("GetTokensFromRefreshToken refreshes", "tokens, no refresh token", "D", vital=True)
def test_get_tokens_from_refresh_token(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    token = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)
    result = pool.aws.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=token["AuthenticationResult"]["RefreshToken"]
    )["AuthenticationResult"]
    require("AccessToken" in result and "RefreshToken" not in result, "others")


@behaviour(
    "with rotation a refresh token is replaced, and good for the grace period only",
    "RefreshTokenReuseException",
    "M, D",
)
def test_rotation(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    client_id = pool.aws.create_user_pool_client(
        UserPoolId=pool.id,
        ClientName="rotating",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
    )["UserPoolClient"]["ClientId"]

    def renew(token: str) -> Any:
        renewed = pool.aws.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=token)
        return renewed["AuthenticationResult"]

    first = pool.aws.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["RefreshToken"]
    second = renew(first)["RefreshToken"]
    require(second != first, "not rotated")
    renew(first)
    pool.advance(timedelta(seconds=31))
    with refused("RefreshTokenReuseException"):
        renew(first)
    renew(second)


@behaviour("USER_AUTH offers what the user can begin with", "SELECT_CHALLENGE", "M, D")
def test_user_auth_offers_choices(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    asked = begin(pool, "USER_AUTH", USERNAME="ada")
    expect(asked["ChallengeName"], "SELECT_CHALLENGE", asked["ChallengeName"])
    expect(set(asked["AvailableChallenges"]), {"PASSWORD", "PASSWORD_SRP"}, "others")
    done = answer(
        pool,
        "SELECT_CHALLENGE",
        asked["Session"],
        USERNAME="ada",
        ANSWER="PASSWORD",
        PASSWORD=PASSWORD,
    )
    require("AuthenticationResult" in done, "no tokens")
